//! What a consumer is told before it starts, by the Java client's property names.

use std::collections::{BTreeMap, BTreeSet};

#[cfg(feature = "mutations")]
use super::mutation::ConsumerMutation;
use crate::assignor::Assignor;
use crate::coordinator::{GroupId, InstanceId, TopicName};

/// When offsets are committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommitPolicy {
    /// Only when the application asks.
    Manual,
    /// `enable.auto.commit`: in `poll` every so often, before a JoinGroup and when it closes. What an earlier `poll` has
    /// handed out counts as processed.
    Auto {
        /// `auto.commit.interval.ms`
        interval_ms: i32,
    },
    /// When the application asks, and in `onPartitionsRevoked`, which waits for the answer.
    OnRevocation,
}

/// The settings of a consumer. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerConfig {
    /// `group.id`
    pub group: GroupId,
    /// `group.instance.id`
    pub instance: Option<InstanceId>,
    /// `partition.assignment.strategy`; if all of them are cooperative, so is the consumer.
    pub assignors: Vec<Assignor>,
    /// What it subscribes to at first.
    pub subscription: BTreeSet<TopicName>,
    /// The topics of the cluster at first, and their numbers of partitions.
    pub topics: BTreeMap<TopicName, i32>,
    /// `session.timeout.ms`
    pub session_timeout_ms: i32,
    /// `heartbeat.interval.ms`
    pub heartbeat_interval_ms: i32,
    /// `max.poll.interval.ms`, which is the rebalance timeout as well.
    pub max_poll_interval_ms: i32,
    /// `max.poll.records`, of each partition.
    pub max_poll_records: i64,
    /// When offsets are committed.
    pub commit: CommitPolicy,
    /// The deliberate defect, if any.
    #[cfg(feature = "mutations")]
    pub mutation: Option<ConsumerMutation>,
}

impl ConsumerConfig {
    /// The Java client's defaults, but for the assignor.
    pub fn new(group: GroupId, assignor: Assignor, subscription: BTreeSet<TopicName>) -> Self {
        Self {
            group,
            instance: None,
            assignors: vec![assignor],
            subscription,
            topics: BTreeMap::new(),
            session_timeout_ms: 45_000,
            heartbeat_interval_ms: 3_000,
            max_poll_interval_ms: 300_000,
            max_poll_records: 500,
            commit: CommitPolicy::Auto { interval_ms: 5_000 },
            #[cfg(feature = "mutations")]
            mutation: None,
        }
    }

    /// Whether it keeps what it owns while it joins: if every assignor allows it.
    pub fn is_cooperative(&self) -> bool {
        !self.assignors.is_empty() && self.assignors.iter().all(|assignor| assignor.is_cooperative())
    }
}
