//! Who is fair, and what is claimed.

use muster_checker::liveness::{Liveness, Step};
use muster_specs::Rule;
use stateright::actor::Id;

use super::{LivenessId, goals};
use crate::actor::{COORDINATOR, GroupAction, GroupState, Node, NodeState, Timer, View, cluster_of};
use crate::consumer::ConsumerTimer;
use crate::coordinator::{CoordinatorTimer, Turn};
use crate::message::Msg;
use crate::scenario::Scenario;
use crate::types::ClientId;

/// Who is fair in every property, as reports tell it.
pub const FAIRNESS: &str = "weakly fair: what is on a connection arrives, in either direction; records are fetched and processed; \
a timer of the coordinator fires if nothing that is alive is awaited; who has overslept polls again. \
Strongly fair: each live consumer sends heartbeats, commits what it has to, and looks at the partitions of its topics. \
Never fair: crashes, restarts, given-up connections and what was on them, closes, poll timeouts, changes of a \
subscription, partitions that are added, and timers that fire on what is alive";

/// The property of a scenario's behaviours.
pub fn property(scenario: &Scenario, id: LivenessId) -> Liveness<'_, Node, ()> {
    let always = |goal: fn(&View<'_>) -> bool| {
        Liveness::eventually_always(id.id(), move |state: &GroupState| {
            View::new(scenario, state).is_some_and(|view| goal(&view))
        })
    };
    let claim = match id {
        LivenessId::GroupStabilises => always(goals::is_stable),
        LivenessId::EveryPartitionOwned => always(goals::is_owned),
        LivenessId::EveryRecordCommitted => always(goals::is_committed),
        LivenessId::NoRebalanceLoop => {
            Liveness::finitely_often(id.id(), move |step| starts_rebalance(scenario, step))
        }
    };
    let claim = claim
        .weakly_fair("initial delay", |action| is_timer(action, CoordinatorTimer::InitialDelay))
        .weakly_fair_steps("expiry of what is dead", is_due)
        .budgeted(is_fault);
    (0..scenario.bounds.consumers)
        .map(ClientId)
        .fold(claim, |claim, client| of_consumer(scenario, claim, client))
}

fn of_consumer<'a>(
    scenario: &Scenario,
    claim: Liveness<'a, Node, ()>,
    client: ClientId,
) -> Liveness<'a, Node, ()> {
    let (coordinator, consumer) = (Id::from(COORDINATOR), Id::from(client.actor()));
    let does = move |action: &GroupAction, timer: ConsumerTimer| matches!(action, GroupAction::Timeout(_, Timer::Consumer(who, fired)) if (*who, *fired) == (client, timer));
    let claim = claim
        .weakly_fair(format!("requests of {client}"), move |action| delivers(action, consumer, coordinator))
        .weakly_fair(format!("answers to {client}"), move |action| delivers(action, coordinator, consumer))
        .weakly_fair(format!("connection of {client}"), move |action| does(action, ConsumerTimer::Deliver))
        .weakly_fair(format!("poll of {client}"), move |action| does(action, ConsumerTimer::Poll))
        .strongly_fair(format!("heartbeats of {client}"), move |action| {
            does(action, ConsumerTimer::Heartbeat)
        })
        .strongly_fair(format!("commits of {client}"), move |action| does(action, ConsumerTimer::Commit));
    let claim = if scenario.topics_grow() { of_growth(scenario, claim, client) } else { claim };
    let topics = scenario.subscription_of(client);
    let added = scenario.faults.partitions;
    topics.iter().flat_map(|topic| scenario.partitions_with(topic, added)).fold(claim, |claim, p| {
        claim
            .weakly_fair(format!("fetches of {client}"), move |action| does(action, ConsumerTimer::Fetch(p)))
            .weakly_fair(format!("work of {client}"), move |action| does(action, ConsumerTimer::Process(p)))
    })
}

