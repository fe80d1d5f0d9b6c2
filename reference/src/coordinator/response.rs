//! Answers, with the fields that the wire carries.

use bytes::Bytes;

use super::error::ErrorCode;
use super::ids::{Generation, GroupId, InstanceId, MemberId, ProtocolName, ProtocolType, TopicName};

/// An answer of the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// To FindCoordinator. Where the coordinator is to be reached is the broker's to say.
    FindCoordinator(FindCoordinatorResponse),
    /// To JoinGroup.
    JoinGroup(JoinGroupResponse),
    /// To SyncGroup.
    SyncGroup(SyncGroupResponse),
    /// To Heartbeat.
    Heartbeat(HeartbeatResponse),
    /// To LeaveGroup.
    LeaveGroup(LeaveGroupResponse),
    /// To OffsetCommit.
    OffsetCommit(OffsetCommitResponse),
    /// To TxnOffsetCommit.
    TxnOffsetCommit(OffsetCommitResponse),
    /// To OffsetFetch.
    OffsetFetch(OffsetFetchResponse),
    /// To DeleteGroups.
    DeleteGroups(DeleteGroupsResponse),
    /// To OffsetDelete.
    OffsetDelete(OffsetDeleteResponse),
}

/// To FindCoordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindCoordinatorResponse {
    /// `NONE`, or why there is no coordinator.
    pub error: ErrorCode,
}

/// A member, as the leader is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedMember {
    /// The member.
    pub member: MemberId,
    /// `group.instance.id` of a static member.
    pub instance: Option<InstanceId>,
    /// Its subscription under the chosen protocol.
    pub metadata: Bytes,
}

/// To JoinGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroupResponse {
    /// `NONE`, or why the member did not join.
    pub error: ErrorCode,
    /// -1 with an error.
    pub generation: Generation,
    /// None with an error.
    pub protocol_type: Option<ProtocolType>,
    /// None with an error.
    pub protocol_name: Option<ProtocolName>,
    /// Empty with an error.
    pub leader: MemberId,
    /// The member; with `MEMBER_ID_REQUIRED`, the id to rejoin with.
    pub member: MemberId,
    /// Every member, for the leader; none for a follower.
    pub members: Vec<JoinedMember>,
    /// From version 9, to a leader: the assignment stands, none is to be computed.
    pub skip_assignment: bool,
}

impl JoinGroupResponse {
    /// An answer that says no more than `error`.
    pub fn error(member: MemberId, error: ErrorCode) -> Self {
        Self {
            error,
            generation: Generation::NONE,
            protocol_type: None,
            protocol_name: None,
            leader: MemberId::default(),
            member,
            members: Vec::new(),
            skip_assignment: false,
        }
    }
}

/// To SyncGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroupResponse {
    /// `NONE`, or why there is no assignment.
    pub error: ErrorCode,
    /// None with an error.
    pub protocol_type: Option<ProtocolType>,
    /// None with an error.
    pub protocol_name: Option<ProtocolName>,
    /// What the leader gave; no bytes if it gave nothing.
    pub assignment: Bytes,
}

impl SyncGroupResponse {
    /// An answer that says no more than `error`.
    pub fn error(error: ErrorCode) -> Self {
        Self { error, protocol_type: None, protocol_name: None, assignment: Bytes::new() }
    }
}

/// To Heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatResponse {
    /// `NONE`, or what the member must do.
    pub error: ErrorCode,
}

/// What became of a member that left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftMember {
    /// As in the request.
    pub member: MemberId,
    /// As in the request.
    pub instance: Option<InstanceId>,
    /// `NONE`: it has left.
    pub error: ErrorCode,
}

/// To LeaveGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveGroupResponse {
    /// Below version 3, the error of the one member.
    pub error: ErrorCode,
    /// From version 3, in the order of the request.
    pub members: Vec<LeftMember>,
}

/// To OffsetCommit or TxnOffsetCommit: an error for each partition of the request, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetCommitResponse {
    /// By topic: partition and error.
    pub topics: Vec<(TopicName, Vec<(i32, ErrorCode)>)>,
}

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedOffset {
    /// The partition.
    pub partition: i32,
    /// -1: none.
    pub offset: i64,
    /// -1: none.
    pub leader_epoch: i32,
    /// As committed.
    pub metadata: String,
    /// `NONE`, `UNSTABLE_OFFSET_COMMIT`, or below version 2 the error of the request.
    pub error: ErrorCode,
}

impl FetchedOffset {
    /// What stands for a partition without a committed offset.
    pub fn none(partition: i32, error: ErrorCode) -> Self {
        Self { partition, offset: -1, leader_epoch: -1, metadata: String::new(), error }
    }
}

/// To OffsetFetch, for one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetFetchResponse {
    /// The error of the request, from version 2.
    pub error: ErrorCode,
    /// By topic, in the order of the request; by name when every offset was asked for.
    pub topics: Vec<(TopicName, Vec<FetchedOffset>)>,
}

/// To DeleteGroups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteGroupsResponse {
    /// What became of each group.
    pub groups: Vec<(GroupId, ErrorCode)>,
}

/// To OffsetDelete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetDeleteResponse {
    /// The error of the request as a whole.
    pub error: ErrorCode,
    /// By topic, without such an error: what became of each partition's offset.
    pub topics: Vec<(TopicName, Vec<(i32, ErrorCode)>)>,
}

impl Response {
    /// The same answer when the record that it waited for could not be written.
    #[must_use]
    pub(super) fn failed(self, error: ErrorCode) -> Self {
        match self {
            Self::FindCoordinator(_) => Self::FindCoordinator(FindCoordinatorResponse { error }),
            Self::JoinGroup(joined) => Self::JoinGroup(JoinGroupResponse::error(joined.member, error)),
            Self::SyncGroup(_) => Self::SyncGroup(SyncGroupResponse::error(error)),
            Self::Heartbeat(_) => Self::Heartbeat(HeartbeatResponse { error }),
            Self::LeaveGroup(_) => Self::LeaveGroup(LeaveGroupResponse { error, members: Vec::new() }),
            Self::OffsetCommit(commit) => Self::OffsetCommit(commit.failed(error)),
            Self::TxnOffsetCommit(commit) => Self::TxnOffsetCommit(commit.failed(error)),
            Self::OffsetFetch(_) => Self::OffsetFetch(OffsetFetchResponse { error, topics: Vec::new() }),
            Self::DeleteGroups(deleted) => {
                let groups = deleted.groups.into_iter().map(|(group, _)| (group, error));
                Self::DeleteGroups(DeleteGroupsResponse { groups: groups.collect() })
            }
            Self::OffsetDelete(_) => Self::OffsetDelete(OffsetDeleteResponse { error, topics: Vec::new() }),
        }
    }
}

impl OffsetCommitResponse {
    /// Also where the metadata is too long: the request as a whole failed.
    fn failed(mut self, error: ErrorCode) -> Self {
        for (_, committed) in self.topics.iter_mut().flat_map(|(_, partitions)| partitions) {
            if *committed != ErrorCode::UnknownTopicOrPartition {
                *committed = error;
            }
        }
        self
    }
}
