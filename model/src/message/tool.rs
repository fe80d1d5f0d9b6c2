//! What tools and administrators ask of the group, and what they are told.

use std::collections::BTreeMap;

use super::Error;
use crate::types::{InstanceId, MemberId, Partition, Protocol, ProtocolName, ProtocolType};

/// A request of a tool or an administrator: it names the group, and no member.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ToolRequest {
    /// Deletes the group.
    DeleteGroups,
    /// Deletes offsets of the group.
    OffsetDelete {
        /// Whose.
        partitions: Vec<Partition>,
    },
    /// How the group is.
    DescribeGroups {
        /// API version: from 6 on, an absent group is an error.
        version: i16,
    },
    /// Which groups there are; in the model, whether this one is among them.
    ListGroups {
        /// API version: from 4 on, states are told and may be asked for.
        version: i16,
        /// `None`: in whatever state; otherwise Kafka's name of one, in whatever case.
        state: Option<&'static str>,
    },
}

/// An answer to a [`ToolRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are Kafka's APIs")]
pub enum ToolResponse {
    DeleteGroups(Error),
    /// The error of the request as a whole, or those of its partitions.
    OffsetDelete(Result<BTreeMap<Partition, Error>, Error>),
    DescribeGroups(Result<DescribedGroup, Error>),
    /// `Ok(None)`: it is not listed.
    ListGroups(Result<Option<ListedGroup>, Error>),
}

/// The group as `DescribeGroups` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DescribedGroup {
    /// `NONE`; or, of an absent group, `GROUP_ID_NOT_FOUND`.
    pub error: Error,
    /// Kafka's name of the state.
    pub state: &'static str,
    /// `None`: the empty string.
    pub protocol_type: Option<ProtocolType>,
    /// In Stable; otherwise `None`.
    pub protocol: Option<ProtocolName>,
    /// The members, by id.
    pub members: Vec<DescribedMember>,
}

/// A member as `DescribeGroups` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DescribedMember {
    /// The member.
    pub member: MemberId,
    /// `None`: a dynamic member.
    pub instance: Option<InstanceId>,
    /// What it offered under the chosen protocol, in Stable; otherwise `None`.
    pub offer: Option<Protocol>,
    /// What the leader gave it last; `None`: no bytes.
    pub assignment: Option<Vec<Partition>>,
}

/// The group as `ListGroups` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListedGroup {
    /// `None`: the empty string.
    pub protocol_type: Option<ProtocolType>,
    /// Kafka's name of the state; `None`: the version does not tell it.
    pub state: Option<&'static str>,
}
