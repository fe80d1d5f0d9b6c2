//! What becomes of the group when the coordinator loses the leadership of its log, and what the next one makes of the
//! log (`GroupMetadataManager.onUnloaded`, `replay`, `onLoaded`).

use muster_specs::Rule;

use super::{Coordinator, CoordinatorTimer, Effects, Group, Member, Parked, Phase, Turn};
use crate::message::{Error, JoinError, Response};
use crate::scenario::Scenario;
use crate::trace::Release;
use crate::types::MemberId;

/// What happens to the coordinator's leadership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeadershipChange {
    /// It is lost.
    Resign,
    /// It is won, and the log is read.
    Elect,
}

impl Group {
    /// The group as its record keeps it, and as a coordinator that reads the record makes it.
    fn as_restored(&self) -> Self {
        let kept = |member: &Member| Member {
            protocols: member.protocols.iter().copied().filter(|p| Some(p.name) == self.protocol).collect(),
            parked: Parked::default(),
            is_new: false,
            pending_sync: false,
            ..member.clone()
        };
        Self {
            phase: if self.members.is_empty() { Phase::Empty } else { Phase::Stable },
            generation: self.generation,
            protocol_type: self.protocol_type,
            protocol: self.protocol,
            leaders: self.leaders.clone(),
            members: self.members.iter().map(|(id, member)| (*id, kept(member))).collect(),
            ..Self::new()
        }
    }
}

impl<'a> Turn<'a> {
    /// The step that a change of leadership makes; `None` where it cannot happen.
    pub fn leadership(
        scenario: &'a Scenario,
        state: &Coordinator,
        change: LeadershipChange,
    ) -> Option<(Coordinator, Effects)> {
        let due = if state.resigned { LeadershipChange::Elect } else { LeadershipChange::Resign };
        if !scenario.failover || change != due {
            return None;
        }
        let mut next = state.clone();
        let mut turn = Turn { scenario, state: &mut next, effects: Effects::default() };
        match change {
            LeadershipChange::Resign => turn.refuse_parked_requests_on_resignation(),
            LeadershipChange::Elect => turn.take_over(),
        }
        let effects = turn.effects;
        Some((next, effects))
    }

    /// Writes the group to the log, where failovers are looked at.
    pub(super) fn log_group(&mut self) {
        if self.scenario.failover {
            let restored = self.group().as_restored();
            self.state.log = Some(restored);
        }
    }

    /// A group that a JoinGroup made; the Scala coordinator writes nothing of it.
    pub(super) fn log_new_group(&mut self) {
        match self.scenario.release {
            Release::V3_9 => {}
            Release::V4_3 => self.log_group(),
        }
    }

    fn refuse_parked_requests_on_resignation(&mut self) {
        self.follow(Rule::RefuseParkedRequestsOnResignation);
        self.state.resigned = true;
        let group = self.state.group.take().unwrap_or_default();
        let error = Error::NotCoordinator;
        for (id, member) in &group.members {
            if let Some(connection) = member.parked.join {
                self.answer(connection, Response::JoinGroup(Err(JoinError { error, member: None })));
            }
            if let Some(connection) = member.parked.sync {
                self.answer(connection, Response::SyncGroup(Err(error)));
            }
            self.cancel_timers_of(*id);
        }
        group.pending.keys().for_each(|id| self.cancel_timers_of(*id));
        for timer in
            [CoordinatorTimer::InitialDelay, CoordinatorTimer::Rebalance, CoordinatorTimer::PendingSync]
        {
            self.cancel(timer);
        }
    }

    fn cancel_timers_of(&mut self, member: MemberId) {
        self.cancel(CoordinatorTimer::Session(member));
        self.cancel(CoordinatorTimer::NewMemberJoin(member));
    }

    fn take_over(&mut self) {
        self.state.resigned = false;
        match self.state.log.clone() {
            Some(group) if !group.members.is_empty() => self.restore_members_as_stable(group),
            Some(group) => self.restore_group_without_members_as_empty(group),
            None if !self.state.offsets.is_empty() => {
                self.restore_group_without_members_as_empty(Group::new());
            }
            None => self.forget_group_without_records(),
        }
    }

    /// Whatever the group was doing: pending ids, parked requests and generations never synced are forgotten.
    fn restore_members_as_stable(&mut self, group: Group) {
        self.follow(Rule::RestoreMembersAsStable);
        let members: Vec<MemberId> = group.members.keys().copied().collect();
        self.state.group = Some(group);
        for member in members {
            self.restart_session_timer(member);
        }
    }

    fn restore_group_without_members_as_empty(&mut self, group: Group) {
        self.follow(Rule::RestoreGroupWithoutMembersAsEmpty);
        self.state.group = Some(group);
    }

    fn forget_group_without_records(&mut self) {
        self.follow(Rule::ForgetGroupWithoutRecords);
        self.state.group = None;
    }
}
