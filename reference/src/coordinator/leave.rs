//! Chapter `leave` (`GroupMetadataManager.classicGroupLeaveToClassicGroup`).

use muster_specs::Rule;

use super::change::GroupChange;
use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::Phase;
use super::ids::{GroupId, MemberId};
use super::mutation::Mutation;
use super::request::{LeaveGroup, LeavingMember};
use super::requests::Api;
use super::response::{JoinGroupResponse, LeaveGroupResponse, LeftMember, Response};

/// Who left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Member,
    PendingMember,
    Nobody,
}

impl Decision<'_> {
    pub(super) fn leave_group(&mut self, call: &Call, request: LeaveGroup) {
        let (version, group) = (request.version, request.group);
        if let Err(error) = self.admit(Api::LeaveGroup, &group) {
            let refused = LeaveGroupResponse { error, members: Vec::new() };
            return self.answer(call.id, Response::LeaveGroup(refused));
        }
        if self.group(&group).is_none() {
            return self.report_leave_of_absent_group(call, version, request.members);
        }
        let mut left = Vec::new();
        let mut anybody = false;
        for leaving in request.members {
            let (who, answered) = self.leave_one(&group, leaving);
            left.push(answered);
            anybody |= who != Left::Nobody;
            // 3.9 acts on each member in turn, and on a pending one only while members join.
            match (self.config.release, who) {
                (Release::V3_9, Left::Member) => self.rebalance_after_leave(&group, true),
                (Release::V3_9, Left::PendingMember) => self.rebalance_after_leave(&group, false),
                (Release::V3_9, Left::Nobody) | (Release::V4_3, _) => {}
            }
        }
        if anybody && self.config.release == Release::V4_3 {
            self.rebalance_after_leave(&group, true);
        }
        self.answer_write(call.id, left_response(version, left));
    }

    fn leave_one(&mut self, group: &GroupId, leaving: LeavingMember) -> (Left, LeftMember) {
        let pending = self.group(group).is_some_and(|group| group.pending.contains(&leaving.member));
        let by_instance = leaving.instance.as_ref().filter(|_| leaving.member.is_empty());
        let named = by_instance.and_then(|instance| self.group(group)?.static_member(instance)).cloned();
        let (who, error) = if let Some(member) = named {
            self.remove_static_member_by_instance(group, &member);
            (Left::Member, ErrorCode::None)
        } else if pending {
            self.remove_leaving_pending_member(group, &leaving.member);
            (Left::PendingMember, ErrorCode::None)
        } else if self.is_replaced(group, &leaving.member, leaving.instance.as_ref()) {
            (Left::Nobody, self.fence_replaced_static_member())
        } else if self.knows(group, &leaving.member, leaving.instance.as_ref()) {
            self.remove_leaving_member(group, &leaving.member);
            (Left::Member, ErrorCode::None)
        } else {
            (Left::Nobody, self.report_leave_of_unknown_member())
        };
        (who, LeftMember { member: leaving.member, instance: leaving.instance, error })
    }

    fn rebalance_after_leave(&mut self, group: &GroupId, from_stable: bool) {
        match self.group(group).map(|group| &group.phase) {
            Some(Phase::Stable { .. } | Phase::Completing { .. }) if from_stable => {
                self.rebalance_on_leave(group);
            }
            Some(Phase::Preparing { initial: None }) => self.complete_join_on_leave(group),
            Some(
                Phase::Preparing { .. } | Phase::Stable { .. } | Phase::Completing { .. } | Phase::Empty,
            )
            | None => {}
        }
    }

    /// Every member is unknown, and the request as a whole is not in error.
    fn report_leave_of_absent_group(&mut self, call: &Call, version: i16, members: Vec<LeavingMember>) {
        self.follow(Rule::ReportLeaveOfAbsentGroup);
        let unknown = |leaving: LeavingMember| LeftMember {
            member: leaving.member,
            instance: leaving.instance,
            error: ErrorCode::UnknownMemberId,
        };
        self.answer(call.id, left_response(version, members.into_iter().map(unknown).collect()));
    }

    /// The generation is not looked at.
    fn report_leave_of_unknown_member(&mut self) -> ErrorCode {
        self.follow(Rule::ReportLeaveOfUnknownMember);
        ErrorCode::UnknownMemberId
    }

    /// A parked JoinGroup of the member is answered, so that its client rejoins if it is there. A parked SyncGroup
    /// is never answered, in Kafka too.
    fn remove_leaving_member(&mut self, group: &GroupId, member: &MemberId) {
        self.follow(Rule::RemoveLeavingMember);
        self.let_go(group, member);
    }

    /// Removes a member at somebody's wish.
    pub(super) fn let_go(&mut self, group: &GroupId, member: &MemberId) {
        if self.mutated(Mutation::KeepMemberThatLeaves) {
            return;
        }
        self.cancel_session(group, member);
        self.remove_member(group, member);
    }

    /// Removes a member and answers its parked JoinGroup (`completeJoinFuture` with an empty member id).
    pub(super) fn remove_member(&mut self, group: &GroupId, member: &MemberId) {
        if let Some(parked) = self.member(group, member).and_then(|member| member.join) {
            let unknown = JoinGroupResponse::error(MemberId::default(), ErrorCode::UnknownMemberId);
            self.answer(parked, Response::JoinGroup(unknown));
        }
        self.change(group, GroupChange::MemberRemoved(member.clone()));
    }

    fn remove_leaving_pending_member(&mut self, group: &GroupId, member: &MemberId) {
        self.follow(Rule::RemoveLeavingPendingMember);
        self.cancel_session(group, member);
        self.change(group, GroupChange::MemberRemoved(member.clone()));
    }

    /// From 4.3 on a pending member that leaves starts a rebalance too.
    fn rebalance_on_leave(&mut self, group: &GroupId) {
        self.follow(Rule::RebalanceOnLeave);
        self.start_rebalance(group);
    }

    /// Whoever was waited for may have been the one that left. The initial delay is never cut short by it.
    fn complete_join_on_leave(&mut self, group: &GroupId) {
        if self.is_join_complete(group) {
            self.follow(Rule::CompleteJoinOnLeave);
            self.complete_join(group);
        } else {
            self.wait_for_all_members();
        }
    }
}

fn left_response(version: i16, members: Vec<LeftMember>) -> Response {
    if version >= 3 {
        return Response::LeaveGroup(LeaveGroupResponse { error: ErrorCode::None, members });
    }
    let error = members.iter().map(|left| left.error).find(|error| *error != ErrorCode::None);
    Response::LeaveGroup(LeaveGroupResponse { error: error.unwrap_or_default(), members: Vec::new() })
}
