//! Chapter `static_membership` (KIP-345, KIP-814; `GroupMetadataManager.classicGroupJoinNewStaticMember`,
//! `updateStaticMemberThenRebalanceOrCompleteJoin`; in 3.9 `GroupCoordinator.updateStaticMemberAndRebalance`).

use muster_specs::Rule;

use super::change::{GroupChange, Replacement, Then};
use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::{Group, Member, Phase};
use super::ids::{GroupId, InstanceId, MemberId, Position};
use super::input::TimerKey;
use super::mutation::Mutation;
use super::record::Record;
use super::request::JoinGroup;
use super::response::{JoinGroupResponse, Response, SyncGroupResponse};
use super::sync::metadata;

/// From this version of JoinGroup on, a leader can be told to leave the assignment as it is.
const FIRST_VERSION_WITH_SKIP_ASSIGNMENT: i16 = 9;

impl Decision<'_> {
    /// Never pending: the instance id already tells a retry from another client.
    pub(super) fn admit_static_member(&mut self, call: &Call, request: JoinGroup) {
        if self.mutated(Mutation::RequireIdOfStaticMember) {
            return self.require_member_id(call, &request);
        }
        self.follow(Rule::AdmitStaticMember);
        self.add_member(call, request, &call.fresh_member_id);
    }

    /// Kafka finds this impossible and throws.
    pub(super) fn reject_pending_member_with_instance(&mut self, call: &Call) {
        self.follow(Rule::RejectPendingMemberWithInstance);
        self.answer_join(call, MemberId::default(), ErrorCode::UnknownServerError);
    }

    /// Whether the instance id is that of a member with another id.
    pub(super) fn is_replaced(
        &self,
        group: &GroupId,
        member: &MemberId,
        instance: Option<&InstanceId>,
    ) -> bool {
        let of_instance = instance.and_then(|instance| self.group(group)?.static_member(instance));
        of_instance.is_some_and(|current| current != member)
    }

    /// Before the generation is looked at. Without its instance id the same client is unknown.
    pub(super) fn fence_replaced_static_member(&mut self) -> ErrorCode {
        self.follow(Rule::FenceReplacedStaticMember);
        if self.mutated(Mutation::TakeReplacedMemberForUnknown) {
            return ErrorCode::UnknownMemberId;
        }
        ErrorCode::FencedInstanceId
    }

    /// The new id takes the place of the old one, and whoever waits under the old one is fenced. The session starts
    /// with the old timeout; the old id's timer is left to fire in vain.
    pub(super) fn replace_static_member(&mut self, call: &Call, request: JoinGroup, old: &MemberId) {
        let Some(before) = self.member(&request.group, old).cloned() else { return };
        let Some(group) = self.group(&request.group) else { return };
        let (leader, protocol) = (group.leader.clone(), group.protocol.clone());
        self.follow(Rule::ReplaceStaticMember);
        let new = call.fresh_member_id.clone();
        let is_new = match self.config.release {
            Release::V3_9 => before.is_new,
            Release::V4_3 => false,
        };
        self.swap_member(&request.group, old, &new, is_new);
        self.change(
            &request.group,
            GroupChange::MemberRejoined {
                member: new.clone(),
                request: call.id,
                session_timeout_ms: request.session_timeout_ms,
                rebalance_timeout_ms: request.rebalance_timeout_ms,
                protocols: request.protocols,
            },
        );
        let Some(group) = self.group(&request.group) else { return };
        match &group.phase {
            Phase::Stable { .. }
                if group.winning_protocol() == protocol
                    && !self.mutated(Mutation::RebalanceOnEveryReplacement) =>
            {
                self.keep_assignment_on_replacement(Replacement {
                    group: request.group,
                    old: old.clone(),
                    new,
                    request: call.id,
                    version: request.version,
                    leader,
                    before: Box::new(before),
                });
            }
            Phase::Completing { .. } if self.mutated(Mutation::AnswerReplacementWhileCompleting) => {
                self.answer_in_present_generation(&request.group, call.id, &new);
            }
            Phase::Stable { .. } | Phase::Completing { .. } => self.rebalance_on_replacement(&request.group),
            Phase::Preparing { .. } => self.complete_join_on_replacement(&request.group),
            Phase::Empty => {}
        }
    }

    fn swap_member(&mut self, group: &GroupId, old: &MemberId, new: &MemberId, is_new: bool) {
        let parked = self.member(group, old).map(|member| (member.join, member.sync));
        let (join, sync) = parked.unwrap_or_default();
        if let Some(join) = join {
            let fenced = JoinGroupResponse::error(old.clone(), ErrorCode::FencedInstanceId);
            self.answer(join, Response::JoinGroup(fenced));
        }
        if let Some(sync) = sync {
            let fenced = SyncGroupResponse::error(ErrorCode::FencedInstanceId);
            self.answer(sync, Response::SyncGroup(fenced));
        }
        self.change(group, GroupChange::MemberReplaced { old: old.clone(), new: new.clone(), is_new });
        self.restart_session_timer(group, new);
    }

    /// The next generation would have the same protocol, so this one goes on, with the new id in the log first.
    fn keep_assignment_on_replacement(&mut self, replacement: Replacement) {
        self.follow(Rule::KeepAssignmentOnReplacement);
        let Some(group) = self.group(&replacement.group) else { return };
        let assignments = group.members.iter().map(|(id, member)| (id.clone(), member.assignment.clone()));
        let mut value = metadata(group, &assignments.collect());
        if self.mutated(Mutation::KeepReplacementInMemory) {
            let Replacement { old, new, leader, .. } = &replacement;
            value.leader.clone_from(leader);
            let kept = value.members.remove(new).map(|member| (old.clone(), member));
            value.members.extend(kept);
        }
        let position = self.append(Record::GroupMetadata { group: replacement.group.clone(), value });
        self.wait_for(position, Then::Replaced(replacement));
    }

    /// The new id is replicated. Unless a rebalance has answered the member since, it goes on in the generation of
    /// the group. Kafka throws when it comes to list the members to a leader in PreparingRebalance.
    pub(super) fn answer_replacement(&mut self, replacement: &Replacement, after: Position) {
        let Replacement { group: id, new, version, .. } = replacement;
        let Some(group) = self.group(id) else { return };
        let Some(request) = group.members.get(new).and_then(|member| member.join) else { return };
        let skips = *version >= FIRST_VERSION_WITH_SKIP_ASSIGNMENT;
        let leads = group.leader.as_ref() == Some(new);
        if skips && leads && matches!(group.phase, Phase::Preparing { .. }) {
            return;
        }
        self.follow(Rule::AnswerReplacement);
        let Response::JoinGroup(joined) = self.joined_now(id, new) else { return };
        let joined = match (leads, skips) {
            (true, true) if self.mutated(Mutation::HideLeadershipFromReturned) => {
                self.name_replaced_leader(joined, replacement)
            }
            (true, true) => self.skip_assignment_of_replaced_leader(joined),
            (true, false) => self.name_replaced_leader(joined, replacement),
            (false, true | false) => joined,
        };
        self.change(id, GroupChange::JoinAnswered(new.clone()));
        self.answer_after(request, Response::JoinGroup(joined), after);
    }

    fn joined_now(&self, id: &GroupId, member: &MemberId) -> Response {
        let none = Group::default();
        self.joined(self.group(id).unwrap_or(&none), member)
    }

    /// It is to watch the topics as a leader does, and to assign nothing: a Stable group ignores assignments.
    fn skip_assignment_of_replaced_leader(&mut self, joined: JoinGroupResponse) -> JoinGroupResponse {
        self.follow(Rule::SkipAssignmentOfReplacedLeader);
        let skip_assignment = !self.mutated(Mutation::LetReplacedLeaderAssign);
        JoinGroupResponse { skip_assignment, ..joined }
    }

    /// An old client would assign if it were told that it leads, so it is told of the leader that was.
    fn name_replaced_leader(
        &mut self,
        joined: JoinGroupResponse,
        replacement: &Replacement,
    ) -> JoinGroupResponse {
        self.follow(Rule::NameReplacedLeader);
        if self.mutated(Mutation::NameNewLeaderToOldClient) {
            return joined;
        }
        let leader = replacement.leader.clone().unwrap_or_default();
        JoinGroupResponse { leader, members: Vec::new(), ..joined }
    }

    /// The new id could not be written: the old one is back. What the member offers is back in 4.3 only.
    pub(super) fn undo_replacement(&mut self, replacement: &Replacement, error: ErrorCode) {
        let Replacement { group: id, old, new, request, leader, before, .. } = replacement;
        let Some(member) = self.member(id, new) else { return };
        let unanswered = member.join == Some(*request);
        let protocols = match self.config.release {
            Release::V3_9 => member.protocols.clone(),
            Release::V4_3 => before.protocols.clone(),
        };
        let is_new = member.is_new;
        self.follow(Rule::UndoReplacement);
        let Member { session_timeout_ms, rebalance_timeout_ms, .. } = **before;
        let offers = GroupChange::OffersRestored {
            member: new.clone(),
            session_timeout_ms,
            rebalance_timeout_ms,
            protocols,
        };
        self.change(id, offers);
        self.change(id, GroupChange::JoinAnswered(new.clone()));
        self.swap_member(id, new, old, is_new);
        if let (true, Some(group)) = (unanswered, self.group(id)) {
            let refused = JoinGroupResponse {
                generation: group.generation,
                protocol_type: group.protocol_type.clone(),
                protocol_name: group.protocol.clone(),
                leader: leader.clone().unwrap_or_default(),
                ..JoinGroupResponse::error(MemberId::default(), error)
            };
            self.answer(*request, Response::JoinGroup(refused));
        }
    }

    /// In CompletingRebalance the leader was told of the old id, and would assign to it.
    fn rebalance_on_replacement(&mut self, group: &GroupId) {
        self.follow(Rule::RebalanceOnReplacement);
        self.start_rebalance(group);
    }

    fn complete_join_on_replacement(&mut self, group: &GroupId) {
        let initial = self
            .group(group)
            .is_some_and(|group| matches!(group.phase, Phase::Preparing { initial: Some(_) }));
        if !initial && self.is_join_complete(group) {
            self.follow(Rule::CompleteJoinOnReplacement);
        }
        if !initial {
            self.complete_join_if_all_joined(group);
        }
    }

    /// A static member may be restarting; the pending-sync timer ends the patience.
    pub(super) fn keep_static_members_not_rejoined(&mut self, id: &GroupId) {
        let Some(group) = self.group(id) else { return };
        if group.members.joined() < group.members.len() {
            self.follow(Rule::KeepStaticMembersNotRejoined);
        }
    }

    /// Only static members are left and none of them is here: once more, until their sessions expire.
    pub(super) fn postpone_join_without_rejoined_members(&mut self, id: &GroupId) {
        self.follow(Rule::PostponeJoinWithoutRejoinedMembers);
        let timeout_ms = self.group(id).map_or(0, Group::rebalance_timeout_ms);
        self.set_timer(TimerKey::Join { group: id.clone() }, timeout_ms);
    }

    /// By an administrator, who knows the instance id only.
    pub(super) fn remove_static_member_by_instance(&mut self, group: &GroupId, member: &MemberId) {
        self.follow(Rule::RemoveStaticMemberByInstance);
        if self.mutated(Mutation::IgnoreRemovalByInstance) {
            return;
        }
        self.let_go(group, member);
    }
}
