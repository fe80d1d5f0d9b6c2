//! What becomes of the group when the coordinator loses the leadership of its log, and what the next one makes of the
//! log (`GroupMetadataManager.onUnloaded`, `replay`, `onLoaded`).

use std::collections::BTreeSet;

use muster_specs::Rule;

use super::{AppendError, Coordinator, CoordinatorTimer, Effects, Group, Member, Parked, Phase, Then, Turn};
use crate::message::{Error, JoinError, Response};
use crate::scenario::Scenario;
use crate::trace::Release;
use crate::types::{MemberId, Producer};

/// What the environment does to the coordinator's log and its leadership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Control {
    /// The leadership is lost.
    Resign,
    /// It is won, and the log is read.
    Elect,
    /// What is appended from here on is not replicated.
    HoldReplication,
    /// Everything is replicated, and so is from here on what is appended.
    ReleaseReplication,
    /// The next append fails.
    FailAppend(AppendError),
    /// The next leader never had what is not replicated.
    LoseUnreplicated,
    /// The retention of offsets passes, from whatever there is.
    PassRetention,
    /// What need not be kept any longer is looked for.
    CheckRetention,
    /// The transaction coordinator's marker is written: the transaction of a producer is committed.
    CommitTransaction(Producer),
    /// The same: it is aborted.
    AbortTransaction(Producer),
}

impl Control {
    /// One word, for links and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resign => "resign",
            Self::Elect => "elect",
            Self::HoldReplication => "hold-replication",
            Self::ReleaseReplication => "release-replication",
            Self::FailAppend(_) => "fail-append",
            Self::LoseUnreplicated => "lose-unreplicated",
            Self::PassRetention => "pass-retention",
            Self::CheckRetention => "check-retention",
            Self::CommitTransaction(_) => "commit-transaction",
            Self::AbortTransaction(_) => "abort-transaction",
        }
    }
}

impl Group {
    /// The group as its record keeps it, and as a coordinator that reads the record makes it.
    pub(super) fn as_restored(&self) -> Self {
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
            subscribed: self.subscribed,
            aged: self.aged,
            ..Self::new()
        }
    }
}

impl<'a> Turn<'a> {
    /// The step that the environment makes; `None` where it cannot happen, or would change nothing.
    pub fn control(
        scenario: &'a Scenario,
        state: &Coordinator,
        control: Control,
    ) -> Option<(Coordinator, Effects)> {
        if !possible(scenario, state, control) {
            return None;
        }
        let mut next = state.clone();
        let mut turn = Turn::new(scenario, &mut next);
        match control {
            Control::Resign => turn.refuse_parked_requests_on_resignation(),
            Control::Elect => turn.take_over(),
            Control::HoldReplication => turn.state.log.held = true,
            Control::ReleaseReplication => {
                turn.state.log.held = false;
                turn.replicate();
            }
            Control::FailAppend(error) => turn.state.log.failure = Some(error),
            Control::LoseUnreplicated => turn.lose_unreplicated(),
            Control::PassRetention => turn.state.age(),
            Control::CheckRetention => {
                turn.check_retention();
                turn.write_through();
            }
            Control::CommitTransaction(producer) => {
                turn.commit_transaction(producer);
                turn.write_through();
            }
            Control::AbortTransaction(producer) => {
                turn.abort_transaction(producer);
                turn.write_through();
            }
        }
        let effects = turn.effects;
        Some((next, effects))
    }

    /// A group that a JoinGroup made; the Scala coordinator writes nothing of it.
    pub(super) fn log_new_group(&mut self) {
        match self.scenario.release {
            Release::V3_9 => {}
            Release::V4_3 => self.log_group(Some(Then::Create)),
        }
    }

