//! The museum: defects that real brokers and clients shipped, each with the smallest bounds in which the model shows
//! it, and with its shortest counterexample as a committed trace.
//!
//! What the model cannot express is listed too, with the reason.

mod cooperative;
mod coordinator;
mod endless;
mod failover;
mod found;
mod later_protocols;
mod offsets;
mod replay;
mod source;
mod transactions;
mod unshown;
mod within;

use crate::check::{Continue, Progress, Report, Undecided, check, find_violation};
use crate::liveness::LivenessId;
use crate::mutation::Mutation;
use crate::property::PropertyId;
use crate::scenario::{Assignor, Bounds, Scenario};
use crate::trace::Trace;
pub use found::Found;
pub use replay::{Mismatch, replay};
pub use source::Source;
pub use within::Within;
use within::{CRASH, CRASH_AND_GROW, EXPIRE, FAILOVER, GIVE_UP, GIVE_UP_TWICE, LEAVE, POLL_TIMEOUT};

/// Whose defect it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The coordinator's.
    Broker,
    /// A consumer's, its application's, or its assignor's.
    Client,
}

impl Side {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Client => "client",
        }
    }
}

/// A defect.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// Its name here; where it is shown also that of its scenario and of its trace file.
    pub id: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// What happens, and what was done about it.
    pub story: &'static str,
    /// Where it was reported or repaired; none: no release is known to have shipped it, and it is here because
    /// nothing else in the museum breaks its property.
    pub sources: &'static [Source],
    /// Whose it is.
    pub side: Side,
    /// How it is shown.
    pub exhibit: Exhibit,
}

/// How a defect is shown, if it is.
#[derive(Clone, Copy, Debug)]
pub enum Exhibit {
    /// The model shows it.
    Shown(Shown),
    /// It does not; why.
    Unshown(&'static str),
}

/// What shows a defect.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// What is switched on.
    pub mutation: Mutation,
    /// The property that it breaks.
    pub property: Broken,
    /// The smallest bounds.
    pub within: Within,
}

/// What a defect breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// What no state may be.
    Safety(PropertyId),
    /// What has to happen in the end.
    Liveness(LivenessId),
}

impl Broken {
    /// The property's one name.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Safety(property) => property.id(),
            Self::Liveness(property) => property.id(),
        }
    }

    /// What it says.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Safety(property) => property.about(),
            Self::Liveness(property) => property.about(),
        }
    }
}

impl Bug {
    /// What shows it.
    pub fn shown(&self) -> Option<Shown> {
        match self.exhibit {
            Exhibit::Shown(shown) => Some(shown),
            Exhibit::Unshown(_) => None,
        }
    }

    /// Its bounds without the defect, in which every property holds.
    pub fn fixed(&self) -> Option<Scenario> {
        let Shown { within, .. } = self.shown()?;
        let Within { consumers, topics, partitions, records, generations, members, .. } = within;
        let bounds =
            Bounds { consumers, topics, partitions, records, generations, members, group_max_size: None };
        let liveness = match self.shown()?.property {
            Broken::Safety(_) => Vec::new(),
            Broken::Liveness(property) => vec![property],
        };
        Some(Scenario {
            liveness,
            faults: within.faults,
            mixed_subscriptions: topics > 1,
            assignor: if within.cooperative { Assignor::CooperativeSticky } else { Assignor::Range },
            commit_on_revocation: within.cooperative,
            membership: within.membership,
            commit: within.commit,
            require_stable: within.commit.is_transactional(),
            replication: within.replication,
            grows_after: within.grows_after,
            ..Scenario::faithful(self.id, self.about, bounds)
        })
    }

    /// The scenario that shows it.
    pub fn scenario(&self) -> Option<Scenario> {
        let shown = self.shown()?;
        let scenario = self.fixed()?.with_mutation(shown.mutation);
        let (violated, stuck) = match shown.property {
            Broken::Safety(property) => (vec![property], Vec::new()),
            Broken::Liveness(property) => (Vec::new(), vec![property]),
        };
        Some(Scenario { expected_violations: violated, expected_stuck: stuck, ..scenario })
    }

    /// The committed trace; `None`: it is not shown, or nothing is committed.
    pub fn trace(&self) -> Option<Result<Trace, serde_json::Error>> {
        TRACES.iter().find(|(id, _)| *id == self.id).map(|(_, text)| serde_json::from_str(text))
    }

    /// A shortest path to what it breaks; `Ok(None)`: there is none within its bounds, or it is not shown.
    pub fn find(&self, progress: &mut dyn FnMut(Progress) -> Continue) -> Result<Option<Found>, Undecided> {
        let (Some(scenario), Some(shown)) = (self.scenario(), self.shown()) else { return Ok(None) };
        match shown.property {
            Broken::Safety(property) => {
                Ok(find_violation(&scenario, property, progress)?.map(Found::of_counterexample))
            }
            Broken::Liveness(_) => {
                let report = check(&scenario, progress);
                let found = report.lassos().next().cloned().map(Found::of_lasso);
                match (found, report.undecided) {
                    (None, Some(why)) => Err(why),
                    (found, _) => Ok(found),
                }
            }
        }
    }

    /// The same without the defect: every property, in all states within its bounds. `None`: it is not shown.
    pub fn check_without(&self, progress: &mut dyn FnMut(Progress) -> Continue) -> Option<Report> {
        self.fixed().map(|scenario| check(&scenario, progress))
    }
}

include!(concat!(env!("OUT_DIR"), "/museum.rs"));

/// Every defect: those that are shown first.
pub fn all() -> impl Iterator<Item = &'static Bug> {
    let shown = [offsets::BUGS, cooperative::BUGS, endless::BUGS, coordinator::BUGS, failover::BUGS];
    let rooms = shown.into_iter().chain([transactions::BUGS]).chain([unshown::BUGS, later_protocols::BUGS]);
    rooms.flatten()
}

/// The defect of this id, or one that this source tells of, e.g. `KAFKA-2942`.
pub fn find(name: &str) -> Option<&'static Bug> {
    let told = |bug: &&Bug| bug.sources.iter().any(|source| source.name().eq_ignore_ascii_case(name));
    all().find(|bug| bug.id == name).or_else(|| all().find(told))
}

/// The defect that shows a mutation.
pub fn of(mutation: Mutation) -> Option<&'static Bug> {
    all().find(|bug| bug.shown().is_some_and(|shown| shown.mutation == mutation))
}
