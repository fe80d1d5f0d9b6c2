//! Whether what a coordinator answered can be explained: every state of a correct one that is consistent with what was
//! seen is kept, and when none is left the broker is wrong.
//!
//! Between two things that are seen a coordinator takes requests that wait, in any order across connections, and its
//! timers fire, none before its time. Where Kafka's choice hangs on hash order (a new leader, a tie of protocols) what
//! was seen decides. What was there before the recording began is learned from the first answer that tells of it.

mod agreement;
mod choice;
mod hypothesis;
mod live;
mod log;
mod search;
mod start;

use std::collections::BTreeSet;

use muster_reference::coordinator::{Config, ErrorCode, GroupId};
use muster_specs::Rule;

use super::answer::Code;
use super::history::{Happening, Happenings, History, told};
use hypothesis::Hypothesis;
pub use live::Live;
pub(super) use live::awaited_us;
use search::Search;

/// Errors of a coordinator that does not serve its groups: another may take over.
const NOT_SERVING: [ErrorCode; 3] =
    [ErrorCode::CoordinatorLoadInProgress, ErrorCode::CoordinatorNotAvailable, ErrorCode::NotCoordinator];
/// Errors that hang on what the broker was told and its traffic does not tell, and leave the group as it was.
const BY_SETTINGS: [ErrorCode; 2] = [ErrorCode::UnsupportedVersion, ErrorCode::InvalidSessionTimeout];
/// `TOPIC_AUTHORIZATION_FAILED`, `GROUP_AUTHORIZATION_FAILED`, `CLUSTER_AUTHORIZATION_FAILED`.
const UNAUTHORISED: [Code; 3] = [29, 30, 31];

pub(super) fn is_not_serving(error: Code) -> bool {
    NOT_SERVING.iter().any(|known| known.code() == error)
}

fn is_foreign(error: Code) -> bool {
    is_not_serving(error)
        || UNAUTHORISED.contains(&error)
        || BY_SETTINGS.iter().any(|known| known.code() == error)
}

/// What was found of a group's coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything can be explained.
    Explained {
        /// Exchanges that were explained.
        exchanges: usize,
        /// Exchanges from before the group's state was known.
        skipped: usize,
        /// The rules that were followed, in one of the explanations.
        rules: BTreeSet<Rule>,
    },
    /// An answer that no correct coordinator gives here.
    Diverges(Divergence),
    /// The recording does not tell enough of the group.
    UnderWay {
        /// Exchanges that were seen.
        exchanges: usize,
    },
    /// There are more possibilities than can be looked at.
    Undecided {
        /// The exchange at which they ran out.
        request: String,
    },
}

impl Outcome {
    /// What is said of a group after a silence, and before it.
    pub(super) fn and(self, later: Self) -> Self {
        match (self, later) {
            (
                Self::Explained { exchanges, skipped, mut rules },
                Self::Explained { exchanges: more, skipped: more_skipped, rules: followed },
            ) => {
                rules.extend(followed);
                Self::Explained { exchanges: exchanges + more, skipped: skipped + more_skipped, rules }
            }
            // Nothing came since, or nothing that can be judged.
            (Self::Explained { exchanges, skipped, rules }, Self::UnderWay { exchanges: more }) => {
                Self::Explained { exchanges, skipped: skipped + more, rules }
            }
            (Self::UnderWay { exchanges }, Self::Explained { exchanges: more, skipped, rules }) => {
                Self::Explained { exchanges: more, skipped: skipped + exchanges, rules }
            }
            (Self::UnderWay { exchanges }, Self::UnderWay { exchanges: more }) => {
                Self::UnderWay { exchanges: exchanges + more }
            }
            (ended @ (Self::Diverges(_) | Self::Undecided { .. }), _) => ended,
            (_, ended) => ended,
        }
    }
}

/// An answer that no correct coordinator gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The exchange, in [`History::exchanges`].
    pub exchange: usize,
    /// The request.
    pub request: String,
    /// What was answered.
    pub actual: String,
    /// What could have been answered, with the rules that say so.
    pub expected: Vec<(String, Vec<Rule>)>,
    /// The exchanges before, newest last.
    pub before: Vec<String>,
}

/// How many exchanges a report shows before the one that diverges.
const SHOWN_BEFORE: usize = 8;

/// Judges the coordinator of a group, with its settings.
pub fn judge(history: &History, group: &GroupId, config: &Config) -> Outcome {
    Live::of_the_past().finish(history, group, config)
}

struct Judge<'h> {
    history: &'h History,
    config: &'h Config,
    search: Search,
    states: Vec<Hypothesis>,
    /// Whether states were left out because there are too many.
    truncated: bool,
}

impl Judge<'_> {
    /// Follows the happenings from a place to another; tells if the end is reached before that.
    fn follow(&mut self, happenings: &Happenings, from: usize, to: usize) -> Option<Outcome> {
        for (at, happening) in (from..).zip(happenings.between(from, to)) {
            match *happening {
                Happening::Asked(place) => self.states.iter_mut().for_each(|state| state.ask(place)),
                Happening::Answered(place) => {
                    if let Some(ended) = self.answered(place, happenings.between(0, at)) {
                        return Some(ended);
                    }
                }
            }
        }
        None
    }

    /// Keeps the states that explain an answer; tells if none is left.
    fn answered(&mut self, place: usize, before: &[Happening]) -> Option<Outcome> {
        let exchange = &self.history.exchanges[place];
        let (at_us, answer) = exchange.answer.as_ref()?;
        if is_foreign(answer.error()) {
            self.states.iter_mut().for_each(|state| state.refused(place, answer.error()));
            return None;
        }
        let steps = hypothesis::Steps { history: self.history, config: self.config, blind: None };
        let found = self.search.explain(&steps, &self.states, place, *at_us);
        self.truncated |= found.truncated;
        if !found.states.is_empty() {
            self.states = found.states;
            return None;
        }
        let request = told(exchange);
        if self.truncated {
            return Some(Outcome::Undecided { request });
        }
        let blind = hypothesis::Steps { blind: Some(place), ..steps };
        let mut expected: Vec<(String, Vec<Rule>)> = Vec::new();
        for state in self.search.explain(&blind, &self.states, place, *at_us).states {
            let Some((told, rules)) = state.told(place) else { continue };
            if !expected.iter().any(|(known, _)| *known == told) {
                expected.push((told, rules));
            }
        }
        let shown = before.iter().rev().filter_map(|happening| self.shown(*happening)).take(SHOWN_BEFORE);
        let mut before: Vec<_> = shown.collect();
        before.reverse();
        let actual = answer.to_string();
        Some(Outcome::Diverges(Divergence { exchange: place, request, actual, expected, before }))
    }

    fn shown(&self, happening: Happening) -> Option<String> {
        let Happening::Answered(place) = happening else { return None };
        let exchange = self.history.exchanges.get(place)?;
        let (_, answer) = exchange.answer.as_ref()?;
        Some(format!("{} -> {answer}", told(exchange)))
    }
}
