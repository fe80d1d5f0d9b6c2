//! Chapter `join`, second half: from the start of a rebalance to the generation that ends it.

use std::collections::BTreeMap;

use muster_specs::Rule;

use crate::coordinator::change::{Change, GroupChange};
use crate::coordinator::decision::Decision;
use crate::coordinator::error::ErrorCode;
use crate::coordinator::group::{Group, InitialDelay, Member, Phase};
use crate::coordinator::ids::{Generation, GroupId, MemberId, ProtocolName};
use crate::coordinator::input::TimerKey;
use crate::coordinator::mutation::Mutation;
use crate::coordinator::record::Record;
use crate::coordinator::sync::metadata;

impl Decision<'_> {
    pub(in crate::coordinator) fn rebalance_or_complete_join(&mut self, group: &GroupId) {
        match self.group(group).map(|group| &group.phase) {
            Some(Phase::Preparing { initial: None }) => self.complete_join_if_all_joined(group),
            Some(Phase::Preparing { initial: Some(_) }) | None => {}
            Some(Phase::Empty | Phase::Completing { .. } | Phase::Stable { .. }) => {
                self.start_rebalance(group);
            }
        }
    }

    /// PreparingRebalance, from any other state.
    pub(in crate::coordinator) fn start_rebalance(&mut self, id: &GroupId) {
        let Some(group) = self.group(id) else { return };
        let was_empty = group.phase == Phase::Empty;
        let completing = matches!(group.phase, Phase::Completing { .. });
        self.follow(Rule::StartRebalance);
        if completing {
            self.cancel_parked_syncs(id, ErrorCode::RebalanceInProgress);
        }
        // Whoever was awaited last may have left just before: the timer runs all the same (`removePendingSyncMembers`).
        self.cancel_timer(TimerKey::PendingSync { group: id.clone() });
        if was_empty {
            return self.delay_initial_rebalance(id);
        }
        self.change(id, GroupChange::RebalanceStarted { initial: None });
        if self.is_join_complete(id) {
            return self.complete_join(id);
        }
        let timeout_ms = self.group(id).map_or(0, Group::rebalance_timeout_ms);
        self.set_timer(TimerKey::Join { group: id.clone() }, timeout_ms);
        self.wait_for_all_members();
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
    pub(in crate::coordinator) fn wait_for_all_members(&mut self) {
        self.follow(Rule::WaitForAllMembers);
    }

    /// Whether the join need not wait: every member has joined, and no id that was given out is still to be used.
    pub(in crate::coordinator) fn is_join_complete(&self, group: &GroupId) -> bool {
        let at_once = self.mutated(Mutation::CompleteJoinAtOnce);
        self.group(group)
            .is_some_and(|group| group.has_all_members_joined() || (at_once && group.joined() > 0))
    }

    pub(in crate::coordinator) fn complete_join_if_all_joined(&mut self, group: &GroupId) {
        if self.is_join_complete(group) { self.complete_join(group) } else { self.wait_for_all_members() }
    }

    /// A generation begins: every parked JoinGroup is answered, and nothing of it is written to the log.
    pub(in crate::coordinator) fn complete_join(&mut self, id: &GroupId) {
        self.cancel_timer(TimerKey::Join { group: id.clone() });
        self.remove_members_not_rejoined(id);
        self.keep_static_members_not_rejoined(id);
        let Some(group) = self.group(id) else { return };
        if !group.members.is_empty() && group.joined() == 0 {
            return self.postpone_join_without_rejoined_members(id);
        }
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
        self.expect_effects(2 * parked.len());
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

    /// Static ones stay (`keep_static_members_not_rejoined`).
    fn remove_members_not_rejoined(&mut self, id: &GroupId) {
        let members = self.group(id).into_iter().flat_map(|group| group.members.iter());
        let every = self.mutated(Mutation::RemoveStaticMembersNotRejoined);
        let is_late = |member: &Member| member.join.is_none() && (every || member.instance.is_none());
        let late: Vec<_> =
            members.filter(|(_, member)| is_late(member)).map(|(member, _)| member.clone()).collect();
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
        self.change(id, GroupChange::Emptied { generation, since: self.now });
        let Some(group) = self.group(id) else { return };
        let value = metadata(group, &BTreeMap::new());
        self.append(Record::GroupMetadata { group: id.clone(), value });
    }

    /// The leader stays while it rejoins. Kafka takes any member that rejoined instead; here, the smallest id.
    fn elect_leader(&mut self, id: &GroupId) -> Option<MemberId> {
        self.follow(Rule::ElectLeader);
        let group = self.group(id)?;
        let rejoined = |member: &&MemberId| group.members.get(member).is_some_and(|m| m.join.is_some());
        let stays = group.leader.as_ref().filter(rejoined);
        stays.or_else(|| group.members.keys().find(rejoined)).cloned()
    }

    /// Each member votes for the first that it offers among those that all offer. A tie is broken by hash order in
    /// Kafka; here, by the smallest name.
    fn select_protocol(&mut self, id: &GroupId) -> Option<ProtocolName> {
        self.follow(Rule::SelectProtocol);
        self.group(id)?.winning_protocol()
    }
}
