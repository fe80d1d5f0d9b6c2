//! A scenario: what is explored, in which bounds, with which faults, and what is expected of it.

mod client;

use std::borrow::Cow;

use crate::liveness::{LivenessId, hindered};
use crate::mutation::Mutation;
use crate::property::PropertyId;
use crate::store::StorePolicy;
use crate::trace::{Release, Serving};
use crate::types::{Partition, ProtocolName, TopicId};
pub use client::{CommitMode, Membership};

/// The leader's assignor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assignor {
    /// `org.apache.kafka.clients.consumer.RangeAssignor`.
    Range,
    /// `org.apache.kafka.clients.consumer.RoundRobinAssignor`.
    RoundRobin,
    /// `org.apache.kafka.clients.consumer.StickyAssignor`: eager, keeps what it can.
    Sticky,
    /// `org.apache.kafka.clients.consumer.CooperativeStickyAssignor`.
    CooperativeSticky,
}

impl Assignor {
    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        self.protocol().name()
    }

    /// The name that members offer it by.
    pub fn protocol(self) -> ProtocolName {
        match self {
            Self::Range => ProtocolName::Range,
            Self::RoundRobin => ProtocolName::RoundRobin,
            Self::Sticky => ProtocolName::Sticky,
            Self::CooperativeSticky => ProtocolName::CooperativeSticky,
        }
    }

    /// Whether members keep what they own while they join (KIP-429).
    pub fn is_cooperative(self) -> bool {
        match self {
            Self::Range | Self::RoundRobin | Self::Sticky => false,
            Self::CooperativeSticky => true,
        }
    }

    /// Whether members get what they have, as far as it is even.
    pub fn is_sticky(self) -> bool {
        match self {
            Self::Range | Self::RoundRobin => false,
            Self::Sticky | Self::CooperativeSticky => true,
        }
    }
}

/// What bounds the space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// Consumers.
    pub consumers: u8,
    /// Topics.
    pub topics: u8,
    /// Partitions of each topic.
    pub partitions: u8,
    /// Records in each partition's log; nothing is produced during a run.
    pub records: u8,
    /// Generations: a state with a higher one is outside.
    pub generations: i8,
    /// Member ids that are issued: a state with more is outside.
    pub members: u8,
    /// `group.max.size`.
    pub group_max_size: Option<u8>,
}

/// How often each kind of fault may happen, over all actors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// A consumer's process ends and starts again.
    pub crash: u8,
    /// A consumer gives up a connection with a request in flight.
    pub give_up: u8,
    /// A timer of the coordinator fires although what it awaits is alive.
    pub expire: u8,
    /// A consumer closes.
    pub leave: u8,
    /// An application does not call `poll` for `max.poll.interval.ms`.
    pub poll_timeout: u8,
    /// A consumer changes its subscription.
    pub subscribe: u8,
    /// The coordinator loses the leadership of its log.
    pub failover: u8,
    /// A partition is added to each topic.
    pub partitions: u8,
    /// A tool deletes the group, or offsets of it, where the coordinator lets it.
    pub tools: u8,
}

/// What is explored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent settings, each named where it is set")]
pub struct Scenario {
    /// The name on the command line.
    pub name: String,
    /// What it is for, in one sentence.
    pub about: String,
    /// The bounds.
    pub bounds: Bounds,
    /// The fault budgets.
    pub faults: Faults,
    /// The assignor.
    pub assignor: Assignor,
    /// Whether consumers have instance ids.
    pub membership: Membership,
    /// When consumers commit.
    pub commit: CommitMode,
    /// Whether `onPartitionsRevoked` commits what is processed, and waits for the answer.
    pub commit_on_revocation: bool,
    /// Whether what `poll` hands out goes to a worker, and counts as processed for the commit before it is.
    pub hand_off: bool,
    /// Whether consumers look for the coordinator first, or know it from the start.
    pub discovery: bool,
    /// The last consumer subscribes to the first topic only, the others to all.
    pub mixed_subscriptions: bool,
    /// Instance ids that arbitrary clients may name.
    pub instances: u8,
    /// Whether the leadership of the coordinator's log may be lost and won, however often.
    pub failover: bool,
    /// Whether replication may be held, and with `failover` what is not replicated be lost.
    pub replication: bool,
    /// Whether tools and administrators ask for the group.
    pub tools: bool,
    /// Whether so much time may pass that offsets expire.
    pub retention: bool,
    /// Whether producers commit offsets in transactions, and markers end those.
    pub transactions: bool,
    /// Whether consumers ask for offsets with `require_stable`.
    pub require_stable: bool,
    /// In how many ways an append may fail.
    pub append_failures: u8,
    /// How many assignments are taken up before topics may grow.
    pub grows_after: u8,
    /// The release that is modelled.
    pub release: Release,
    /// Whether the coordinator serves the group.
    pub serving: Serving,
    /// The defect that is switched on.
    pub mutation: Option<Mutation>,
    /// The outside store that consumers write their results to.
    pub store: Option<StorePolicy>,
    /// Which topics each consumer subscribes to, where that is not as [`Scenario::mixed_subscriptions`] says.
    pub one_topic_each: bool,
    /// The claim that is judged beside the safety properties.
    pub claim: Option<PropertyId>,
    /// The properties that are expected to be violated; all others are expected to hold.
    pub expected_violations: Vec<PropertyId>,
    /// What has to happen in the end; states are then in normal form.
    pub liveness: Vec<LivenessId>,
    /// What of that is expected not to.
    pub expected_stuck: Vec<LivenessId>,
}

