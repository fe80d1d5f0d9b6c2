//! Member symbols of a trace and the ids that the system issued for them.

use std::collections::BTreeMap;
use std::fmt;

use muster_model::trace::{Request, Timer};
use uuid::Uuid;

/// Between the symbol and the rest of an id that no coordinator issued.
const NEVER_ISSUED: &str = "-never-issued-";

/// Which symbol stands for which id. One symbol has one id, and one id one symbol.
#[derive(Debug)]
pub struct Symbols {
    id_of: BTreeMap<String, String>,
    symbol_of: BTreeMap<String, String>,
    /// Makes ids that no coordinator issued differ between runs.
    run: String,
}

/// Two ids for one symbol, or two symbols for one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What the symbol or id stood for.
    pub expected: String,
    /// What it was seen to stand for as well.
    pub actual: String,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, got {}", self.expected, self.actual)
    }
}

impl Default for Symbols {
    fn default() -> Self {
        Self { id_of: BTreeMap::new(), symbol_of: BTreeMap::new(), run: Uuid::new_v4().to_string() }
    }
}

impl Symbols {
    /// A text with the ids that are known replaced by their symbols.
    pub fn named(&self, text: String) -> String {
        self.symbol_of.iter().fold(text, |text, (id, symbol)| text.replace(id, symbol))
    }

    /// Records that `symbol` was seen to stand for `id`.
    pub fn bind(&mut self, symbol: &str, id: &str) -> Result<(), Clash> {
        let clash = |expected: String, actual: String| Err(Clash { expected, actual });
        match (self.id_of.get(symbol), self.symbol_of.get(id)) {
            (Some(bound), _) if bound != id => {
                clash(format!("{symbol} = {bound}"), format!("{symbol} = {id}"))
            }
            (_, Some(other)) if other != symbol => {
                clash(format!("an id of its own for {symbol}"), format!("the id of {other}: {id}"))
            }
            (Some(_), _) | (None, Some(_)) => Ok(()),
            (None, None) => {
                self.id_of.insert(symbol.to_owned(), id.to_owned());
                self.symbol_of.insert(id.to_owned(), symbol.to_owned());
                Ok(())
            }
        }
    }

    /// Whether an id was seen for the symbol.
    pub fn is_bound(&self, symbol: &str) -> bool {
        self.id_of.contains_key(symbol)
    }

    /// The symbol of an id, if one was bound.
    pub fn symbol(&self, id: &str) -> Option<&str> {
        self.symbol_of.get(id).map(String::as_str)
    }

    /// How a transcript writes an id: by its symbol, or as it is.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        let made_up = id.split_once(NEVER_ISSUED).filter(|(_, run)| *run == self.run);
        self.symbol(id).or(made_up.map(|(symbol, _)| symbol)).unwrap_or(id)
    }

    /// The id that a symbol stands for; one that was never issued if none was seen. The empty symbol is the
    /// empty id.
    pub fn id(&self, symbol: &str) -> String {
        match self.id_of.get(symbol) {
            Some(id) => id.clone(),
            None if symbol.is_empty() => String::new(),
            None => format!("{symbol}{NEVER_ISSUED}{}", self.run),
        }
    }

    /// The request with ids in place of symbols.
    pub fn resolve(&self, request: &Request) -> Request {
        let mut resolved = request.clone();
        match &mut resolved {
            Request::FindCoordinator { .. }
            | Request::OffsetFetch { .. }
            | Request::DeleteGroups { .. }
            | Request::OffsetDelete { .. }
            | Request::DescribeGroups { .. }
            | Request::ListGroups { .. } => {}
            Request::JoinGroup { member, .. }
            | Request::Heartbeat { member, .. }
            | Request::OffsetCommit { member, .. }
            | Request::TxnOffsetCommit { member, .. } => *member = self.id(member),
            Request::SyncGroup { member, assignments, .. } => {
                *member = self.id(member);
                *assignments =
                    std::mem::take(assignments).into_iter().map(|(m, p)| (self.id(&m), p)).collect();
            }
            Request::LeaveGroup { members, .. } => members.iter_mut().for_each(|m| *m = self.id(m)),
        }
        resolved
    }

    /// The timer with an id in place of its symbol.
    pub fn resolve_timer(&self, timer: &Timer) -> Timer {
        match timer {
            Timer::Session { member } => Timer::Session { member: self.id(member) },
            Timer::NewMemberJoin { member } => Timer::NewMemberJoin { member: self.id(member) },
            Timer::InitialDelay => Timer::InitialDelay,
            Timer::Rebalance => Timer::Rebalance,
            Timer::PendingSync => Timer::PendingSync,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_has_one_id() {
        let mut symbols = Symbols::default();
        assert_eq!(symbols.bind("m1", "a"), Ok(()));
        assert_eq!(symbols.bind("m1", "a"), Ok(()));
        let clash = symbols.bind("m1", "b").unwrap_err();
        assert_eq!(clash.to_string(), "expected m1 = a, got m1 = b");
        assert_eq!(symbols.id("m1"), "a");
    }

    #[test]
    fn an_id_has_one_symbol() {
        let mut symbols = Symbols::default();
        symbols.bind("m1", "a").unwrap();
        let clash = symbols.bind("m2", "a").unwrap_err();
        assert_eq!(clash.to_string(), "expected an id of its own for m2, got the id of m1: a");
        assert_eq!(symbols.symbol("a"), Some("m1"));
    }

    #[test]
    fn an_unbound_symbol_is_an_id_that_was_never_issued() {
        let (one, other) = (Symbols::default(), Symbols::default());
        assert_eq!(one.id("m9"), one.id("m9"), "a retry sends the same id");
        assert_ne!(one.id("m9"), one.id("m8"));
        assert_ne!(one.id("m9"), other.id("m9"), "another run makes up another");
        assert_eq!(one.id(""), "", "no id is no symbol");
        assert_eq!(one.name(&one.id("m9")), "m9", "an answer that repeats it names it");
    }
}
