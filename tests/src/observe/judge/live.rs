//! A group that is judged while its traffic passes: what was judged is not judged again.

use muster_reference::coordinator::{Config, GroupId};

use super::super::history::{Happening, History};
use super::search::Search;
use super::{Judge, Outcome, count, hypothesis::Hypothesis, start};

/// An answer may be awaited for as long as a rebalance lasts: five minutes by Kafka's default. What is unanswered for
/// longer is taken to stay so.
const AWAITED_US: i64 = 330_000_000;

/// What is known of a group whose traffic goes on.
#[derive(Debug)]
pub struct Live {
    search: Search,
    states: Vec<Hypothesis>,
    truncated: bool,
    /// How many happenings were judged; none: it is not known yet where judging can begin.
    at: Option<usize>,
    skipped: usize,
    ended: Option<Outcome>,
}

impl Default for Live {
    fn default() -> Self {
        let search = Search::NARROW;
        Self { search, states: Vec::new(), truncated: false, at: None, skipped: 0, ended: None }
    }
}

impl Live {
    /// Judges what has come since the last time, up to the first request whose answer may still come.
    pub fn judge(&mut self, history: &History, group: &GroupId, config: &Config) -> Outcome {
        let outcome = self.advance(history, group, config);
        // Most of what passes came in the order in which it was seen: a narrow search explains it.
        if matches!(outcome, Outcome::Undecided { .. }) && self.search == Search::NARROW {
            *self = Self { search: Search::WIDE, ..Self::default() };
            return self.advance(history, group, config);
        }
        outcome
    }

    /// How many happenings need not be looked at again.
    pub fn judged(&self) -> usize {
        self.at.unwrap_or(0)
    }

    fn advance(&mut self, history: &History, group: &GroupId, config: &Config) -> Outcome {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        let all = history.groups.get(group).map_or(&[][..], Vec::as_slice);
        let happenings = &all[..settled(history, all)];
        let from = if let Some(at) = self.at {
            at
        } else {
            let Some(start) = start::find(history, group, config, happenings) else {
                return Outcome::UnderWay { exchanges: count(happenings) };
            };
            self.states = vec![start.state];
            self.skipped = count(&happenings[..start.from]);
            start.from
        };
        let states = std::mem::take(&mut self.states);
        let mut judge =
            Judge { history, group, config, search: self.search, states, truncated: self.truncated };
        let ended = judge.follow(happenings, from);
        self.at = Some(happenings.len().max(from));
        (self.states, self.truncated) = (judge.states, judge.truncated);
        self.ended = ended;
        self.ended.clone().unwrap_or_else(|| {
            let rules = self.states.first().map(|state| state.rules.clone()).unwrap_or_default();
            Outcome::Explained { exchanges: count(happenings) - self.skipped, skipped: self.skipped, rules }
        })
    }
}

/// How many happenings come before the first request whose answer may still come. A request that waits is explained
/// by what it is answered, so nothing after it is judged before that is known.
fn settled(history: &History, happenings: &[Happening]) -> usize {
    let now_us = history.exchanges.last().map_or(0, |exchange| exchange.asked_at_us);
    let open = happenings.iter().position(|happening| match *happening {
        Happening::Asked(place) => {
            let exchange = &history.exchanges[place];
            exchange.answer.is_none() && now_us - exchange.asked_at_us < AWAITED_US
        }
        Happening::Answered(_) => false,
    });
    open.unwrap_or(happenings.len())
}
