//! What the chapter `join` rests on: whether a group takes a member, and the answers.

use super::change::GroupChange;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::{Group, Member, Phase};
use super::ids::{GroupId, MemberId, RequestId};
use super::mutation::Mutation;
use super::request::{JoinGroup, Protocol};
use super::response::{JoinGroupResponse, JoinedMember, Response};

impl Decision<'_> {
    /// Answers with the current generation.
    pub(super) fn answer_current_generation(&mut self, id: &GroupId, request: RequestId, member: &MemberId) {
        if let Some(group) = self.group(id) {
            let joined = self.joined(group, member);
            self.answer(request, joined);
        }
    }

    /// Answers with the current generation a member that is to go on in it. No rule does this, only a mutation.
    pub(super) fn answer_in_present_generation(
        &mut self,
        id: &GroupId,
        request: RequestId,
        member: &MemberId,
    ) {
        self.answer_current_generation(id, request, member);
        self.change(id, GroupChange::JoinAnswered(member.clone()));
        self.restart_session_timer(id, member);
    }

    /// Answers with an error.
    pub(super) fn answer_join(&mut self, call: &Call, member: MemberId, error: ErrorCode) {
        self.answer(call.id, Response::JoinGroup(JoinGroupResponse::error(member, error)));
    }

    /// The JoinGroup answer of the current generation.
    pub(super) fn joined(&self, group: &Group, member: &MemberId) -> Response {
        let leader = if self.mutated(Mutation::NameEveryMemberLeader) {
            member.clone()
        } else {
            group.leader.clone().unwrap_or_default()
        };
        let listed = |(id, value): (&MemberId, &Member)| JoinedMember {
            member: id.clone(),
            instance: value.instance.clone(),
            metadata: value.metadata(group.protocol.as_ref()),
        };
        let everyone =
            if leader == *member { group.members.iter().map(listed).collect() } else { Vec::new() };
        Response::JoinGroup(JoinGroupResponse {
            error: ErrorCode::None,
            generation: group.generation,
            protocol_type: group.protocol_type.clone(),
            protocol_name: group.protocol.clone(),
            leader,
            member: member.clone(),
            members: everyone,
            skip_assignment: false,
        })
    }
}

/// Whether the group takes this member (`acceptJoiningMember`). While members join, those that joined count, so that
/// the last to rejoin are turned away from a group that is too large.
pub(super) fn has_room(group: &Group, member: &MemberId, most: i32) -> bool {
    let most = usize::try_from(most).unwrap_or(0);
    let known = group.members.get(member);
    match &group.phase {
        Phase::Empty => true,
        Phase::Preparing { .. } => known.is_some_and(|member| member.join.is_some()) || group.joined() < most,
        Phase::Completing { .. } | Phase::Stable { .. } => known.is_some() || group.members.len() < most,
    }
}

/// Whether the member offers a protocol of the group's type that every member offers; an Empty group takes any.
pub(super) fn is_consistent(group: &Group, request: &JoinGroup) -> bool {
    let offers = |protocol: &Protocol| group.all_offer(&protocol.name);
    if group.phase == Phase::Empty {
        return !request.protocol_type.is_empty() && !request.protocols.is_empty();
    }
    group.protocol_type.as_ref() == Some(&request.protocol_type) && request.protocols.iter().any(offers)
}