impl Scenario {
    /// A scenario without faults, with faithful consumers of one topic, expected to hold.
    pub fn faithful(name: &str, about: &str, bounds: Bounds) -> Self {
        Self {
            name: name.to_owned(),
            about: about.to_owned(),
            bounds,
            faults: Faults::default(),
            assignor: Assignor::Range,
            membership: Membership::Dynamic,
            commit: CommitMode::Async,
            commit_on_revocation: false,
            hand_off: false,
            discovery: false,
            mixed_subscriptions: false,
            instances: 0,
            failover: false,
            replication: false,
            tools: false,
            retention: false,
            transactions: false,
            require_stable: false,
            append_failures: 0,
            grows_after: 0,
            release: Release::default(),
            serving: Serving::Active,
            mutation: None,
            store: None,
            one_topic_each: false,
            claim: None,
            expected_violations: Vec::new(),
            liveness: Vec::new(),
            expected_stuck: Vec::new(),
        }
    }

    /// Whether the partition exists, or may be added. Nobody commits to one before it is.
    pub fn has(&self, partition: Partition) -> bool {
        partition.topic.0 < self.bounds.topics && partition.index < self.most_partitions()
    }

    /// Whether partitions may be added to topics.
    pub fn topics_grow(&self) -> bool {
        self.faults.partitions > 0
    }

    /// Whether there are administrators.
    pub fn has_cluster(&self) -> bool {
        self.topics_grow() || self.faults.tools > 0
    }

    /// Whether somebody but members asks for the group: tools of arbitrary clients, or as a fault of faithful ones.
    pub fn has_tools(&self) -> bool {
        self.tools || self.faults.tools > 0
    }

    /// The most partitions that a topic comes to have.
    pub fn most_partitions(&self) -> u8 {
        self.bounds.partitions + self.faults.partitions
    }

    /// The scenario as whoever knows of so many added partitions sees it.
    pub fn grown(&self, added: u8) -> Cow<'_, Self> {
        if added == 0 {
            return Cow::Borrowed(self);
        }
        let mut grown = self.clone();
        grown.bounds.partitions += added;
        Cow::Owned(grown)
    }

    /// Whether the group is read from the log again: under arbitrary clients, or as a fault of faithful ones.
    pub fn has_failover(&self) -> bool {
        self.failover || self.faults.failover > 0
    }

    /// Whether what is replicated differs from what is known.
    pub fn keeps_log(&self) -> bool {
        self.has_failover() || self.replication
    }

    /// Every partition that a topic has from the start.
    pub fn partitions_of(&self, topic: TopicId) -> impl Iterator<Item = Partition> + use<> {
        self.partitions_with(topic, 0)
    }

    /// Every partition of a topic to which so many were added.
    pub fn partitions_with(&self, topic: TopicId, added: u8) -> impl Iterator<Item = Partition> + use<> {
        let partitions = if topic.0 < self.bounds.topics { self.bounds.partitions + added } else { 0 };
        (0..partitions).map(move |index| Partition { topic, index })
    }

    /// What is judged: the safety properties, and the claim.
    pub fn properties(&self) -> Vec<PropertyId> {
        PropertyId::ALL.iter().copied().chain(self.claim).collect()
    }

    /// The scenario with a defect switched on, expecting what the defect breaks.
    #[must_use]
    pub fn with_mutation(mut self, mutation: Mutation) -> Self {
        self.mutation = Some(mutation);
        self.expected_violations = mutation.breaks().to_vec();
        self.expected_stuck = hindered(mutation, &self.name);
        self
    }
}
