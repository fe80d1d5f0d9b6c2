//! Chapter `join` (`GroupMetadataManager.classicGroupJoinToClassicGroup` and what it calls).

use std::collections::{BTreeMap, BTreeSet};

use muster_specs::Rule;

use super::change::{Change, GroupChange, GroupMetadata, Record, Then};
use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::{Group, InitialDelay, Member, Phase};
use super::ids::{Generation, GroupId, MemberId, ProtocolName};
use super::input::TimerKey;
use super::joined::{has_room, is_consistent};
use super::mutation::Mutation;
use super::request::JoinGroup;
use super::requests::Api;
use super::sync::metadata;

impl Decision<'_> {
    pub(super) fn join_group(&mut self, call: &Call, mut request: JoinGroup) {
        if request.instance.is_some() {
            return self.answer_join(call, request.member, ErrorCode::UnsupportedVersion);
        }
        if let Err(error) = self.admit(Api::JoinGroup(request.session_timeout_ms), &request.group) {
            return self.answer_join(call, request.member, error);
        }
        let mut names = BTreeSet::new();
        request.protocols.retain(|protocol| names.insert(protocol.name.clone()));
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
        if !has_room(group, &request.member, self.config.group_max_size) {
            self.reject_join_over_max_size(call, &request);
        } else if !is_consistent(group, &request) {
            self.reject_join_with_inconsistent_protocol(call, &request);
        } else if is_new && needs_id {
            self.require_member_id(call, &request);
        } else if is_new {
            self.admit_member_without_id(call, request);
        } else if group.pending.contains(&request.member) {
            self.admit_pending_member(call, request);
        } else if !group.members.contains_key(&request.member) {
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
            | Api::OffsetFetch => Ok(()),
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
    fn require_member_id(&mut self, call: &Call, request: &JoinGroup) {
        self.follow(Rule::RequireMemberId);
        let member = call.fresh_member_id.clone();
        self.change(&request.group, GroupChange::PendingAdded(member.clone()));
        let key = TimerKey::Session { group: request.group.clone(), member: member.clone() };
        self.set_timer(key, request.session_timeout_ms);
        self.answer_join(call, member, ErrorCode::MemberIdRequired);
    }

    fn admit_member_without_id(&mut self, call: &Call, request: JoinGroup) {
        self.follow(Rule::AdmitMemberWithoutId);
        self.add_member(call, request, call.fresh_member_id.clone());
    }

    fn admit_pending_member(&mut self, call: &Call, request: JoinGroup) {
        self.follow(Rule::AdmitPendingMember);
        let member = request.member.clone();
        self.add_member(call, request, member);
    }

    /// Until its first join completes the member cannot send heartbeats, so its session is five minutes.
    fn add_member(&mut self, call: &Call, request: JoinGroup, member: MemberId) {
        let Some(group) = self.group(&request.group) else { return };
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
            session_timeout_ms: request.session_timeout_ms,
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            protocols: request.protocols,
            assignment: bytes::Bytes::new(),
            is_new: true,
            join: Some(call.id),
            sync: None,
        };
        let key = TimerKey::Session { group: request.group.clone(), member: member.clone() };
        let added = GroupChange::MemberAdded { member, protocol_type: request.protocol_type, value };
        self.change(&request.group, added);
        self.set_timer(key, self.config.new_member_join_timeout_ms);
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

    fn rebalance_or_complete_join(&mut self, group: &GroupId) {
        match self.group(group).map(|group| &group.phase) {
            Some(Phase::Preparing { initial: None }) => self.complete_join_if_all_joined(group),
            Some(Phase::Preparing { initial: Some(_) }) | None => {}
            Some(Phase::Empty | Phase::Completing { .. } | Phase::Stable { .. }) => {
                self.start_rebalance(group);
            }
        }
    }

    /// PreparingRebalance, from any other state.
    pub(super) fn start_rebalance(&mut self, id: &GroupId) {
        let Some(group) = self.group(id) else { return };
        let (was_empty, completing, awaited) = (
            group.phase == Phase::Empty,
            matches!(group.phase, Phase::Completing { .. }),
            group.phase.unsynced().is_some_and(|unsynced| !unsynced.is_empty()),
        );
        self.follow(Rule::StartRebalance);
        if completing {
            self.cancel_parked_syncs(id, ErrorCode::RebalanceInProgress);
        }
        if awaited {
            self.cancel_timer(TimerKey::PendingSync { group: id.clone() });
        }
        if was_empty {
            return self.delay_initial_rebalance(id);
        }
        self.change(id, GroupChange::RebalanceStarted { initial: None });
        if self.is_join_complete(id) { self.complete_join(id) } else { self.wait_for_all_members(id) }
    }

    /// The first members of a group rarely come alone.
    fn delay_initial_rebalance(&mut self, group: &GroupId) {
        self.follow(Rule::DelayInitialRebalance);
        let delay_ms = self.config.group_initial_rebalance_delay_ms;
        let timeout_ms = self.group(group).map_or(0, Group::rebalance_timeout_ms);
        let remaining_ms = timeout_ms.saturating_sub(delay_ms).max(0);
        let initial = Some(InitialDelay { delay_ms, remaining_ms });
        self.change(group, GroupChange::RebalanceStarted { initial });
        self.set_timer(TimerKey::Join { group: group.clone() }, delay_ms);
    }

    /// Up to the rebalance timeout, which is fixed when the rebalance starts.
    fn wait_for_all_members(&mut self, group: &GroupId) {
        self.follow(Rule::WaitForAllMembers);
        let timeout_ms = self.group(group).map_or(0, Group::rebalance_timeout_ms);
        self.set_timer(TimerKey::Join { group: group.clone() }, timeout_ms);
    }

    /// Whether the join need not wait: every member has joined, and no id that was given out is still to be used.
    pub(super) fn is_join_complete(&self, group: &GroupId) -> bool {
        let at_once = self.mutated(Mutation::CompleteJoinAtOnce);
        self.group(group)
            .is_some_and(|group| group.has_all_members_joined() || (at_once && group.joined() > 0))
    }

    pub(super) fn complete_join_if_all_joined(&mut self, group: &GroupId) {
        if self.is_join_complete(group) {
            self.complete_join(group);
        }
    }

    /// A generation begins: every parked JoinGroup is answered, and nothing of it is written to the log.
    pub(super) fn complete_join(&mut self, id: &GroupId) {
        self.cancel_timer(TimerKey::Join { group: id.clone() });
        self.remove_members_not_rejoined(id);
        let Some(group) = self.group(id) else { return };
        let (current, next) = (group.generation, group.generation.next());
        if group.members.is_empty() {
            return self.empty_group_without_members(id, next);
        }
        let parked: Vec<_> =
            group.members.iter().map(|(member, value)| (member.clone(), value.join)).collect();
        self.follow(Rule::CompleteJoin);
        let generation = if self.mutated(Mutation::KeepGenerationOnRebalance) { current } else { next };
        let (leader, protocol) = (self.elect_leader(id), self.select_protocol(id));
        self.change(id, GroupChange::GenerationStarted { generation, leader, protocol });
        for (member, request) in parked {
            if let Some(request) = request {
                self.answer_current_generation(id, request, &member);
            }
            self.restart_session_timer(id, &member);
        }
        let timeout_ms = self.group(id).map_or(0, Group::rebalance_timeout_ms);
        self.set_timer(TimerKey::PendingSync { group: id.clone() }, timeout_ms);
        if self.mutated(Mutation::ForgetOffsetsOnRebalance) {
            self.note(Change::OffsetsForgotten(id.clone()));
        }
    }

    /// A static member would be kept.
    fn remove_members_not_rejoined(&mut self, id: &GroupId) {
        let members = self.group(id).into_iter().flat_map(|group| &group.members);
        let late: Vec<_> =
            members.filter(|(_, member)| member.join.is_none()).map(|(member, _)| member.clone()).collect();
        if late.is_empty() {
            return;
        }
        self.follow(Rule::RemoveMembersNotRejoined);
        for member in late {
            self.change(id, GroupChange::MemberRemoved(member.clone()));
            self.cancel_session(id, &member);
        }
    }

    /// The generation counts on, and survives a failover.
    fn empty_group_without_members(&mut self, id: &GroupId, next: Generation) {
        self.follow(Rule::EmptyGroupWithoutMembers);
        let reset = self.mutated(Mutation::ResetGenerationWhenEmpty);
        let generation = if reset { Generation(0) } else { next };
        self.change(id, GroupChange::Emptied { generation });
        let Some(group) = self.group(id) else { return };
        let value = metadata(group, &BTreeMap::new());
        self.append(Record::GroupMetadata { group: id.clone(), value });
    }

    /// The leader stays while it rejoins. Kafka takes any member that rejoined instead; here, the smallest id.
    fn elect_leader(&mut self, id: &GroupId) -> Option<MemberId> {
        self.follow(Rule::ElectLeader);
        let group = self.group(id)?;
        let rejoined = |member: &&MemberId| group.members.get(*member).is_some_and(|m| m.join.is_some());
        let stays = group.leader.as_ref().filter(rejoined);
        stays.or_else(|| group.members.keys().find(rejoined)).cloned()
    }

    /// Each member votes for the first that it offers among those that all offer. A tie is broken by hash order in
    /// Kafka; here, by the smallest name.
    fn select_protocol(&mut self, id: &GroupId) -> Option<ProtocolName> {
        self.follow(Rule::SelectProtocol);
        let group = self.group(id)?;
        let mut votes: BTreeMap<&ProtocolName, usize> = BTreeMap::new();
        for member in group.members.values() {
            let vote = member.protocols.iter().find(|offer| group.all_offer(&offer.name));
            if let Some(offer) = vote {
                *votes.entry(&offer.name).or_default() += 1;
            }
        }
        let most = votes.values().max().copied();
        votes.into_iter().find(|(_, count)| Some(*count) == most).map(|(name, _)| name.clone())
    }
}
