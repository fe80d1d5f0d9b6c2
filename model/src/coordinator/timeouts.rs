//! What timers do, and which of them may fire.

use muster_specs::Rule;

use super::{Control, Coordinator, CoordinatorTimer, Effects, Group, Phase, Turn};
use crate::message::{Error, JoinError, Response};
use crate::scenario::Scenario;
use crate::trace::Release;
use crate::types::MemberId;

/// Whether a timer may fire in a state, and at whose cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Firing {
    /// Nothing that is alive is awaited, or it is the plain course of things.
    Free,
    /// Something alive is awaited: a fault of the budget `expire`.
    Fault,
    /// It would do nothing.
    Never,
}

impl<'a> Turn<'a> {
    /// The step that a timer makes; `None` if it may not fire, or would change nothing.
    pub fn timer(
        scenario: &'a Scenario,
        state: &Coordinator,
        timer: CoordinatorTimer,
    ) -> Option<(Coordinator, Effects)> {
        if let CoordinatorTimer::Environment(control) = timer {
            let offered = state.environment(scenario).contains(&timer);
            return offered.then(|| Turn::control(scenario, state, control)).flatten();
        }
        let firing = firing(state, timer);
        let affordable = state.expired < scenario.faults.expire;
        if firing == Firing::Never || (firing == Firing::Fault && !affordable) {
            return None;
        }
        let mut next = state.clone();
        next.expired += u8::from(firing == Firing::Fault);
        let mut turn = Turn::new(scenario, &mut next);
        turn.fire(timer);
        turn.write_through();
        let effects = turn.effects;
        Some((next, effects))
    }

    fn fire(&mut self, timer: CoordinatorTimer) {
        match timer {
            CoordinatorTimer::Session(member) | CoordinatorTimer::NewMemberJoin(member) => {
                self.expire(member);
            }
            CoordinatorTimer::InitialDelay => self.initial_delay_is_over(),
            CoordinatorTimer::Rebalance => self.expire_rebalance_timeout(),
            CoordinatorTimer::PendingSync => self.expire_pending_sync(),
            CoordinatorTimer::PreferLast => self.state.prefer_last = true,
            // Its step is [`Turn::control`].
            CoordinatorTimer::Environment(_) => {}
        }
    }

    fn expire(&mut self, member: MemberId) {
        let group = self.group();
        if group.pending.contains_key(&member) {
            return self.expire_pending_member(member);
        }
        let Some(known) = group.members.get(&member) else { return };
        if known.is_new {
            self.expire_joining_member(member);
        } else if known.awaits_anything() {
            self.ignore_expiry_of_waiting_member();
        } else {
            self.expire_member_session(member);
        }
    }

    pub(super) fn restart_session_timer(&mut self, member: MemberId) {
        self.follow(Rule::RestartSessionTimer);
        self.cancel(CoordinatorTimer::NewMemberJoin(member));
        self.set(CoordinatorTimer::Session(member));
    }

    fn expire_pending_member(&mut self, member: MemberId) {
        self.follow(Rule::ExpirePendingMember);
        self.remove(member);
        self.complete_join_on_expiry();
    }

    fn expire_joining_member(&mut self, member: MemberId) {
        self.follow(Rule::ExpireJoiningMember);
        self.remove_expired(member);
    }

    fn expire_member_session(&mut self, member: MemberId) {
        self.follow(Rule::ExpireMemberSession);
        self.remove_expired(member);
    }

    /// The timer is set again when the parked request is answered.
    fn ignore_expiry_of_waiting_member(&mut self) {
        self.follow(Rule::IgnoreExpiryOfWaitingMember);
    }

    fn remove_expired(&mut self, member: MemberId) {
        self.refuse_parked_join(member);
        self.remove(member);
        match self.group().phase {
            Phase::Stable | Phase::CompletingRebalance => self.start_rebalance(),
            Phase::PreparingRebalance { .. } => self.complete_join_on_expiry(),
            Phase::Empty => {}
        }
    }

