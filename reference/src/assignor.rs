//! Kafka's assignors: what a leader gives to whom, as pure functions.
//!
//! Written from the `RangeAssignor`, `RoundRobinAssignor`, `StickyAssignor` and `CooperativeStickyAssignor` of Apache
//! Kafka 4.3.1, without racks. Where the Java classes hang on the order of a hash map, that order is reproduced
//! (`java.rs`), so that a leader of Kafka's and one of these give the same answer. Where they fail with an exception,
//! [`AssignError`] says so.

mod claims;
mod constrained;
mod cooperative_sticky;
mod general;
mod java;
mod movements;
mod range;
mod round_robin;
mod sticky;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::coordinator::{Generation, InstanceId, MemberId, TopicName};

/// The assignors that come with Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assignor {
    /// `RangeAssignor`.
    Range,
    /// `RoundRobinAssignor`.
    RoundRobin,
    /// `StickyAssignor`: eager, keeps what it can.
    Sticky,
    /// `CooperativeStickyAssignor`: keeps what it can, and moves a partition in two rounds.
    CooperativeSticky,
}

impl Assignor {
    /// Every assignor.
    pub const ALL: [Self; 4] = [Self::Range, Self::RoundRobin, Self::Sticky, Self::CooperativeSticky];

    /// The name that members offer it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
            Self::Sticky => "sticky",
            Self::CooperativeSticky => "cooperative-sticky",
        }
    }

    /// Whether members keep what they own while they join (KIP-429).
    pub const fn is_cooperative(self) -> bool {
        match self {
            Self::Range | Self::RoundRobin | Self::Sticky => false,
            Self::CooperativeSticky => true,
        }
    }
}

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: i32,
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// A member, as it describes itself in its JoinGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriber {
    /// Its id.
    pub member: MemberId,
    /// `group.instance.id`.
    pub instance: Option<InstanceId>,
    /// What it subscribes to, each topic once.
    pub topics: Vec<TopicName>,
    /// What it says it owns or, under the sticky assignor, owned.
    pub owned: Vec<TopicPartition>,
    /// The generation in which it owned that; none if it does not say.
    pub owned_in: Option<Generation>,
    /// The generation of its subscription. It differs from `owned_in` only under the sticky assignor, which keeps its
    /// own in the user data.
    pub generation: Option<Generation>,
}

/// What each member is to have.
pub type Shares = BTreeMap<MemberId, Vec<TopicPartition>>;

/// Why an assignor gives no answer: Kafka's throws, and the leader's poll fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssignError {
    /// `IllegalStateException` of the constrained algorithm: its quotas do not add up, which takes a claim to a
    /// partition that does not exist.
    #[error("no more unfilled consumers to be assigned")]
    QuotasDoNotAddUp,
    /// `NullPointerException` of the general algorithm: it would give a partition back to a member that it has set
    /// aside already.
    #[error("the member to give a partition back to is not taken into account")]
    MemberSetAside,
}

/// Divides the partitions of the subscribed topics.
///
/// `topics` are the topics that the leader knows, with their numbers of partitions; `subscribers` stand in the order
/// of the JoinGroup answer; `seen` is the highest generation that this leader's assignor has met before, of which the
/// sticky ones make use.
pub fn assign(
    assignor: Assignor,
    topics: &BTreeMap<TopicName, i32>,
    subscribers: &[Subscriber],
    seen: Generation,
) -> Result<Shares, AssignError> {
    let subscribed: BTreeSet<&TopicName> = subscribers.iter().flat_map(|s| &s.topics).collect();
    let there = topics.iter().filter(|(topic, partitions)| **partitions > 0 && subscribed.contains(topic));
    let topics: BTreeMap<TopicName, i32> = there.map(|(topic, count)| (topic.clone(), *count)).collect();
    match assignor {
        Assignor::Range => Ok(range::assign(&topics, subscribers)),
        Assignor::RoundRobin => Ok(round_robin::assign(&topics, subscribers)),
        Assignor::Sticky => sticky::assign(&topics, subscribers, seen).map(|sticky| sticky.shares),
        Assignor::CooperativeSticky => cooperative_sticky::assign(&topics, subscribers, seen),
    }
}

/// The highest generation that an assignor has met after these subscribers (`AbstractStickyAssignor.maxGeneration`).
pub fn highest_generation(subscribers: &[Subscriber], seen: Generation) -> Generation {
    subscribers.iter().filter_map(|s| s.owned_in).fold(seen, Generation::max)
}

/// Each subscriber, with nothing.
fn empty_handed(subscribers: &[Subscriber]) -> Shares {
    subscribers.iter().map(|s| (s.member.clone(), Vec::new())).collect()
}

/// The partitions of a topic, in ascending order.
fn partitions(topic: &TopicName, count: i32) -> impl Iterator<Item = TopicPartition> + use<'_> {
    (0..count).map(move |partition| TopicPartition { topic: topic.clone(), partition })
}