/// Metadata is refreshed, and looked at by each `poll`.
fn of_growth<'a>(
    scenario: &Scenario,
    claim: Liveness<'a, Node, ()>,
    client: ClientId,
) -> Liveness<'a, Node, ()> {
    let (cluster, consumer) = (Id::from(cluster_of(scenario)), Id::from(client.actor()));
    claim
        .weakly_fair(format!("metadata of {client}"), move |action| delivers(action, cluster, consumer))
        .weakly_fair(format!("ghosts of {client}"), move |action| delivers(action, consumer, cluster))
        .strongly_fair(format!("polls of {client} that look at its metadata"), move |action| {
            matches!(action, GroupAction::Timeout(_, Timer::Consumer(who, ConsumerTimer::NewPartitions)) if *who == client)
        })
}

fn delivers(action: &GroupAction, from: Id, to: Id) -> bool {
    matches!(action, GroupAction::Deliver { src, dst, .. } if (*src, *dst) == (from, to))
}

fn is_timer(action: &GroupAction, timer: CoordinatorTimer) -> bool {
    matches!(action, GroupAction::Timeout(_, Timer::Coordinator(fired)) if *fired == timer)
}

/// A timer of the coordinator that fires at nobody's cost. What is chosen freely is no timer.
fn is_due(step: &Step<'_, Node>) -> bool {
    match (step.action, step.actor) {
        (GroupAction::Timeout(_, Timer::Coordinator(timer)), Some(NodeState::Coordinator(coordinator))) => {
            *timer != CoordinatorTimer::PreferLast && coordinator.is_due(*timer)
        }
        (
            _,
            Some(
                NodeState::Coordinator(_)
                | NodeState::Consumer(_)
                | NodeState::Store(_)
                | NodeState::Cluster(_)
                | NodeState::Ledger(_),
            )
            | None,
        ) => false,
    }
}

/// The budget of these is in the boundary; that of a timer that fires on what is alive is in the coordinator.
fn is_fault(action: &GroupAction) -> bool {
    let timer = match action {
        GroupAction::Timeout(_, Timer::Consumer(_, timer)) => timer,
        GroupAction::Timeout(_, Timer::Cluster(_)) => return true,
        GroupAction::Timeout(_, Timer::Coordinator(_))
        | GroupAction::Deliver { .. }
        | GroupAction::Drop(_)
        | GroupAction::Crash(_)
        | GroupAction::Recover(_)
        | GroupAction::SelectRandom { .. } => return false,
    };
    match timer {
        ConsumerTimer::Crash
        | ConsumerTimer::GiveUp
        | ConsumerTimer::Leave
        | ConsumerTimer::PollTimeout
        | ConsumerTimer::Subscribe => true,
        ConsumerTimer::Heartbeat
        | ConsumerTimer::Fetch(_)
        | ConsumerTimer::Process(_)
        | ConsumerTimer::Commit
        | ConsumerTimer::Poll
        | ConsumerTimer::NewPartitions
        | ConsumerTimer::Deliver
        | ConsumerTimer::DeliverAbandoned
        | ConsumerTimer::Restart => false,
    }
}

fn starts_rebalance(scenario: &Scenario, step: &Step<'_, Node>) -> bool {
    let Some(NodeState::Coordinator(coordinator)) = step.actor else { return false };
    let effects = match step.action {
        GroupAction::Deliver { msg: Msg::Request(connection, request), .. } => {
            Some(Turn::request(scenario, &mut coordinator.clone(), *connection, request))
        }
        GroupAction::Timeout(_, Timer::Coordinator(timer)) => {
            Turn::timer(scenario, coordinator, *timer).map(|(_, effects)| effects)
        }
        GroupAction::Deliver {
            msg:
                Msg::Response(..)
                | Msg::MayExpire(_)
                | Msg::Write(_)
                | Msg::Metadata(_)
                | Msg::TookUp
                | Msg::EndTransaction(_)
                | Msg::TransactionEnded,
            ..
        }
        | GroupAction::Timeout(_, Timer::Consumer(..) | Timer::Cluster(_))
        | GroupAction::Drop(_)
        | GroupAction::Crash(_)
        | GroupAction::Recover(_)
        | GroupAction::SelectRandom { .. } => None,
    };
    effects.is_some_and(|effects| effects.rules.contains(&Rule::StartRebalance))
}
