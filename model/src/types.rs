//! What the wire carries, as small values: ids, generations, partitions, offsets, subscriptions.

use std::fmt;

/// A client process, by its place in the scenario: `c1` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u8);

impl ClientId {
    /// Its place among the model's actors; the coordinator's is 0.
    pub const fn actor(self) -> usize {
        self.0 as usize + 1
    }

    /// The client at a place among the model's actors that is not the coordinator's.
    #[allow(clippy::cast_possible_truncation, reason = "a scenario has at most eight consumers")]
    pub const fn of_actor(actor: usize) -> Self {
        Self(actor as u8 - 1)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0 + 1)
    }
}

/// A TCP connection of a client to the coordinator; a client that gives one up opens the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Connection {
    /// Whose.
    pub client: ClientId,
    /// 0 is the first.
    pub number: u8,
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.client, self.number + 1)
    }
}

/// A member id that the coordinator issued. Only equality and order of issue matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberId(pub u8);

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m{}", self.0 + 1)
    }
}

/// The name of a static member (`group.instance.id`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub u8);

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "i{}", self.0 + 1)
    }
}

/// A transactional producer, by its place in the scenario. In scenarios with consumers each has the one of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Producer(pub ClientId);

impl fmt::Display for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0.0 + 1)
    }
}

/// A generation of the group. Only equality and order matter. [`Generation::NONE`] is the wire's -1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(pub i8);

impl Generation {
    /// "No generation": a commit from outside the group, or a client that has none.
    pub const NONE: Self = Self(-1);
    /// The generation of a group that has never completed a join.
    pub const ZERO: Self = Self(0);

    /// The generation after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A topic, by its place in the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicId(pub u8);

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0 + 1)
    }
}

/// A partition of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// Its topic.
    pub topic: TopicId,
    /// Its index, from 0.
    pub index: u8,
}

impl Partition {
    /// Of the first topic.
    pub const FIRST: Self = Self { topic: TopicId(0), index: 0 };

    /// Those of a word that has a bit for each of eight partitions of each of eight topics, in ascending order.
    pub(crate) fn of_bits(mut bits: u64) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            let bit = u8::try_from(bits.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
            bits &= bits - 1;
            Some(Self { topic: TopicId(bit / 8), index: bit % 8 })
        })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.index)
    }
}

/// An offset: the position of the next record. 0 is the start of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Offset(pub u8);

impl Offset {
    /// The start of the log.
    pub const ZERO: Self = Self(0);

    /// The offset after this record.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A set of topics: a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topics(u8);

impl Topics {
    /// The first `n` topics of the scenario.
    pub fn first(n: u8) -> Self {
        (0..n).map(TopicId).collect()
    }

    /// Whether the topic is in the set.
    pub fn contains(self, topic: TopicId) -> bool {
        self.0 & (1 << topic.0) != 0
    }

    /// Its topics, in ascending order.
    pub fn iter(self) -> impl Iterator<Item = TopicId> {
        (0..8).map(TopicId).filter(move |t| self.contains(*t))
    }

    /// Topics of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<TopicId> for Topics {
    fn from_iter<I: IntoIterator<Item = TopicId>>(topics: I) -> Self {
        Self(topics.into_iter().fold(0, |bits, t| bits | 1 << t.0))
    }
}

/// The protocol type of a JoinGroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProtocolType {
    /// `consumer`.
    Consumer,
    /// Any other, e.g. `connect`.
    Other,
    /// The empty string.
    Empty,
}

impl ProtocolType {
    /// The string on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Other => "connect",
            Self::Empty => "",
        }
    }
}

/// An assignor's name, as a member offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProtocolName {
    /// `range` (`org.apache.kafka.clients.consumer.RangeAssignor`).
    Range,
    /// `roundrobin` (`org.apache.kafka.clients.consumer.RoundRobinAssignor`).
    RoundRobin,
    /// `sticky` (`org.apache.kafka.clients.consumer.StickyAssignor`).
    Sticky,
    /// `cooperative-sticky` (`org.apache.kafka.clients.consumer.CooperativeStickyAssignor`).
    CooperativeSticky,
}

impl ProtocolName {
    /// The string on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
            Self::Sticky => "sticky",
            Self::CooperativeSticky => "cooperative-sticky",
        }
    }
}

/// One entry of a JoinGroup's protocol list: an assignor and the member's subscription for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol {
    /// The assignor.
    pub name: ProtocolName,
    /// The subscription.
    pub topics: Topics,
    /// What the member says it owns or, under the sticky assignor, owned; under the other eager ones it says nothing.
    pub claim: Option<Claim>,
}

/// What a member says it owns, or owned, when it joins (KIP-429, KIP-792).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claim {
    /// Up to eight partitions of each of eight topics, a bit each.
    owned: u64,
    /// The generation of its last JoinGroup answer; under the sticky assignor that of the assignment.
    pub generation: Generation,
}

impl Claim {
    /// A claim to these partitions.
    pub fn to(partitions: impl IntoIterator<Item = Partition>, generation: Generation) -> Self {
        let owned = partitions.into_iter().fold(0, |bits, p| bits | Self::bit(p));
        Self { owned, generation }
    }

    /// Whether the partition is claimed.
    pub fn contains(self, partition: Partition) -> bool {
        self.owned & Self::bit(partition) != 0
    }

    /// The partitions, in ascending order.
    pub fn partitions(self) -> impl Iterator<Item = Partition> {
        Partition::of_bits(self.owned)
    }

    fn bit(partition: Partition) -> u64 {
        1 << (u32::from(partition.topic.0) * 8 + u32::from(partition.index))
    }
}
