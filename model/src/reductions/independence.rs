//! Which steps of a group may be put off, and which go first.
//!
//! Consumers hear from the coordinator alone, and it speaks when it is asked: a consumer that has asked nothing, or whose
//! answer lies before it, gets no more to do from what the others do. An eager consumer's fetch goes first of all: it changes the position
//! of one partition, which no property looks at and nothing but processing and the next fetch reads; whatever forgets
//! the partition forgets its position too. So does an answer that tells a member that all is well: it processes what it has
//! fetched before it and after it alike.

use std::sync::Arc;

use muster_checker::{Cause, Independence, LocalStep};

use crate::actor::{COORDINATOR, Node, NodeState, Timer};
use crate::consumer::{Consumer, ConsumerPhase, ConsumerTimer};
use crate::coordinator::{Coordinator, Group};
use crate::message::{Error, Msg, Request, Response};
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::types::ClientId;

/// The first of the boundary's limits that count what consumers have spent: these sums only grow.
const FIRST_BUDGET: usize = 2;

/// The rank of an answer: more than what a consumer may do that has it.
const ANSWER: u64 = 1 << 16;

/// The independence of a scenario's steps, for its safety properties.
#[derive(Clone, Debug)]
pub struct Harmless {
    scenario: Arc<Scenario>,
}

impl Harmless {
    /// Of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        Self { scenario: Arc::new(scenario.clone()) }
    }

    /// Only what neither sends nor hears is done before the coordinator has been heard.
    fn may_speak(&self, consumer: &Consumer) -> bool {
        consumer.timers(&self.scenario).into_iter().any(|timer| match timer {
            ConsumerTimer::Fetch(_) | ConsumerTimer::Process(_) => false,
            ConsumerTimer::Heartbeat
            | ConsumerTimer::Commit
            | ConsumerTimer::Leave
            | ConsumerTimer::Subscribe
            | ConsumerTimer::NewPartitions
            | ConsumerTimer::PollTimeout
            | ConsumerTimer::Poll
            | ConsumerTimer::Deliver
            | ConsumerTimer::GiveUp
            | ConsumerTimer::DeliverAbandoned
            | ConsumerTimer::Crash
            | ConsumerTimer::Restart => true,
        })
    }
}

impl Independence<Node> for Harmless {
    fn may_send(&self, _: usize, state: &NodeState, to: usize) -> bool {
        match state {
            NodeState::Coordinator(coordinator) => to != COORDINATOR && owes(coordinator, to),
            NodeState::Consumer(consumer) => to == COORDINATOR && self.may_speak(consumer),
            // Scenarios with a store, or with topics that grow, are not said to be plain.
            NodeState::Store(_) | NodeState::Cluster(_) => true,
            NodeState::Ledger(_) => false,
        }
    }

    fn is_harmless(&self, step: &LocalStep<'_, Node>) -> bool {
        let hears_no_sync = match step.cause {
            Cause::Message(Msg::Request(_, Request::SyncGroup(_))) => false,
            Cause::Message(
                Msg::Request(..)
                | Msg::Response(..)
                | Msg::MayExpire(_)
                | Msg::Write(_)
                | Msg::Metadata(_)
                | Msg::TookUp
                | Msg::EndTransaction(_)
                | Msg::TransactionEnded,
            )
            | Cause::Timer(_)
            | Cause::Other => true,
        };
        hears_no_sync
            && match (step.before, step.after) {
                (NodeState::Consumer(before), NodeState::Consumer(after)) => undoes_nothing(before, after),
                (before, after) => before == after,
            }
    }

    fn goes_first(&self, step: &LocalStep<'_, Node>) -> bool {
        match (step.cause, step.before) {
            // What a cooperative consumer has not fetched waits while it revokes; with the defect, what is fetched is
            // committed.
            (Cause::Timer(Timer::Consumer(_, ConsumerTimer::Fetch(_))), _) => {
                !self.scenario.assignor.is_cooperative()
                    && self.scenario.mutation != Some(Mutation::CommitBeforeProcessing)
            }
            (Cause::Message(Msg::Response(_, response)), NodeState::Consumer(consumer)) => {
                consumer.phase == ConsumerPhase::Stable && !self.may_speak(consumer) && is_well(response)
            }
            (Cause::Message(_) | Cause::Timer(_) | Cause::Other, _) => false,
        }
    }

    /// Requests are asked by those that wait for nothing, and each answer lets its consumer fetch and ask again: so all that
    /// harmless consumers do without the coordinator comes to an end.
    fn rank(&self, _: usize, state: &NodeState) -> u64 {
        match state {
            NodeState::Consumer(consumer) => {
                let unsent = u64::from(consumer.outbox.is_some()) + u64::from(consumer.abandoned.is_some());
                let asks = u64::from(consumer.awaits.is_none()) * 4 + unsent * 2;
                let end = self.scenario.bounds.records;
                let unfetched = consumer.owned.values().flatten().filter(|progress| progress.fetched.0 < end);
                asks + unfetched.count() as u64
            }
            NodeState::Coordinator(_)
            | NodeState::Store(_)
            | NodeState::Cluster(_)
            | NodeState::Ledger(_) => 0,
        }
    }

    fn message_rank(&self, message: &Msg) -> u64 {
        match message {
            Msg::Response(..) | Msg::MayExpire(_) => ANSWER,
            Msg::Request(..)
            | Msg::Write(_)
            | Msg::Metadata(_)
            | Msg::TookUp
            | Msg::EndTransaction(_)
            | Msg::TransactionEnded => 1,
        }
    }

    /// A consumer that waits for the coordinator only fetches and processes: more is processed then, and no property minds.
    fn is_quiet(&self, _: usize, state: &NodeState) -> bool {
        match state {
            NodeState::Consumer(consumer) => !self.may_speak(consumer),
            NodeState::Ledger(_) => true,
            NodeState::Coordinator(_) | NodeState::Store(_) | NodeState::Cluster(_) => false,
        }
    }

    fn only_grows(&self, limit: usize) -> bool {
        limit >= FIRST_BUDGET
    }
}

/// Whether an answer only says that all is as the consumer thinks: it goes on with what it processes.
fn is_well(response: &Response) -> bool {
    match response {
        Response::Heartbeat(error) => *error == Error::None,
        Response::OffsetCommit(errors) => errors.values().all(|error| *error == Error::None),
        Response::FindCoordinator(_)
        | Response::JoinGroup(_)
        | Response::SyncGroup(_)
        | Response::LeaveGroup { .. }
        | Response::TxnOffsetCommit(_)
        | Response::OffsetFetch(_)
        | Response::Tool(_) => false,
    }
}

/// Whether a parked request of the consumer waits for an answer.
fn owes(coordinator: &Coordinator, consumer: usize) -> bool {
    let client = ClientId::of_actor(consumer);
    let groups = coordinator.group.iter().chain(&coordinator.log.group);
    groups.flat_map(|group: &Group| group.members.values()).any(|member| {
        let parked = member.parked.join.iter().chain(&member.parked.sync);
        parked.into_iter().any(|connection| connection.client == client)
    })
}

/// What properties read of a consumer: the records that it processed, and, of a live one, what it owns and by which right.
fn undoes_nothing(before: &Consumer, after: &Consumer) -> bool {
    let owns_nothing = !before.is_live() || before.owned.is_empty();
    let right = |c: &Consumer| (c.member, c.applied);
    let still_owns = || {
        after.is_live()
            && right(before) == right(after)
            && before.owned.keys().all(|partition| after.owned.contains_key(partition))
    };
    before.processed == after.processed && (owns_nothing || still_owns())
}
