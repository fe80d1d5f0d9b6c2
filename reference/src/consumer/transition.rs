//! What a consumer decides.

use std::collections::{BTreeMap, BTreeSet};

use muster_specs::Rule;

use super::input::ConsumerTimer;
use super::state::{Failure, State};
use crate::assignor::TopicPartition;
use crate::coordinator::{Request, RequestId};

/// The decision on one input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ConsumerTransition {
    /// The state that follows.
    pub(super) state: State,
    /// What is to be done outside, in order.
    pub effects: Vec<ConsumerEffect>,
    /// The rules followed, in order.
    pub rules: Vec<Rule>,
}

/// Something to be done outside the consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerEffect {
    /// Send a request; FindCoordinator to any broker, all else to the coordinator.
    Send {
        /// Tells its answer from others.
        id: RequestId,
        /// The request.
        request: Request,
    },
    /// Close the connection to the coordinator, and forget the answers that it owes.
    Disconnect,
    /// Set a timer, or set it anew.
    SetTimer {
        /// Which.
        timer: ConsumerTimer,
        /// Milliseconds from the `now` of the input.
        after_ms: i32,
    },
    /// Cancel a timer; it may not be set.
    CancelTimer(ConsumerTimer),
    /// `onPartitionsAssigned`
    Assigned(BTreeSet<TopicPartition>),
    /// `onPartitionsRevoked`
    Revoked(BTreeSet<TopicPartition>),
    /// `onPartitionsLost`
    Lost(BTreeSet<TopicPartition>),
    /// `poll` hands records to the application.
    Records {
        /// The partition.
        partition: TopicPartition,
        /// The offset of the first.
        from: i64,
        /// The offset after the last.
        to: i64,
    },
    /// A commit was acknowledged.
    Committed(BTreeMap<TopicPartition, i64>),
    /// A commit failed, and the application is told.
    CommitFailed(BTreeMap<TopicPartition, i64>),
    /// The application gets an exception.
    Raised(Failure),
}
