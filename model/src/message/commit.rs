//! Requests that commit offsets.

use std::collections::BTreeMap;

use crate::trace::CommitMetadata;
use crate::types::{Generation, InstanceId, MemberId, Offset, Partition, Producer};

/// An OffsetCommit request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OffsetCommit {
    /// API version: from 9 on, an absent group may be `GROUP_ID_NOT_FOUND`.
    pub version: i16,
    /// `None`: the empty string.
    pub member: Option<MemberId>,
    /// `None`: null.
    pub instance: Option<InstanceId>,
    /// [`Generation::NONE`]: from outside the group.
    pub generation: Generation,
    /// The offsets.
    pub offsets: BTreeMap<Partition, Offset>,
    /// What goes with each of them.
    pub metadata: CommitMetadata,
    /// Ghost, not on the wire: the client had given the connection up before this was processed.
    pub abandoned: bool,
}

/// A TxnOffsetCommit request: offsets that count once the transaction of their producer is committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TxnOffsetCommit {
    /// API version: from 3 on, member id, instance id and generation are carried.
    pub version: i16,
    /// Whose transaction it is.
    pub producer: Producer,
    /// `None`: the empty string.
    pub member: Option<MemberId>,
    /// `None`: null.
    pub instance: Option<InstanceId>,
    /// [`Generation::NONE`]: of a producer that says nothing of the group.
    pub generation: Generation,
    /// The offsets.
    pub offsets: BTreeMap<Partition, Offset>,
}
