//! The model of a scenario: which actors there are, and where.

use std::sync::Arc;

use stateright::actor::{ActorModel, Network};

use super::properties::property;
use super::{GroupModel, Node, Role, within_boundary};
use crate::property::PropertyId;
use crate::scenario::Scenario;
use crate::types::ClientId;

/// The outside store's place among the actors, after the last consumer.
pub fn store_of(scenario: &Scenario) -> usize {
    ClientId(scenario.bounds.consumers).actor()
}

/// The cluster's place among the actors, after the outside store if there is one.
pub fn cluster_of(scenario: &Scenario) -> usize {
    store_of(scenario) + usize::from(scenario.store.is_some())
}

/// The ledger's place among the actors, the last one, in a model that has one.
pub fn ledger_of(scenario: &Scenario) -> usize {
    cluster_of(scenario) + usize::from(scenario.has_cluster())
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

/// The model of a scenario, with a ledger that a checker may hand over to what consumers processed.
pub fn model_with_ledger(scenario: &Scenario) -> GroupModel {
    let model = model_with(scenario, &[]);
    let scenario = Arc::clone(&model.cfg);
    model.actor(Node { scenario, role: Role::Ledger })
}
