//! Chapter `timeouts`: what the coordinator does when a timer fires.

use muster_specs::Rule;

use super::change::GroupChange;
use super::config::Release;
use super::decision::Decision;
use super::group::{InitialDelay, Phase};
use super::ids::{GroupId, MemberId};
use super::input::TimerKey;
use super::mutation::Mutation;

impl Decision<'_> {
    /// The member has shown that it is alive.
    pub(super) fn restart_session_timer(&mut self, group: &GroupId, member: &MemberId) {
        let Some(timeout_ms) = self.member(group, member).map(|member| member.session_timeout_ms) else {
            return;
        };
        self.follow(Rule::RestartSessionTimer);
        let key = TimerKey::Session { group: group.clone(), member: member.clone() };
        self.set_timer(key, timeout_ms);
    }

    pub(super) fn session_expired(&mut self, id: &GroupId, member: &MemberId) {
        let Some(group) = self.group(id) else { return };
        if group.pending.contains(member) {
            return self.expire_pending_member(id, member);
        }
        let Some(value) = group.members.get(member) else { return };
        if value.is_new {
            self.expire_joining_member(id, member);
        } else if value.join.is_some() || value.sync.is_some() {
            self.ignore_expiry_of_waiting_member();
        } else {
            self.expire_member_session(id, member);
        }
    }

    fn expire_member_session(&mut self, group: &GroupId, member: &MemberId) {
        if self.mutated(Mutation::NeverExpireSession) {
            return;
        }
        self.follow(Rule::ExpireMemberSession);
        self.remove_expired_member(group, member);
    }

    /// A pending member that goes starts no rebalance, but others may have waited for it.
    fn expire_pending_member(&mut self, group: &GroupId, member: &MemberId) {
        if self.mutated(Mutation::NeverExpirePendingMember) {
            return;
        }
        self.follow(Rule::ExpirePendingMember);
        self.change(group, GroupChange::MemberRemoved(member.clone()));
        if self.group(group).is_some_and(|group| matches!(group.phase, Phase::Preparing { .. })) {
            self.complete_join_on_expiry(group);
        }
    }

    /// The first JoinGroup of a member was parked for five minutes: its client may be gone, and if it is not it
    /// rejoins.
    fn expire_joining_member(&mut self, group: &GroupId, member: &MemberId) {
        self.follow(Rule::ExpireJoiningMember);
        self.remove_expired_member(group, member);
    }

    /// While it waits for an answer a member cannot send heartbeats. Its session starts anew with the answer.
    fn ignore_expiry_of_waiting_member(&mut self) {
        self.follow(Rule::IgnoreExpiryOfWaitingMember);
    }

    fn remove_expired_member(&mut self, group: &GroupId, member: &MemberId) {
        self.remove_member(group, member);
        match self.group(group).map(|group| &group.phase) {
            Some(Phase::Stable { .. } | Phase::Completing { .. }) => self.start_rebalance(group),
            Some(Phase::Preparing { .. }) => self.complete_join_on_expiry(group),
            Some(Phase::Empty) | None => {}
        }
    }

    /// In 4.3 this ends even the initial delay, if all have joined; in 3.9 nothing does but its own timer
    /// (`InitialDelayedJoin.tryComplete`).
    fn complete_join_on_expiry(&mut self, group: &GroupId) {
        let initial = self
            .group(group)
            .is_some_and(|group| matches!(group.phase, Phase::Preparing { initial: Some(_) }));
        match (self.config.release, initial) {
            (Release::V4_3, true) if self.is_join_complete(group) => self.complete_join(group),
            (Release::V3_9 | Release::V4_3, true) => {}
            (Release::V3_9 | Release::V4_3, false) => self.complete_join_if_all_joined(group),
        }
    }

    pub(super) fn join_expired(&mut self, id: &GroupId) {
        let Some(group) = self.group(id) else { return };
        let added = group.new_member_added;
        match group.phase {
            Phase::Preparing { initial: Some(delay) } if added && delay.remaining_ms != 0 => {
                self.extend_initial_delay(id, delay);
            }
            Phase::Preparing { initial: Some(_) } => self.complete_initial_rebalance(id),
            Phase::Preparing { initial: None } => self.expire_rebalance_timeout(id),
            Phase::Empty | Phase::Completing { .. } | Phase::Stable { .. } => {}
        }
    }

    /// Whoever has not joined by then is left out. Pending members stay, and may join later.
    fn expire_rebalance_timeout(&mut self, group: &GroupId) {
        self.follow(Rule::ExpireRebalanceTimeout);
        self.complete_join(group);
    }

    /// Members still arrive: once more, up to the rebalance timeout in all.
    fn extend_initial_delay(&mut self, group: &GroupId, delay: InitialDelay) {
        self.follow(Rule::ExtendInitialDelay);
        self.change(group, GroupChange::NewMemberNoted(false));
        let next = InitialDelay {
            delay_ms: self.config.group_initial_rebalance_delay_ms.min(delay.remaining_ms),
            remaining_ms: delay.remaining_ms.saturating_sub(delay.delay_ms).max(0),
        };
        self.change(group, GroupChange::DelayExtended(next));
        self.set_timer(TimerKey::Join { group: group.clone() }, next.delay_ms);
    }

    /// Pending members are not waited for.
    fn complete_initial_rebalance(&mut self, group: &GroupId) {
        self.follow(Rule::CompleteInitialRebalance);
        self.complete_join(group);
    }

    /// In Stable too: the leader alone makes a group Stable.
    pub(super) fn expire_pending_sync(&mut self, id: &GroupId) {
        let unsynced = self.group(id).and_then(|group| group.phase.unsynced());
        let late: Vec<_> = unsynced.into_iter().flatten().cloned().collect();
        if late.is_empty() || self.mutated(Mutation::NeverExpirePendingSync) {
            return;
        }
        self.follow(Rule::ExpirePendingSync);
        for member in late {
            self.change(id, GroupChange::MemberRemoved(member.clone()));
            self.cancel_session(id, &member);
        }
        self.start_rebalance(id);
    }
}
