//! What tools are told of the group.

use serde::{Deserialize, Serialize};

use super::message::{Claim, Partitions};

/// A member as `DescribeGroups` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Described {
    /// The member's symbol.
    pub member: String,
    /// `group.instance.id`; null: a dynamic member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The topics of its subscription under the chosen protocol, in Stable; otherwise empty.
    pub topics: Vec<String>,
    /// What that subscription says it owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// What the leader gave it last; null: nothing (Kafka sends no bytes).
    pub assignment: Option<Partitions>,
}

/// The group as `ListGroups` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Listed {
    /// Empty: no member has joined yet.
    pub protocol_type: String,
    /// Kafka's name of the state; empty below version 4.
    pub state: String,
}
