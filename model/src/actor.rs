//! The stateright actors: one coordinator, and the consumers, over ordered connections.

mod administer;
mod budgets;
mod messages;
mod models;
mod properties;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use stateright::Model;
use stateright::actor::{Actor, ActorModel, ActorModelState, Id, Out, model_timeout};

use crate::cluster::{Cluster, ClusterTimer};
use crate::consumer::{Consumer, ConsumerEffects, ConsumerTimer, ConsumerTurn};
use crate::coordinator::{Coordinator, CoordinatorTimer, Effects, Turn};
use crate::ledger::Ledger;
use crate::message::{Gone, Msg};
use crate::scenario::Scenario;
use crate::store::OutsideStore;
use crate::types::{ClientId, Producer};
pub use crate::view::View;
use budgets::within_boundary;
pub use budgets::{limits, measure};
pub use models::{cluster_of, ledger_of, model, model_with, model_with_ledger, store_of};

/// The model that stateright explores.
pub type GroupModel = ActorModel<Node, Arc<Scenario>>;
/// A global state.
pub type GroupState = ActorModelState<Node>;
/// A global step.
pub type GroupAction = <GroupModel as Model>::Action;

/// The coordinator's place among the actors; consumer `c1` is the next.
pub const COORDINATOR: usize = 0;

/// An actor.
#[derive(Clone, Debug)]
pub struct Node {
    scenario: Arc<Scenario>,
    role: Role,
}

/// What an actor is.
#[derive(Clone, Copy, Debug)]
enum Role {
    Coordinator,
    Consumer(ClientId),
    Store,
    Cluster,
    Ledger,
}

/// A timer carries its actor: stateright 0.31 hashes neighbouring timer sets alike
/// (`HashableHashSet` hashes no length).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// Of the coordinator.
    Coordinator(CoordinatorTimer),
    /// Of a consumer.
    Consumer(ClientId, ConsumerTimer),
    /// Of the cluster.
    Cluster(ClusterTimer),
}

/// The state of an actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant, reason = "a state holds each behind an `Arc`, which states share")]
pub enum NodeState {
    /// The coordinator's.
    Coordinator(Coordinator),
    /// A consumer's.
    Consumer(Consumer),
    /// The outside store's, where a scenario has one.
    Store(OutsideStore),
    /// The cluster's topics, where they may grow.
    Cluster(Cluster),
    /// What consumers processed, where it is kept in one place.
    Ledger(Ledger),
}

