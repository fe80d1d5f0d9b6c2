//! Requests and answers, with what the wire carries and symbols for what the server makes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Partitions by topic, in ascending order.
pub type Partitions = BTreeMap<String, Vec<i32>>;

/// An offset by topic and partition.
pub type OffsetByPartition = BTreeMap<String, BTreeMap<i32, i64>>;

/// The session timeout of a JoinGroup, against `group.min.session.timeout.ms` and `group.max.session.timeout.ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionTimeout {
    /// Within the bounds.
    #[default]
    InBounds,
    /// Below the minimum.
    TooSmall,
    /// Above the maximum.
    TooLarge,
    /// The minimum: within the bounds.
    Smallest,
    /// The maximum: within the bounds.
    Largest,
}

impl SessionTimeout {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    fn is_ordinary(&self) -> bool {
        *self == Self::InBounds
    }

    /// Whether a coordinator lets it through.
    pub fn is_accepted(self) -> bool {
        match self {
            Self::InBounds | Self::Smallest | Self::Largest => true,
            Self::TooSmall | Self::TooLarge => false,
        }
    }
}

/// The metadata that goes with each offset of an OffsetCommit, against `offset.metadata.max.bytes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitMetadata {
    /// Some short text, of the sender's choice.
    #[default]
    Short,
    /// As long as it may be.
    Longest,
    /// Longer by one.
    TooLong,
}

impl CommitMetadata {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    fn is_short(&self) -> bool {
        *self == Self::Short
    }
}

/// What a member says it owns, or owned (KIP-429, KIP-792).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// The partitions.
    pub partitions: Partitions,
    /// Since which generation.
    pub generation: i32,
}

/// A protocol that a member offers: an assignor and a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Protocol {
    /// The assignor's name, e.g. `range`.
    pub name: String,
    /// The topics of the subscription.
    pub topics: Vec<String>,
    /// What the subscription says the member owns: of the consumer protocol's fields, or of the sticky assignor's user data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
}

/// A member as the leader's JoinGroup answer lists it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Joined {
    /// The member's symbol.
    pub member: String,
    /// `group.instance.id`; null: a dynamic member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The topics of its subscription under the chosen protocol.
    pub topics: Vec<String>,
    /// What its subscription says it owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
}

impl Claim {
    /// In words, for a line.
    pub fn line(&self) -> String {
        let of = |(topic, indices): (&String, &Vec<i32>)| {
            let indices: Vec<String> = indices.iter().map(|index| format!("{topic}-{index}")).collect();
            indices.join(" ")
        };
        let owned: Vec<String> = self.partitions.iter().map(of).collect();
        let owned = if owned.is_empty() { "nothing".to_owned() } else { owned.join(" ") };
        format!("; owns {owned} in generation {}", self.generation)
    }
}

/// A subscription in words: its topics, and what it claims.
pub fn subscription_line(topics: &[String], claim: Option<&Claim>) -> String {
    let topics = topics.join(" ");
    claim.map_or(topics.clone(), |claim| topics + &claim.line())
}

/// A request. `version` is the API version; `empty_group_id` sends an empty group id in place of the trace's
/// group. A member symbol that no answer has bound stands for an id that the coordinator never issued.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "api")]
#[allow(missing_docs, reason = "the fields are the wire's, by the wire's names")]
pub enum Request {
    FindCoordinator {
        version: i16,
    },
    JoinGroup {
        version: i16,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        empty_group_id: bool,
        /// Empty: none yet.
        member: String,
        /// `group.instance.id`: the name of a static member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
        #[serde(default, skip_serializing_if = "SessionTimeout::is_ordinary")]
        session_timeout: SessionTimeout,
        protocol_type: String,
        protocols: Vec<Protocol>,
    },
    SyncGroup {
        version: i16,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        empty_group_id: bool,
        member: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
        generation: i32,
        /// Null, or below version 5: not sent.
        protocol_type: Option<String>,
        protocol_name: Option<String>,
        /// Partitions by member symbol; empty for a follower.
        assignments: BTreeMap<String, Partitions>,
    },
    Heartbeat {
        version: i16,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        empty_group_id: bool,
        member: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
        generation: i32,
    },
    LeaveGroup {
        version: i16,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        empty_group_id: bool,
        /// One below version 3.
        members: Vec<String>,
        /// The instance id of each member, in their order, as far as they go.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        instances: Vec<Option<String>>,
    },
    OffsetCommit {
        version: i16,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        empty_group_id: bool,
        member: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
        /// -1: none.
        generation: i32,
        #[serde(deserialize_with = "super::partition_key::deserialize")]
        offsets: OffsetByPartition,
        #[serde(default, skip_serializing_if = "CommitMetadata::is_short")]
        metadata: CommitMetadata,
    },
    TxnOffsetCommit {
        version: i16,
        /// The producer's symbol; it stands for a transactional id and a producer id of its own.
        producer: String,
        member: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
        /// -1: none.
        generation: i32,
        #[serde(deserialize_with = "super::partition_key::deserialize")]
        offsets: OffsetByPartition,
    },
    OffsetFetch {
        version: i16,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        empty_group_id: bool,
        /// None: all that the group has committed (from version 2 on).
        partitions: Partitions,
        require_stable: bool,
    },
    /// Of the trace's group.
    DeleteGroups {
        version: i16,
    },
    OffsetDelete {
        version: i16,
        partitions: Partitions,
    },
    /// Of the trace's group.
    DescribeGroups {
        version: i16,
    },
    ListGroups {
        version: i16,
        /// Empty: in whatever state.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        states: Vec<String>,
    },
}
