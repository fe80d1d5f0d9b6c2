//! The stateright actors: one coordinator, and the consumers, over ordered connections.

mod administer;
mod budgets;
mod properties;

use std::borrow::Cow;
use std::sync::Arc;

use stateright::Model;
use stateright::actor::{Actor, ActorModel, ActorModelState, Id, Network, Out, model_timeout};

use crate::cluster::{Cluster, ClusterTimer};
use crate::consumer::{Consumer, ConsumerEffects, ConsumerTimer, ConsumerTurn};
use crate::coordinator::{Coordinator, CoordinatorTimer, Effects, Turn};
use crate::message::{Gone, Msg};
use crate::property::PropertyId;
use crate::scenario::Scenario;
use crate::store::{OutsideStore, StorePolicy};
use crate::types::ClientId;
pub use crate::view::View;
use budgets::within_boundary;
pub use budgets::{limits, measure};
use properties::property;

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
pub enum NodeState {
    /// The coordinator's.
    Coordinator(Coordinator),
    /// A consumer's.
    Consumer(Consumer),
    /// The outside store's, where a scenario has one.
    Store(OutsideStore),
    /// The cluster's topics, where they may grow.
    Cluster(Cluster),
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
            Role::Cluster => {
                let cluster = Cluster::default();
                self.let_act(None, cluster, out);
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
        match (state.as_ref(), msg) {
            (NodeState::Coordinator(coordinator), Msg::Request(connection, request)) => {
                let mut next = coordinator.clone();
                let effects = Turn::request(&self.scenario, &mut next, connection, &request);
                apply(&self.scenario, (coordinator, &next), effects, out);
                *state.to_mut() = NodeState::Coordinator(next);
            }
            (NodeState::Coordinator(coordinator), Msg::MayExpire(gone)) => {
                let mut next = coordinator.clone();
                next.may_expire(gone);
                *state.to_mut() = NodeState::Coordinator(next);
            }
            (NodeState::Consumer(consumer), Msg::Response(connection, response)) => {
                let mut next = consumer.clone();
                let client = connection.client;
                let effects = ConsumerTurn::response(&self.scenario, client, &mut next, connection, response);
                self.replace(consumer, &next, client, None, out);
                self.send(effects, out);
                *state.to_mut() = NodeState::Consumer(next);
            }
            (NodeState::Store(store), Msg::Write(write)) => {
                let mut next = store.clone();
                _ = next.write(self.scenario.store.unwrap_or(StorePolicy::LastWriteWins), write);
                *state.to_mut() = NodeState::Store(next);
            }
            (NodeState::Consumer(consumer), Msg::Metadata(added)) => {
                let client = ClientId::of_actor(usize::from(id));
                let mut next = consumer.clone();
                next.learn_partitions(added);
                self.replace(consumer, &next, client, None, out);
                *state.to_mut() = NodeState::Consumer(next);
            }
            (NodeState::Cluster(cluster), Msg::TookUp) => {
                let mut next = *cluster;
                next.note_assignment(&self.scenario);
                if next != *cluster {
                    self.let_act(Some((*cluster, None)), next, out);
                    *state.to_mut() = NodeState::Cluster(next);
                }
            }
            (NodeState::Consumer(consumer), Msg::MayExpire(Gone::Client(client))) => {
                let mut next = consumer.clone();
                let effects = ConsumerTurn::unanswered(&self.scenario, client, &mut next);
                self.replace(consumer, &next, client, None, out);
                self.send(effects, out);
                *state.to_mut() = NodeState::Consumer(next);
            }
            (
                NodeState::Coordinator(_),
                Msg::Response(..) | Msg::Write(_) | Msg::Metadata(_) | Msg::TookUp,
            )
            | (
                NodeState::Consumer(_),
                Msg::Request(..) | Msg::MayExpire(Gone::Member(_)) | Msg::Write(_) | Msg::TookUp,
            )
            | (
                NodeState::Store(_),
                Msg::Request(..) | Msg::Response(..) | Msg::MayExpire(_) | Msg::Metadata(_) | Msg::TookUp,
            )
            | (
                NodeState::Cluster(_),
                Msg::Request(..) | Msg::Response(..) | Msg::MayExpire(_) | Msg::Write(_) | Msg::Metadata(_),
            ) => {}
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
            | (NodeState::Store(_), Timer::Coordinator(_) | Timer::Consumer(..) | Timer::Cluster(_))
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
                Msg::Request(..) | Msg::Response(..) | Msg::MayExpire(_) | Msg::Metadata(_) => COORDINATOR,
            };
            out.send(Id::from(to), msg);
        }
    }

    /// A consumer's timers are a function of its state; stateright has removed the one that fired.
    fn replace(
        &self,
        before: &Consumer,
        after: &Consumer,
        client: ClientId,
        fired: Option<ConsumerTimer>,
        out: &mut Out<Self>,
    ) {
        let (had, has) = (before.timers(&self.scenario), after.timers(&self.scenario));
        for timer in had.difference(&has).filter(|t| Some(**t) != fired) {
            out.cancel_timer(Timer::Consumer(client, *timer));
        }
        for timer in has.iter().filter(|t| !had.contains(t) || Some(**t) == fired) {
            out.set_timer(Timer::Consumer(client, *timer), model_timeout());
        }
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
    for timer in can.difference(&could) {
        out.set_timer(Timer::Coordinator(*timer), model_timeout());
    }
    for timer in could.difference(&can) {
        out.cancel_timer(Timer::Coordinator(*timer));
    }
    for client in effects.unanswered {
        out.send(Id::from(client.actor()), Msg::MayExpire(Gone::Client(client)));
    }
    for (connection, response) in effects.answers {
        out.send(Id::from(connection.client.actor()), Msg::Response(connection, response));
    }
}

/// The outside store's place among the actors, after the last consumer.
pub fn store_of(scenario: &Scenario) -> usize {
    ClientId(scenario.bounds.consumers).actor()
}

/// The cluster's place among the actors, after the outside store if there is one.
pub fn cluster_of(scenario: &Scenario) -> usize {
    store_of(scenario) + usize::from(scenario.store.is_some())
}

/// The model of a scenario, with every property.
pub fn model(scenario: &Scenario) -> GroupModel {
    model_with(scenario, &scenario.properties())
}

/// The model of a scenario, with some properties.
pub fn model_with(scenario: &Scenario, properties: &[PropertyId]) -> GroupModel {
    let scenario = Arc::new(scenario.clone());
    let node = |role| Node { scenario: Arc::clone(&scenario), role };
    let mut model = ActorModel::new(Arc::clone(&scenario), ())
        .actor(node(Role::Coordinator))
        .actors((0..scenario.bounds.consumers).map(|i| node(Role::Consumer(ClientId(i)))))
        .actors(scenario.store.map(|_| node(Role::Store)))
        .actors(scenario.has_cluster().then(|| node(Role::Cluster)))
        .init_network(Network::new_ordered([]))
        .within_boundary(within_boundary);
    model.properties = properties.iter().map(|p| property(*p)).collect();
    model
}