impl Actor for Node {
    type Msg = Msg;
    type Timer = Timer;
    type State = NodeState;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> NodeState {
        let client = match self.role {
            Role::Coordinator => {
                let coordinator = Coordinator::new();
                for timer in coordinator.ghost_timers(&self.scenario) {
                    out.set_timer(Timer::Coordinator(timer), model_timeout());
                }
                return NodeState::Coordinator(coordinator);
            }
            Role::Store => return NodeState::Store(OutsideStore::default()),
            Role::Ledger => return NodeState::Ledger(Ledger::default()),
            Role::Cluster => {
                let cluster = Cluster::default();
                let timers = cluster.timers(&self.scenario);
                replace_timers((&BTreeSet::new(), &timers), None, Timer::Cluster, out);
                return NodeState::Cluster(cluster);
            }
            Role::Consumer(client) => client,
        };
        let mut consumer = Consumer::started(&self.scenario);
        let effects = ConsumerTurn::start(&self.scenario, client, &mut consumer);
        for timer in consumer.timers(&self.scenario) {
            out.set_timer(Timer::Consumer(client, timer), model_timeout());
        }
        self.send(effects, out);
        NodeState::Consumer(consumer)
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, NodeState>, _: Id, msg: Msg, out: &mut Out<Self>) {
        let next = match state.as_ref() {
            NodeState::Coordinator(coordinator) => self.coordinator_takes(coordinator, msg, out),
            NodeState::Consumer(consumer) => self.consumer_takes(id, consumer, msg, out),
            NodeState::Store(store) => self.store_takes(store, &msg),
            NodeState::Cluster(cluster) => self.cluster_takes(*cluster, &msg, out),
            // Nothing is sent to it.
            NodeState::Ledger(_) => None,
        };
        if let Some(next) = next {
            *state.to_mut() = next;
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, NodeState>, timer: &Timer, out: &mut Out<Self>) {
        match (state.as_ref(), timer) {
            (NodeState::Coordinator(coordinator), Timer::Coordinator(fired)) => {
                let Some((next, effects)) = Turn::timer(&self.scenario, coordinator, *fired) else {
                    // A no-op for stateright: the timer stays set.
                    return out.set_timer(*timer, model_timeout());
                };
                apply(&self.scenario, (coordinator, &next), effects, out);
                *state.to_mut() = NodeState::Coordinator(next);
            }
            (NodeState::Consumer(consumer), Timer::Consumer(client, fired)) => {
                let mut next = consumer.clone();
                let effects = ConsumerTurn::timer(&self.scenario, *client, &mut next, *fired);
                self.replace(consumer, &next, *client, Some(*fired), out);
                self.send(effects, out);
                *state.to_mut() = NodeState::Consumer(next);
            }
            (NodeState::Cluster(cluster), Timer::Cluster(fired)) => {
                *state.to_mut() = NodeState::Cluster(self.administer(id, *cluster, *fired, out));
            }
            (NodeState::Coordinator(_), Timer::Consumer(..) | Timer::Cluster(_))
            | (NodeState::Consumer(_), Timer::Coordinator(_) | Timer::Cluster(_))
            | (
                NodeState::Store(_) | NodeState::Ledger(_),
                Timer::Coordinator(_) | Timer::Consumer(..) | Timer::Cluster(_),
            )
            | (NodeState::Cluster(_), Timer::Coordinator(_) | Timer::Consumer(..)) => {}
        }
    }
}

impl Node {
    fn send(&self, effects: ConsumerEffects, out: &mut Out<Self>) {
        for msg in effects.sent {
            let to = match msg {
                Msg::Write(_) => store_of(&self.scenario),
                Msg::TookUp => cluster_of(&self.scenario),
                Msg::Request(..)
                | Msg::Response(..)
                | Msg::MayExpire(_)
                | Msg::Metadata(_)
                | Msg::EndTransaction(_)
                | Msg::TransactionEnded => COORDINATOR,
            };
            out.send(Id::from(to), msg);
        }
    }

    fn replace(
        &self,
        before: &Consumer,
        after: &Consumer,
        client: ClientId,
        fired: Option<ConsumerTimer>,
        out: &mut Out<Self>,
    ) {
        let (had, has) = (before.timers(&self.scenario), after.timers(&self.scenario));
        replace_timers((&had, &has), fired, |timer| Timer::Consumer(client, timer), out);
    }
}

/// Of timers that are a function of a state. stateright has removed the one that fired.
fn replace_timers<T: Copy + Ord>(
    (had, has): (&BTreeSet<T>, &BTreeSet<T>),
    fired: Option<T>,
    timer: impl Fn(T) -> Timer,
    out: &mut Out<Node>,
) {
    for gone in had.difference(has).filter(|t| Some(**t) != fired) {
        out.cancel_timer(timer(*gone));
    }
    for set in has.iter().filter(|t| !had.contains(t) || Some(**t) == fired) {
        out.set_timer(timer(*set), model_timeout());
    }
}

fn apply(
    scenario: &Scenario,
    (before, after): (&Coordinator, &Coordinator),
    effects: Effects,
    out: &mut Out<Node>,
) {
    for (timer, set) in effects.timers {
        let timer = Timer::Coordinator(timer);
        if set { out.set_timer(timer, model_timeout()) } else { out.cancel_timer(timer) }
    }
    let (could, can) = (before.ghost_timers(scenario), after.ghost_timers(scenario));
    replace_timers((&could, &can), None, Timer::Coordinator, out);
    for client in effects.unanswered {
        out.send(Id::from(client.actor()), Msg::MayExpire(Gone::Client(client)));
    }
    if let Some(Producer(client)) = effects.ended {
        out.send(Id::from(client.actor()), Msg::TransactionEnded);
    }
    for (connection, response) in effects.answers {
        out.send(Id::from(connection.client.actor()), Msg::Response(connection, response));
    }
}
