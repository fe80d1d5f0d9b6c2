//! What a step expected against what was seen.

mod fields;

use std::fmt;

use muster_model::trace::{Answer, Choice, Response, Step};

pub use fields::describe;
use fields::{beside_error, errors, fields};
pub(crate) use fields::{offsets_text, partitions};

use crate::symbols::Symbols;
use crate::system::Received;

/// The result of comparing one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// The system answered as the trace expects.
    Same,
    /// The system may choose, and chose otherwise than the trace: this run says nothing more.
    OtherChoice,
    /// The system answered otherwise.
    Differs(Divergence),
}

/// Where an answer differs from what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The connection on which it was seen.
    pub connection: String,
    /// What differs.
    pub aspect: Aspect,
    /// What the trace expects, for a reader.
    pub expected: String,
    /// What came.
    pub actual: String,
}

/// What of an answer differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// An error code: of the answer, of a member of a LeaveGroup, of a partition of an OffsetCommit.
    Error,
    /// The generation of a JoinGroup answer.
    Generation,
    /// The protocol that was chosen.
    Protocol,
    /// The leader.
    Leader,
    /// The member id, or which member an id belongs to.
    Member,
    /// The list of members that the leader gets.
    Members,
    /// Whether the leader is to leave the assignment as it is.
    SkipAssignment,
    /// The assignment of a SyncGroup answer.
    Assignment,
    /// The offsets of an OffsetFetch answer.
    Offsets,
    /// The state of the group, or its protocol, that a tool is told.
    State,
    /// The timers that a step sets, or those that run after it; its connection is the empty one.
    Timers,
    /// The rules that a step follows; its connection is the empty one.
    Rules,
    /// No answer came.
    Missing,
    /// An answer came where the request was to be parked, or had been answered.
    Extra,
    /// The connection was closed, or bytes came that are no answer.
    Connection,
}

/// Compares what was received in a step with what it expects, and binds the member ids that it shows.
pub fn compare(step: &Step, received: &[Received], symbols: &mut Symbols) -> Match {
    let (pairs, unpaired) = match pair(step, received) {
        Ok(paired) => paired,
        Err(divergence) => return Match::Differs(*divergence),
    };
    if let Some(divergence) = pairs.iter().find_map(wrong_error).or(unpaired) {
        return Match::Differs(divergence);
    }
    if let Some(divergence) = pairs.iter().find_map(|pair| clash(pair, symbols)) {
        return Match::Differs(divergence);
    }
    match other_choice(step, &pairs, symbols) {
        Match::Same => {}
        decided @ (Match::OtherChoice | Match::Differs(_)) => return decided,
    }
    pairs.iter().find_map(|pair| wrong_field(pair, symbols)).map_or(Match::Same, Match::Differs)
}

struct Pair<'a> {
    expected: &'a Answer,
    actual: &'a Response,
}

impl Pair<'_> {
    fn differs(&self, aspect: Aspect, expected: String, actual: String) -> Divergence {
        Divergence { connection: self.expected.connection.clone(), aspect, expected, actual }
    }
}

type Paired<'a> = (Vec<Pair<'a>>, Option<Divergence>);

/// Pairs answers by connection; the second part is the first answer without a partner.
fn pair<'a>(step: &'a Step, received: &'a [Received]) -> Result<Paired<'a>, Box<Divergence>> {
    let mut left: Vec<(&Received, &Response)> = Vec::new();
    for one in received {
        let defective = |defect| Box::new(broken(step, one, defect));
        left.push((one, one.answer.as_ref().map_err(|defect| defective(defect.to_string()))?));
    }
    let mut pairs = Vec::new();
    let mut missing = None;
    for expected in &step.answers {
        match left.iter().position(|(one, _)| one.connection == expected.connection) {
            Some(found) => pairs.push(Pair { expected, actual: left.remove(found).1 }),
            None => missing = missing.or(Some(expected)),
        }
    }
    let missing = missing.map(|answer| Divergence {
        connection: answer.connection.clone(),
        aspect: Aspect::Missing,
        expected: describe(&answer.response),
        actual: "no answer".to_owned(),
    });
    let extra = left.first().map(|(one, response)| Divergence {
        connection: one.connection.clone(),
        aspect: Aspect::Extra,
        expected: "no answer (parked)".to_owned(),
        actual: describe(response),
    });
    Ok((pairs, missing.or(extra)))
}

fn broken(step: &Step, received: &Received, defect: String) -> Divergence {
    let expected = step.answers.iter().find(|a| a.connection == received.connection);
    Divergence {
        connection: received.connection.clone(),
        aspect: Aspect::Connection,
        expected: expected.map_or_else(|| "no answer (parked)".to_owned(), |a| describe(&a.response)),
        actual: defect,
    }
}

fn wrong_error(pair: &Pair<'_>) -> Option<Divergence> {
    let (expected, actual) = (errors(&pair.expected.response), errors(pair.actual));
    (expected != actual).then(|| pair.differs(Aspect::Error, expected, actual))
}

fn clash(pair: &Pair<'_>, symbols: &mut Symbols) -> Option<Divergence> {
    let (Response::JoinGroup { error, member: symbol, .. }, Response::JoinGroup { member: id, .. }) =
        (&pair.expected.response, pair.actual)
    else {
        return None;
    };
    if !matches!(error.as_str(), "NONE" | "MEMBER_ID_REQUIRED") {
        return None;
    }
    if id.is_empty() {
        return Some(pair.differs(Aspect::Member, symbol.clone(), "an empty member id".to_owned()));
    }
    let clash = symbols.bind(symbol, id).err()?;
    Some(pair.differs(Aspect::Member, clash.expected, clash.actual))
}

fn other_choice(step: &Step, pairs: &[Pair<'_>], symbols: &Symbols) -> Match {
    let Some(Choice::Leader { chosen, among }) = &step.choice else { return Match::Same };
    for pair in pairs {
        let Response::JoinGroup { error, leader, .. } = pair.actual else { continue };
        let leader = symbols.name(leader);
        if error != "NONE" || leader == chosen {
            continue;
        }
        if among.iter().any(|candidate| candidate == leader) {
            return Match::OtherChoice;
        }
        let expected = format!("leader one of {}", among.join(", "));
        return Match::Differs(pair.differs(Aspect::Leader, expected, format!("leader {leader}")));
    }
    Match::Same
}

fn wrong_field(pair: &Pair<'_>, symbols: &Symbols) -> Option<Divergence> {
    let (symbol, id) = (|symbol: &str| symbol.to_owned(), |id: &str| symbols.name(id).to_owned());
    if let Some(expected) = beside_error(&pair.expected.response, &symbol) {
        let actual = beside_error(pair.actual, &id).unwrap_or_else(|| "nothing beside the error".to_owned());
        return (expected != actual).then(|| pair.differs(Aspect::Generation, expected, actual));
    }
    let expected = fields(&pair.expected.response, &symbol);
    let actual = fields(pair.actual, &id);
    let mut both = expected.into_iter().zip(actual);
    let ((aspect, expected), (_, actual)) = both.find(|(expected, actual)| expected != actual)?;
    Some(pair.differs(aspect, expected, actual))
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "on {}: expected {}, got {}", self.connection, self.expected, self.actual)
    }
}

#[cfg(test)]
mod tests;
