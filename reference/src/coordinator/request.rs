//! Requests, with the fields that the wire carries. `version` is the version of the API.

use std::sync::Arc;

use bytes::Bytes;

use super::ids::{
    Generation, GroupId, InstanceId, MemberId, ProducerId, ProtocolName, ProtocolType, TopicName,
};

/// A request to the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Which broker coordinates the group?
    FindCoordinator(FindCoordinator),
    /// Become a member, or take part in the next generation.
    JoinGroup(JoinGroup),
    /// Give the assignment, as the leader, and take one's own.
    SyncGroup(SyncGroup),
    /// Still here.
    Heartbeat(Heartbeat),
    /// Members leave.
    LeaveGroup(LeaveGroup),
    /// Store offsets.
    OffsetCommit(OffsetCommit),
    /// Store offsets in a transaction.
    TxnOffsetCommit(TxnOffsetCommit),
    /// Read offsets.
    OffsetFetch(OffsetFetch),
    /// Delete groups.
    DeleteGroups(DeleteGroups),
    /// Delete offsets.
    OffsetDelete(OffsetDelete),
}

impl Request {
    /// The instance id of a static member that joins: its member id begins with it, where that of a dynamic member
    /// begins with the client id (`ClassicGroup.generateMemberId`).
    pub fn joining_instance(&self) -> Option<&InstanceId> {
        match self {
            Self::JoinGroup(join) => join.instance.as_ref(),
            Self::FindCoordinator(_)
            | Self::SyncGroup(_)
            | Self::Heartbeat(_)
            | Self::LeaveGroup(_)
            | Self::OffsetCommit(_)
            | Self::TxnOffsetCommit(_)
            | Self::OffsetFetch(_)
            | Self::DeleteGroups(_)
            | Self::OffsetDelete(_) => None,
        }
    }
}

/// FindCoordinator, for one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindCoordinator {
    /// The group.
    pub group: GroupId,
}

/// A protocol that a member offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// The assignor.
    pub name: ProtocolName,
    /// The subscription, opaque to the coordinator.
    pub metadata: Bytes,
}

/// JoinGroup, versions 0 to 9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroup {
    /// 4 and above: a member without an id is sent away with one first.
    pub version: i16,
    /// The group.
    pub group: GroupId,
    /// Empty: none yet.
    pub member: MemberId,
    /// `group.instance.id`: makes the member a static one.
    pub instance: Option<InstanceId>,
    /// Milliseconds.
    pub session_timeout_ms: i32,
    /// Milliseconds; in version 0 the session timeout, since that version does not carry it.
    pub rebalance_timeout_ms: i32,
    /// `consumer`, `connect`, ...
    pub protocol_type: ProtocolType,
    /// In the member's order of preference. A name given twice counts once, by its first metadata.
    pub protocols: Arc<[Protocol]>,
}

/// SyncGroup, versions 0 to 5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroup {
    /// 5 and above: type and name of the protocol are mandatory.
    pub version: i16,
    /// The group.
    pub group: GroupId,
    /// The generation joined.
    pub generation: Generation,
    /// The member.
    pub member: MemberId,
    /// `group.instance.id`.
    pub instance: Option<InstanceId>,
    /// Null, or not carried by the version.
    pub protocol_type: Option<ProtocolType>,
    /// Null, or not carried by the version.
    pub protocol_name: Option<ProtocolName>,
    /// What the leader gives to whom; a follower sends none.
    pub assignments: Vec<(MemberId, Bytes)>,
}

/// Heartbeat, versions 0 to 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The group.
    pub group: GroupId,
    /// The member's generation.
    pub generation: Generation,
    /// The member.
    pub member: MemberId,
    /// `group.instance.id`.
    pub instance: Option<InstanceId>,
}

/// A member that leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeavingMember {
    /// The member.
    pub member: MemberId,
    /// `group.instance.id`.
    pub instance: Option<InstanceId>,
}

/// LeaveGroup, versions 0 to 5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveGroup {
    /// Below 3: one member, whose error stands at the top of the answer.
    pub version: i16,
    /// The group.
    pub group: GroupId,
    /// Who leaves.
    pub members: Vec<LeavingMember>,
}

/// The offset to commit for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionCommit {
    /// The partition.
    pub partition: i32,
    /// The next record to be read.
    pub offset: i64,
    /// The leader epoch of the last record read, or -1.
    pub leader_epoch: i32,
    /// Text of the client's own.
    pub metadata: Option<String>,
}

/// OffsetCommit, versions 2 to 9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetCommit {
    /// 9 and above: an absent group has an error of its own.
    pub version: i16,
    /// The group; the empty name is allowed here.
    pub group: GroupId,
    /// The member's generation, or -1.
    pub generation: Generation,
    /// The member, or empty.
    pub member: MemberId,
    /// `group.instance.id`.
    pub instance: Option<InstanceId>,
    /// What to store.
    pub topics: Vec<(TopicName, Vec<PartitionCommit>)>,
}

/// TxnOffsetCommit, versions 0 to 5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxnOffsetCommit {
    /// Whose transaction.
    pub producer: ProducerId,
    /// What it has in common with OffsetCommit; below version 3 neither member nor generation. `version` is its own.
    pub commit: OffsetCommit,
}

/// OffsetFetch, versions 1 to 9, for one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetFetch {
    /// Below 2: errors stand at the partitions.
    pub version: i16,
    /// The group; the empty name is allowed here.
    pub group: GroupId,
    /// Null: every partition with an offset.
    pub topics: Option<Vec<(TopicName, Vec<i32>)>>,
    /// Only offsets that are replicated, and that no transaction may move.
    pub require_stable: bool,
}

/// DeleteGroups, versions 0 to 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteGroups {
    /// The groups, each once; the empty name is allowed here.
    pub groups: Vec<GroupId>,
}

/// OffsetDelete, version 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetDelete {
    /// The group.
    pub group: GroupId,
    /// Whose offsets.
    pub topics: Vec<(TopicName, Vec<i32>)>,
}
