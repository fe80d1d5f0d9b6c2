//! What a seed stands for: the group, its clients, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use muster_conformance::random::Random;
use muster_reference::assignor::Assignor;
use muster_reference::consumer::{CommitPolicy, ConsumerConfig, ConsumerMutation};
use muster_reference::coordinator::{Config, Mutation, TopicName};

/// Until then faults happen.
pub(super) const FAULTS_UNTIL_MS: i64 = 20_000;
/// Once no fault happens any more, the group has as long as this to come to rest.
pub(super) const REST_WITHIN_MS: i64 = 60_000;

/// A deliberate defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    Coordinator(Mutation),
    Consumer(ConsumerMutation),
    /// The coordinator is told that a record is replicated as soon as it is written (`acks=1`).
    AcknowledgeAtOnce,
}

/// A run.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent settings, each named where it is set")]
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) defect: Option<Defect>,
    pub(super) clients: usize,
    pub(super) topics: BTreeMap<TopicName, i32>,
    pub(super) records: i64,
    pub(super) assignor: Assignor,
    pub(super) commit: CommitPolicy,
    /// Records are processed by another thread, which `poll` does not wait for.
    pub(super) worker: bool,
    /// Clients have instance ids.
    pub(super) is_static: bool,
    /// The last client subscribes to the first topic only.
    pub(super) mixed: bool,
    /// Subscriptions change, and topics grow.
    pub(super) changes: bool,
    /// Topics grow under static members too: a leader that returns then may overlook it, which is a hazard.
    pub(super) grows_under_static_members: bool,
    /// How often the coordinator loses its leadership.
    pub(super) failovers: usize,
    /// How many faults are planned.
    pub(super) faults: usize,
    pub(super) initial_delay_ms: i32,
}

impl Settings {
    pub(super) fn of(seed: u64, defect: Option<Defect>) -> Self {
        // A number apart from those of the run.
        let mut random = Random::new(seed ^ 0x5eed);
        let assignor = random.pick(&Assignor::ALL).copied().unwrap_or(Assignor::Range);
        let worker = random.chance(1, 4);
        let policies =
            [CommitPolicy::Manual, CommitPolicy::OnRevocation, CommitPolicy::Auto { interval_ms: 1_500 }];
        // With a worker an automatic commit loses records: a hazard, not what is asked of the protocol.
        let policies = if worker { &policies[..2] } else { &policies[..] };
        let topic = |i: usize| (TopicName::from(format!("t{i}")), i32::try_from(1 + i % 3).unwrap_or(1));
        let topics = (0..=random.below(2)).map(|i| topic(i + random.below(3))).collect();
        Self {
            seed,
            defect,
            clients: 2 + random.below(3),
            topics,
            records: 3 + i64::try_from(random.below(12)).unwrap_or(0),
            assignor,
            commit: random.pick(policies).copied().unwrap_or(CommitPolicy::Manual),
            worker,
            // A cooperative static member that misses a rebalance goes on with what was given away: a hazard.
            is_static: !assignor.is_cooperative() && random.chance(1, 4),
            mixed: random.chance(1, 4),
            faults: random.below(7),
            initial_delay_ms: if random.chance(1, 2) { 0 } else { 500 },
            changes: random.chance(1, 4),
            grows_under_static_members: false,
            failovers: if random.chance(1, 3) { 1 + random.below(2) } else { 0 },
        }
    }

    pub(super) fn coordinator(&self) -> Config {
        let mutation = match self.defect {
            Some(Defect::Coordinator(mutation)) => Some(mutation),
            Some(Defect::Consumer(_) | Defect::AcknowledgeAtOnce) | None => None,
        };
        Config { group_initial_rebalance_delay_ms: self.initial_delay_ms, mutation, ..Config::default() }
    }

    /// What a client subscribes to at first.
    pub(super) fn subscription(&self, client: usize) -> BTreeSet<TopicName> {
        let mixed = self.mixed && client + 1 == self.clients;
        self.topics.keys().take(if mixed { 1 } else { usize::MAX }).cloned().collect()
    }

    /// `topics`: as the client finds them when it starts.
    pub(super) fn consumer(&self, client: usize, topics: &BTreeMap<TopicName, i32>) -> ConsumerConfig {
        let mutation = match self.defect {
            Some(Defect::Consumer(mutation)) => Some(mutation),
            Some(Defect::Coordinator(_) | Defect::AcknowledgeAtOnce) | None => None,
        };
        ConsumerConfig {
            instance: self.is_static.then(|| format!("i{client}").into()),
            topics: topics.clone(),
            session_timeout_ms: 6_000,
            heartbeat_interval_ms: 2_000,
            max_poll_interval_ms: 9_000,
            max_poll_records: 3,
            commit: self.commit,
            mutation,
            ..ConsumerConfig::new("g".into(), self.assignor, self.subscription(client))
        }
    }
}