    fn refuse_parked_requests_on_resignation(&mut self) {
        self.follow(Rule::RefuseParkedRequestsOnResignation);
        self.state.resigned = true;
        self.state.log.terms = self.state.log.terms.saturating_add(1);
        self.state.log.failure = None;
        self.refuse_unreplicated();
        let group = self.state.group.take().unwrap_or_default();
        let error = Error::NotCoordinator;
        for (id, member) in &group.members {
            if let Some(connection) = member.parked.join {
                self.answer(connection, Response::JoinGroup(Err(JoinError::new(error))));
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

    pub(super) fn cancel_timers_of(&mut self, member: MemberId) {
        self.cancel(CoordinatorTimer::Session(member));
        self.cancel(CoordinatorTimer::NewMemberJoin(member));
    }

    fn lose_unreplicated(&mut self) {
        let mut writes = std::mem::take(&mut self.state.log.unreplicated);
        self.state.log.unreplicated = self.left_over(&mut writes);
    }

    fn take_over(&mut self) {
        self.state.resigned = false;
        self.settle_log();
        self.state.offsets.clone_from(&self.state.log.offsets);
        self.state.aged = self.state.log.aged;
        self.state.open.clone_from(&self.state.log.open);
        match self.state.log.group.clone() {
            Some(group) if !group.members.is_empty() => self.restore_members_as_stable(group),
            Some(group) => self.restore_group_without_members_as_empty(group),
            None if !self.state.offsets.is_empty() => {
                self.restore_group_without_members_as_empty(Group::new());
            }
            None => self.forget_group_without_records(),
        }
        self.begin_term();
        self.unload_late();
    }

    /// Ghost: what is judged in each term begins with what the log has.
    fn begin_term(&mut self) {
        let ghost = &mut self.state.ghost;
        ghost.named_leaders.clear();
        let group = self.state.group.as_ref();
        ghost.highest = group.map(|group| group.generation);
        let Some(group) = group.filter(|group| !group.members.is_empty()) else {
            return ghost.handed.clear();
        };
        ghost.synced = ghost.synced.max(Some(group.generation));
        let assigned = group.members.iter().filter_map(|(id, m)| Some((*id, m.assignment.clone()?)));
        ghost.handed = assigned.collect();
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

impl Coordinator {
    /// Ghost: what the environment may do where a failover is a fault of the scenario.
    pub fn environment(&self, scenario: &Scenario) -> BTreeSet<CoordinatorTimer> {
        let mut environment = self.markers();
        let budget = scenario.faults.failover;
        if budget == 0 {
            return environment;
        }
        let controls = [
            Control::Resign,
            Control::Elect,
            Control::HoldReplication,
            Control::ReleaseReplication,
            Control::LoseUnreplicated,
        ];
        let affordable = |control: &Control| match control {
            Control::Resign | Control::HoldReplication => self.log.terms < budget,
            Control::PassRetention
            | Control::CheckRetention
            | Control::CommitTransaction(_)
            | Control::AbortTransaction(_) => false,
            Control::Elect
            | Control::ReleaseReplication
            | Control::LoseUnreplicated
            | Control::FailAppend(_) => true,
        };
        let offered = controls.into_iter().filter(|c| affordable(c) && possible(scenario, self, *c));
        environment.extend(offered.map(CoordinatorTimer::Environment));
        environment
    }

    /// Ghost: what has no timer of Kafka's.
    pub fn ghost_timers(&self, scenario: &Scenario) -> BTreeSet<CoordinatorTimer> {
        let mut timers = self.environment(scenario);
        if self.may_choose() {
            timers.insert(CoordinatorTimer::PreferLast);
        }
        timers
    }
}

fn possible(scenario: &Scenario, state: &Coordinator, control: Control) -> bool {
    let log = &state.log;
    match control {
        Control::Resign => scenario.has_failover() && !state.resigned,
        Control::Elect => scenario.has_failover() && state.resigned,
        Control::HoldReplication => scenario.replication && !state.resigned && !log.held,
        Control::ReleaseReplication => scenario.replication && !state.resigned && log.held,
        Control::FailAppend(_) => scenario.append_failures > 0 && !state.resigned && log.failure.is_none(),
        Control::LoseUnreplicated => state.resigned && !log.unreplicated.is_empty(),
        Control::PassRetention => scenario.retention && state.can_age(),
        Control::CheckRetention => scenario.retention && !state.resigned,
        Control::CommitTransaction(producer) | Control::AbortTransaction(producer) => {
            !state.resigned && state.open.is_of(producer)
        }
    }
}
