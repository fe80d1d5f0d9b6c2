//! Chapter `join` (`GroupMetadataManager.classicGroupJoinToClassicGroup` and what it calls): who is let in.

mod rebalance;

use std::collections::BTreeSet;

use muster_specs::Rule;

use super::change::{GroupChange, Then};
use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::{Member, Phase};
use super::ids::{Generation, MemberId};
use super::input::TimerKey;
use super::joined::{has_room, is_consistent};
use super::mutation::Mutation;
use super::record::{GroupMetadata, Record};
use super::request::JoinGroup;
use super::requests::Api;

impl Decision<'_> {
    pub(super) fn join_group(&mut self, call: &Call, mut request: JoinGroup) {
        if let Err(error) = self.admit(Api::JoinGroup(request.session_timeout_ms), &request.group) {
            return self.answer_join(call, request.member, error);
        }
        let names: BTreeSet<_> = request.protocols.iter().map(|protocol| &protocol.name).collect();
        if names.len() < request.protocols.len() {
            let mut names = BTreeSet::new();
            let firsts = request.protocols.iter().filter(|protocol| names.insert(&protocol.name));
            request.protocols = firsts.cloned().collect();
        }
        let is_new = request.member.is_empty();
        let absent = self.group(&request.group).is_none();
        if absent && !is_new {
            return self.reject_join_of_absent_group(call, &request);
        }
        if absent {
            self.change(&request.group, GroupChange::Created);
        }
        let group = request.group.clone();
        self.join_present_group(call, request);
        if absent && self.config.release == Release::V4_3 {
            let value = GroupMetadata::default();
            let position = self.append(Record::GroupMetadata { group: group.clone(), value });
            self.wait_for(position, Then::Create { group });
        }
    }

    fn join_present_group(&mut self, call: &Call, request: JoinGroup) {
        let Some(group) = self.group(&request.group) else { return };
        let is_new = request.member.is_empty();
        let needs_id = request.version >= 4 && !self.mutated(Mutation::SkipMemberIdRequired);
        let instance = request.instance.clone();
        let named = instance.as_ref().and_then(|instance| group.static_member(instance)).cloned();
        if !has_room(group, &request.member, self.config.group_max_size) {
            self.reject_join_over_max_size(call, &request);
        } else if !is_consistent(group, &request) {
            self.reject_join_with_inconsistent_protocol(call, &request);
        } else if let (true, Some(old)) =
            (is_new, named.filter(|_| !self.mutated(Mutation::AdmitKnownInstance)))
        {
            self.replace_static_member(call, request, &old);
        } else if is_new && instance.is_some() {
            self.admit_static_member(call, request);
        } else if is_new && needs_id {
            self.require_member_id(call, &request);
        } else if is_new {
            self.admit_member_without_id(call, request);
        } else if group.pending.contains(&request.member) && instance.is_some() {
            self.reject_pending_member_with_instance(call);
        } else if group.pending.contains(&request.member) {
            self.admit_pending_member(call, request);
        } else if self.is_replaced(&request.group, &request.member, instance.as_ref()) {
            let error = self.fence_replaced_static_member();
            self.answer_join(call, request.member, error);
        } else if !self.knows(&request.group, &request.member, instance.as_ref()) {
            self.reject_join_of_unknown_member(call, &request);
        } else {
            self.rejoin(call, request);
        }
    }

    fn rejoin(&mut self, call: &Call, request: JoinGroup) {
        let Some(group) = self.group(&request.group) else { return };
        let changed =
            group.members.get(&request.member).is_none_or(|member| member.protocols != request.protocols);
        let leads = group.leader.as_ref() == Some(&request.member);
        match &group.phase {
            Phase::Empty => self.reject_join_of_unknown_member(call, &request),
            Phase::Preparing { .. } => self.park_rejoin_while_preparing(call, request),
            Phase::Completing { .. } if changed => self.rebalance_on_changed_metadata(call, request),
            Phase::Completing { .. } => self.repeat_join_answer_while_completing(call, &request),
            Phase::Stable { .. } if leads && (changed || !self.mutated(Mutation::IgnoreLeaderRejoin)) => {
                self.rebalance_on_leader_rejoin(call, request);
            }
            Phase::Stable { .. } if changed => self.rebalance_on_changed_metadata(call, request),
            Phase::Stable { .. } => self.repeat_join_answer_to_follower(call, &request),
        }
    }

    pub(super) fn reject_session_timeout_out_of_bounds(&mut self, api: Api) -> Result<(), ErrorCode> {
        let (least, most) =
            (self.config.group_min_session_timeout_ms, self.config.group_max_session_timeout_ms);
        match api {
            Api::JoinGroup(session_timeout_ms) if session_timeout_ms < least || session_timeout_ms > most => {
                self.follow(Rule::RejectSessionTimeoutOutOfBounds);
                Err(ErrorCode::InvalidSessionTimeout)
            }
            Api::JoinGroup(_)
            | Api::SyncGroup
            | Api::Heartbeat
            | Api::LeaveGroup
            | Api::OffsetCommit
            | Api::TxnOffsetCommit
            | Api::OffsetFetch
            | Api::DeleteGroups
            | Api::OffsetDelete => Ok(()),
        }
    }

    fn reject_join_of_absent_group(&mut self, call: &Call, request: &JoinGroup) {
        self.follow(Rule::RejectJoinOfAbsentGroup);
        self.answer_join(call, request.member.clone(), ErrorCode::UnknownMemberId);
    }

    /// The id is removed, member or pending. 3.9 then looks whether the others are complete without it; 4.3 does not.
    fn reject_join_over_max_size(&mut self, call: &Call, request: &JoinGroup) {
        self.follow(Rule::RejectJoinOverMaxSize);
        self.change(&request.group, GroupChange::MemberRemoved(request.member.clone()));
        self.answer_join(call, MemberId::default(), ErrorCode::GroupMaxSizeReached);
        let preparing = self
            .group(&request.group)
            .is_some_and(|group| matches!(group.phase, Phase::Preparing { initial: None }));
        if preparing && self.config.release == Release::V3_9 {
            self.complete_join_if_all_joined(&request.group);
        }
    }

    fn reject_join_with_inconsistent_protocol(&mut self, call: &Call, request: &JoinGroup) {
        self.follow(Rule::RejectJoinWithInconsistentProtocol);
        self.answer_join(call, request.member.clone(), ErrorCode::InconsistentGroupProtocol);
    }

    /// From version 4 on, so that a client whose answer is lost does not leave a member behind.
    pub(super) fn require_member_id(&mut self, call: &Call, request: &JoinGroup) {
        self.follow(Rule::RequireMemberId);
        let member = call.fresh_member_id.clone();
        self.change(&request.group, GroupChange::PendingAdded(member.clone()));
        let key = TimerKey::Session { group: request.group.clone(), member: member.clone() };
        self.set_timer(key, request.session_timeout_ms);
        self.answer_join(call, member, ErrorCode::MemberIdRequired);
    }

    fn admit_member_without_id(&mut self, call: &Call, request: JoinGroup) {
        self.follow(Rule::AdmitMemberWithoutId);
        self.add_member(call, request, &call.fresh_member_id);
    }

    fn admit_pending_member(&mut self, call: &Call, request: JoinGroup) {
        self.follow(Rule::AdmitPendingMember);
        let member = request.member.clone();
        self.add_member(call, request, &member);
    }

    /// Until its first join completes the member cannot send heartbeats, so its session is five minutes.
    pub(super) fn add_member(&mut self, call: &Call, request: JoinGroup, member: &MemberId) {
        let Some(group) = self.group(&request.group) else { return };
        let joins_late = matches!(group.phase, Phase::Completing { .. });
        // 4.3 extends the initial delay whenever the group was Empty, 3.9 only at generation 0.
        let noted = match (&group.phase, self.config.release) {
            (Phase::Preparing { initial }, Release::V4_3) => initial.is_some(),
            (Phase::Preparing { .. }, Release::V3_9) => group.generation == Generation(0),
            (Phase::Empty | Phase::Completing { .. } | Phase::Stable { .. }, _) => false,
        };
        if noted {
            self.change(&request.group, GroupChange::NewMemberNoted(true));
        }
        let value = Member {
            client: call.client.clone(),
            instance: request.instance,
            session_timeout_ms: request.session_timeout_ms,
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            protocols: request.protocols,
            assignment: bytes::Bytes::new(),
            is_new: true,
            join: Some(call.id),
            sync: None,
        };
        let key = TimerKey::Session { group: request.group.clone(), member: member.clone() };
        let added =
            GroupChange::MemberAdded { member: member.clone(), protocol_type: request.protocol_type, value };
        self.change(&request.group, added);
        self.set_timer(key, self.config.new_member_join_timeout_ms);
        if joins_late && self.mutated(Mutation::AdmitWhileCompleting) {
            return self.answer_in_present_generation(&request.group, call.id, member);
        }
        self.rebalance_or_complete_join(&request.group);
    }

    fn reject_join_of_unknown_member(&mut self, call: &Call, request: &JoinGroup) {
        self.follow(Rule::RejectJoinOfUnknownMember);
        self.answer_join(call, request.member.clone(), ErrorCode::UnknownMemberId);
    }

    fn park_rejoin_while_preparing(&mut self, call: &Call, request: JoinGroup) {
        self.follow(Rule::ParkRejoinWhilePreparing);
        self.park_join(call, request);
    }

    fn park_join(&mut self, call: &Call, request: JoinGroup) {
        if self.member(&request.group, &request.member).is_some_and(|member| member.join.is_some()) {
            self.replace_parked_join();
        }
        let rejoined = GroupChange::MemberRejoined {
            member: request.member,
            request: call.id,
            session_timeout_ms: request.session_timeout_ms,
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            protocols: request.protocols,
        };
        self.change(&request.group, rejoined);
        self.rebalance_or_complete_join(&request.group);
    }

    /// The request parked before is never answered, in Kafka too; what the retry offers counts.
    fn replace_parked_join(&mut self) {
        self.follow(Rule::ReplaceParkedJoin);
    }

    /// The member may have missed the answer.
    fn repeat_join_answer_while_completing(&mut self, call: &Call, request: &JoinGroup) {
        self.follow(Rule::RepeatJoinAnswerWhileCompleting);
        self.answer_current_generation(&request.group, call.id, &request.member);
    }

    fn repeat_join_answer_to_follower(&mut self, call: &Call, request: &JoinGroup) {
        self.follow(Rule::RepeatJoinAnswerToFollower);
        self.answer_current_generation(&request.group, call.id, &request.member);
    }

    /// A changed timeout is no change.
    fn rebalance_on_changed_metadata(&mut self, call: &Call, request: JoinGroup) {
        self.follow(Rule::RebalanceOnChangedMetadata);
        self.park_join(call, request);
    }

    /// So that the leader can react to what changes the assignment but not its own metadata, such as a topic's
    /// partitions.
    fn rebalance_on_leader_rejoin(&mut self, call: &Call, request: JoinGroup) {
        self.follow(Rule::RebalanceOnLeaderRejoin);
        self.park_join(call, request);
    }
}
