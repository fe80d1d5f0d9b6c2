//! The coordinator: what one request or one timer does to the group.
//!
//! [`Turn::request`] and [`Turn::timer`] are the only entries. The chapters hold one function a rule; a function
//! that follows a rule reports it, so that a step can be told in rules. Rules are not part of the state.

mod administration;
mod commit;
mod defects;
mod failover;
mod fetch_offsets;
mod find_coordinator;
mod heartbeat;
mod join;
mod leave;
mod log;
mod requests;
mod retention;
mod state;
mod static_membership;
mod sync;
mod timeouts;
mod transactions;

use muster_specs::Rule;

pub use failover::Control;
pub use log::{AppendError, Log, Record, Then, Write};
pub(crate) use requests::EMPTY_GROUP_ID_COMMIT_VERSION;
pub use retention::Aged;
pub use state::{Coordinator, Ghost, Group, Identity, Member, Parked, Pending, Phase};
pub use static_membership::Replacement;
pub use transactions::{Open, OpenOffset};

use crate::message::{Request, Response};
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::types::{ClientId, Connection, MemberId, Producer};

/// A timer of the coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CoordinatorTimer {
    /// Session timeout of a member or a pending id.
    Session(MemberId),
    /// The cap on a new member's first parked JoinGroup.
    NewMemberJoin(MemberId),
    /// `group.initial.rebalance.delay.ms`.
    InitialDelay,
    /// The rebalance timeout.
    Rebalance,
    /// The pending-sync timeout.
    PendingSync,
    /// Ghost: the next free choice falls on the last candidate.
    PreferLast,
    /// No timer of Kafka's: something happens to the log or its leadership.
    Environment(Control),
}

/// A free choice that a step made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderChoice {
    /// The member that leads.
    pub chosen: MemberId,
    /// The members that Kafka may choose.
    pub among: Vec<MemberId>,
}

/// What a step does beside changing the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Rules followed, in order.
    pub rules: Vec<Rule>,
    /// Answers that leave, in order.
    pub answers: Vec<(Connection, Response)>,
    /// Timers that are set (true) or cancelled (false), in order.
    pub timers: Vec<(CoordinatorTimer, bool)>,
    /// Ghost: clients of which the present request will never be answered; told where something is waited for.
    pub unanswered: Vec<ClientId>,
    /// Ghost: the transaction of this producer has ended.
    pub ended: Option<Producer>,
    /// Where the step chose freely.
    pub choice: Option<LeaderChoice>,
}

/// One step of the coordinator.
#[derive(Debug)]
pub struct Turn<'a> {
    scenario: &'a Scenario,
    state: &'a mut Coordinator,
    /// What it appends to the log.
    write: Option<Write>,
    effects: Effects,
}

impl<'a> Turn<'a> {
    fn new(scenario: &'a Scenario, state: &'a mut Coordinator) -> Self {
        Self { scenario, state, write: None, effects: Effects::default() }
    }

    /// The step that a request makes.
    pub fn request(
        scenario: &'a Scenario,
        state: &'a mut Coordinator,
        connection: Connection,
        request: &Request,
    ) -> Effects {
        let mut turn = Turn::new(scenario, state);
        if !turn.rejected_before_group(connection, request) {
            turn.dispatch(connection, request);
        }
        turn.write_through();
        turn.effects
    }

    fn dispatch(&mut self, connection: Connection, request: &Request) {
        match request {
            Request::FindCoordinator => self.answer_coordinator(connection),
            Request::JoinGroup(join) => self.join_group(connection, join),
            Request::SyncGroup(sync) => self.sync_group(connection, sync),
            Request::Heartbeat { member, instance, generation } => {
                self.heartbeat(connection, *member, *instance, *generation);
            }
            Request::LeaveGroup(leave) => self.leave_group(connection, leave),
            Request::OffsetCommit(commit) => self.offset_commit(connection, commit),
            Request::TxnOffsetCommit(commit) => self.txn_offset_commit(connection, commit),
            Request::OffsetFetch { partitions, stable } => {
                self.offset_fetch(connection, partitions, *stable);
            }
            Request::WithEmptyGroupId(api) => self.with_empty_group_id(connection, *api),
            Request::Tool(request) => self.ask_of_tool(connection, request),
        }
    }

    fn follow(&mut self, rule: Rule) {
        self.effects.rules.push(rule);
    }

    fn answer(&mut self, connection: Connection, response: Response) {
        self.effects.answers.push((connection, response));
    }

    fn set(&mut self, timer: CoordinatorTimer) {
        self.effects.timers.push((timer, true));
    }

    fn cancel(&mut self, timer: CoordinatorTimer) {
        self.effects.timers.push((timer, false));
    }

    /// A parked request is replaced by another of its member, and never answered. If the other is older, its client
    /// waits for the answer: it was given up, and arrived late.
    fn leave_unanswered(&mut self, replaced: Connection, by: Connection) {
        if !self.scenario.liveness.is_empty() && replaced.number > by.number {
            self.effects.unanswered.push(replaced.client);
        }
    }

    fn mutated(&self, mutation: Mutation) -> bool {
        self.scenario.mutation == Some(mutation)
    }
}
