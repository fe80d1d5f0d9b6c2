//! Read-only views of the groups, as Kafka's tools see them.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::Coordinator;
use super::change::Then;
use super::config::Serving;
use super::error::ErrorCode;
use super::group::Group;
use super::ids::{Generation, GroupId, InstanceId, MemberId, RequestId};
use super::record::Record;

/// A line of `ListGroups`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupListing {
    /// The group.
    pub group: GroupId,
    /// Empty: no member has joined yet.
    pub protocol_type: String,
    /// `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable`.
    pub state: &'static str,
}

/// An answer of `DescribeGroups`, for one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// As in [`GroupListing`].
    pub state: &'static str,
    /// Empty: no member has joined yet.
    pub protocol_type: String,
    /// The assignor, in Stable; else empty.
    pub protocol: String,
    /// The generation; the wire does not carry it.
    pub generation: Generation,
    /// The leader; the wire does not carry it.
    pub leader: Option<MemberId>,
    /// The members, by id.
    pub members: Vec<MemberDescription>,
}

/// A member, as `DescribeGroups` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDescription {
    /// The member.
    pub member: MemberId,
    /// `group.instance.id` of a static member.
    pub instance: Option<InstanceId>,
    /// `client.id`.
    pub client_id: String,
    /// The address.
    pub host: String,
    /// Its subscription, in Stable; else empty.
    pub metadata: Bytes,
    /// What the leader gave it.
    pub assignment: Bytes,
}

/// How a group is, at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupState {
    /// As in [`GroupListing`].
    pub state: &'static str,
    /// The generation.
    pub generation: Generation,
    /// How many members.
    pub members: usize,
}

impl Coordinator {
    /// How a group is; none if it is absent.
    pub fn group_state(&self, id: &GroupId) -> Option<GroupState> {
        let group = self.state.groups.get(id)?;
        let (generation, members) = (group.generation, group.members.len());
        Some(GroupState { state: group.phase.name(), generation, members })
    }

    /// The committed offsets, as records that restore them.
    pub fn offset_records(&self) -> impl Iterator<Item = Record> {
        self.state.offsets.iter().flat_map(|(group, offsets)| {
            offsets.iter().map(|((topic, partition), value)| Record::OffsetCommit {
                group: group.clone(),
                topic: topic.clone(),
                partition: *partition,
                value: value.clone(),
            })
        })
    }

    /// Whether the group has a member or a pending member of this id.
    pub fn is_known(&self, group: &GroupId, member: &MemberId) -> bool {
        let known = |group: &Group| group.members.contains_key(member) || group.pending.contains(member);
        self.state.groups.get(group).is_some_and(known)
    }

    /// The requests that are still to be answered: parked ones, and those that wait for a record.
    pub fn unanswered(&self) -> BTreeSet<RequestId> {
        let members = self.state.groups.values().flat_map(|group| group.members.values());
        let parked = members.flat_map(|member| member.join.into_iter().chain(member.sync));
        let waiting = self.state.uncommitted.values().flat_map(|written| &written.then);
        let answers = waiting.filter_map(|then| match then {
            Then::Answer { id, .. } => Some(*id),
            Then::HandOut { .. } | Then::Replaced(_) | Then::Create { .. } | Then::Delete { .. } => None,
        });
        parked.chain(answers).collect()
    }

    /// What `DescribeGroups` says before it looks at a group.
    pub fn readiness(&self) -> ErrorCode {
        match self.config.serving {
            Serving::Active => ErrorCode::None,
            Serving::Loading => ErrorCode::CoordinatorLoadInProgress,
            Serving::NotCoordinator => ErrorCode::NotCoordinator,
            Serving::NotAvailable => ErrorCode::CoordinatorNotAvailable,
        }
    }
}