    /// An expiry completes even an initial rebalance when all others have joined; in the Scala coordinator only
    /// its timer does (`InitialDelayedJoin.tryComplete`).
    fn complete_join_on_expiry(&mut self) {
        let group = self.group();
        let all_joined = group.has_all_members_joined();
        match (group.phase, self.scenario.release) {
            (Phase::PreparingRebalance { .. }, Release::V4_3)
            | (Phase::PreparingRebalance { initial: false }, Release::V3_9)
                if all_joined =>
            {
                self.complete_join();
            }
            (Phase::PreparingRebalance { initial: false }, _) => self.wait_for_all_members(),
            (
                Phase::PreparingRebalance { .. } | Phase::Empty | Phase::CompletingRebalance | Phase::Stable,
                _,
            ) => {}
        }
    }

    /// A parked JoinGroup of a member that goes is answered, so that a live client starts again.
    pub(super) fn refuse_parked_join(&mut self, member: MemberId) {
        if let Some(connection) = self.member(member).and_then(|m| m.parked.join) {
            let error = JoinError::new(Error::UnknownMemberId);
            self.answer(connection, Response::JoinGroup(Err(error)));
        }
    }

    fn initial_delay_is_over(&mut self) {
        if self.group().member_added {
            self.extend_initial_delay();
        } else {
            self.complete_initial_rebalance();
        }
    }

    fn extend_initial_delay(&mut self) {
        self.follow(Rule::ExtendInitialDelay);
        self.group().member_added = false;
        self.set(CoordinatorTimer::InitialDelay);
    }

    fn complete_initial_rebalance(&mut self) {
        self.follow(Rule::CompleteInitialRebalance);
        self.complete_join();
    }

    fn expire_rebalance_timeout(&mut self) {
        self.follow(Rule::ExpireRebalanceTimeout);
        self.complete_join();
    }

    fn expire_pending_sync(&mut self) {
        self.follow(Rule::ExpirePendingSync);
        let members = self.group().members.iter();
        let late: Vec<MemberId> = members.filter(|(_, m)| m.pending_sync).map(|(id, _)| *id).collect();
        let replaced = self.group().replaced_unsynced.clone();
        for member in late.into_iter().chain(replaced) {
            self.remove(member);
        }
        self.start_rebalance();
    }
}

impl Coordinator {
    /// Whether a timer may fire at nobody's cost: nothing that is alive is awaited.
    pub fn is_due(&self, timer: CoordinatorTimer) -> bool {
        firing(self, timer) == Firing::Free
    }
}

fn firing(state: &Coordinator, timer: CoordinatorTimer) -> Firing {
    if let CoordinatorTimer::Environment(control) = timer {
        return control.cost();
    }
    let Some(group) = &state.group else { return Firing::Never };
    match timer {
        CoordinatorTimer::Session(member) | CoordinatorTimer::NewMemberJoin(member) => expiry(group, member),
        CoordinatorTimer::InitialDelay => Firing::Free,
        // The timeout is the largest of the members', so it is 0.
        CoordinatorTimer::Rebalance if group.members.is_empty() => Firing::Free,
        CoordinatorTimer::Rebalance => {
            let members = group.members.values().filter(|m| !m.awaits_join()).map(|m| m.dead);
            cost(members.chain(group.pending.values().map(|p| p.dead)))
        }
        CoordinatorTimer::PendingSync => {
            cost(group.members.values().filter(|m| m.pending_sync).map(|m| m.dead))
        }
        CoordinatorTimer::PreferLast if state.prefer_last => Firing::Never,
        CoordinatorTimer::PreferLast => Firing::Free,
        CoordinatorTimer::Environment(control) => control.cost(),
    }
}

impl Control {
    /// A log has a leader again in the end, and is replicated; a marker comes in the end.
    fn cost(self) -> Firing {
        match self {
            Self::Elect
            | Self::ReleaseReplication
            | Self::CommitTransaction(_)
            | Self::AbortTransaction(_) => Firing::Free,
            Self::Resign
            | Self::HoldReplication
            | Self::FailAppend(_)
            | Self::LoseUnreplicated
            | Self::PassRetention
            | Self::CheckRetention => Firing::Fault,
        }
    }
}

fn expiry(group: &Group, member: MemberId) -> Firing {
    let dead = group.pending.get(&member).map(|p| p.dead);
    match dead.or_else(|| group.members.get(&member).map(|m| m.dead)) {
        None => Firing::Never,
        Some(true) => Firing::Free,
        Some(false) => Firing::Fault,
    }
}

fn cost(mut awaited_dead: impl Iterator<Item = bool>) -> Firing {
    if awaited_dead.all(|dead| dead) { Firing::Free } else { Firing::Fault }
}
