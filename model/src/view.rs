//! A global state as properties see it, whole or in parts.

use std::collections::BTreeMap;

use muster_checker::Parts;
use stateright::actor::Network;

use crate::actor::{COORDINATOR, GroupState, Node, NodeState, cluster_of, ledger_of, store_of};
use crate::cluster::Cluster;
use crate::consumer::Consumer;
use crate::coordinator::Coordinator;
use crate::message::Msg;
use crate::scenario::Scenario;
use crate::store::OutsideStore;
use crate::types::{ClientId, Partition};

/// A global state, or those of its parts that a property declares to read.
#[derive(Debug)]
pub struct View<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The coordinator.
    pub coordinator: &'a Coordinator,
    of: Of<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Of<'a> {
    State(&'a GroupState),
    Parts(&'a Parts<'a, Node>),
}

impl<'a> View<'a> {
    /// Of a state of the model; `None` if its first actor is no coordinator.
    pub fn new(scenario: &'a Scenario, state: &'a GroupState) -> Option<Self> {
        Self::of(scenario, state.actor_states.first()?, Of::State(state))
    }

    /// Of parts of a state. The coordinator has to be one of them.
    pub fn of_parts(scenario: &'a Scenario, parts: &'a Parts<'a, Node>) -> Option<Self> {
        Self::of(scenario, parts.actor(COORDINATOR)?, Of::Parts(parts))
    }

    fn of(scenario: &'a Scenario, first: &'a NodeState, of: Of<'a>) -> Option<Self> {
        match first {
            NodeState::Coordinator(coordinator) => Some(Self { scenario, coordinator, of }),
            NodeState::Consumer(_) | NodeState::Store(_) | NodeState::Cluster(_) | NodeState::Ledger(_) => {
                None
            }
        }
    }

    /// The outside store, where the scenario has one.
    pub fn store(&self) -> Option<&'a OutsideStore> {
        match self.node(store_of(self.scenario))? {
            NodeState::Store(store) => Some(store),
            NodeState::Coordinator(_)
            | NodeState::Consumer(_)
            | NodeState::Cluster(_)
            | NodeState::Ledger(_) => None,
        }
    }

    /// The cluster, where topics may grow.
    pub fn cluster(&self) -> Option<&'a Cluster> {
        match self.node(cluster_of(self.scenario))? {
            NodeState::Cluster(cluster) => Some(cluster),
            NodeState::Coordinator(_)
            | NodeState::Consumer(_)
            | NodeState::Store(_)
            | NodeState::Ledger(_) => None,
        }
    }

    /// The records of a partition that any consumer processed, a bit each.
    pub fn processed(&self, partition: Partition) -> u8 {
        let of = |processed: &BTreeMap<Partition, u8>| processed.get(&partition).copied().unwrap_or(0);
        let noted = match self.node(ledger_of(self.scenario)) {
            Some(NodeState::Ledger(ledger)) => of(&ledger.processed),
            Some(
                NodeState::Coordinator(_)
                | NodeState::Consumer(_)
                | NodeState::Store(_)
                | NodeState::Cluster(_),
            )
            | None => 0,
        };
        self.consumers().fold(noted, |bits, (_, consumer)| bits | of(&consumer.processed))
    }

    fn node(&self, actor: usize) -> Option<&'a NodeState> {
        match self.of {
            Of::State(state) => state.actor_states.get(actor).map(AsRef::as_ref),
            Of::Parts(parts) => parts.actor(actor),
        }
    }

    /// The consumers.
    pub fn consumers(&self) -> impl Iterator<Item = (ClientId, &'a Consumer)> + use<'a, '_> {
        let clients = (0..self.scenario.bounds.consumers).map(ClientId);
        clients.filter_map(|client| match self.node(client.actor())? {
            NodeState::Consumer(consumer) => Some((client, consumer)),
            NodeState::Coordinator(_)
            | NodeState::Store(_)
            | NodeState::Cluster(_)
            | NodeState::Ledger(_) => None,
        })
    }

    /// The messages in flight. Not by `Network::iter_all`: in stateright 0.31 it never ends on an ordered network
    /// that holds a message.
    pub fn messages(&self) -> impl Iterator<Item = &'a Msg> {
        let (flows, parts) = match self.of {
            Of::State(GroupState { network: Network::Ordered(flows), .. }) => (Some(flows), None),
            Of::State(_) => (None, None),
            Of::Parts(parts) => (None, Some(parts)),
        };
        let of_state = flows.into_iter().flat_map(|flows| flows.values().flatten());
        let of_parts = parts.into_iter().flat_map(|parts| parts.messages().map(|envelope| envelope.msg));
        of_state.chain(of_parts)
    }
}
