//! What the coordinator decides.

use std::time::Duration;

use muster_specs::Rule;

use super::change::Change;
use super::ids::{Position, RequestId};
use super::input::TimerKey;
use super::response::Response;

/// The decision on one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Transition {
    /// What is to be applied to the state, in order; a [`Change::Append`] is to be written to the log too.
    pub changes: Vec<Change>,
    /// What is to be done outside, in order.
    pub effects: Vec<Effect>,
    /// The rules followed, in order.
    pub rules: Vec<Rule>,
}

/// Something to be done outside the coordinator.
///
/// A request gets exactly one answer, at once or later, except for four that Kafka leaves unanswered too:
/// a parked JoinGroup or SyncGroup that a retry of the same member replaces, the parked SyncGroup of a member
/// that leaves, and whatever is parked in a group that was made without a record when the first record after it is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Answer a request.
    Answer {
        /// The request.
        id: RequestId,
        /// The answer.
        response: Response,
        /// The record on which the answer rests, if it rests on one. It is replicated by the time the coordinator
        /// gives the answer out.
        after: Option<Position>,
    },
    /// Set a timer, or set it anew.
    SetTimer {
        /// Which.
        key: TimerKey,
        /// From the `now` of the input; zero: fire at once.
        after: Duration,
    },
    /// Cancel a timer; it may not be set.
    CancelTimer {
        /// Which.
        key: TimerKey,
    },
}
