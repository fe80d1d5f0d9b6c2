//! A state as data: what the coordinator knows, what each consumer believes, what is on its way.
//!
//! Every field is taken from the model's types by name. Offsets are positions of next records; partitions are
//! written `t1-0`, members `m1`, clients `c1`, connections `c1#2`.

mod consumer;
mod coordinator;

use std::collections::BTreeMap;

use muster_model::actor::{COORDINATOR, GroupState, NodeState, View};
use muster_model::message::Msg;
use muster_model::narrate::{request_line, response_line};
use muster_model::scenario::Scenario;
use muster_model::store::Stored;
use muster_model::trace::convert;
use serde::Serialize;

pub use consumer::{ConsumerView, FaultsView, ProgressView};
pub use coordinator::{CoordinatorView, GroupView, MemberView};

/// A state.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StateView {
    /// The coordinator.
    pub coordinator: CoordinatorView,
    /// The consumers, by client.
    pub consumers: BTreeMap<String, ConsumerView>,
    /// Messages in flight: each connection's first in, first out.
    pub in_flight: Vec<InFlight>,
    /// What the outside store holds, by partition; `None`: the scenario has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<BTreeMap<String, String>>,
}

/// A message in flight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InFlight {
    /// The connection.
    pub connection: String,
    /// Whether it goes to the coordinator.
    pub request: bool,
    /// The message in Kafka's names.
    pub text: String,
}

impl StateView {
    /// Of a state of the model.
    pub fn of(scenario: &Scenario, state: &GroupState) -> Self {
        let Some(view) = View::new(scenario, state) else { return Self::default() };
        let mut coordinator = CoordinatorView::of(view.coordinator);
        coordinator.timers = state.timers_set.get(COORDINATOR).map(coordinator::timers).unwrap_or_default();
        let consumers = view.consumers().map(|(client, consumer)| {
            (client.to_string(), ConsumerView::of(client, consumer, view.coordinator))
        });
        Self {
            coordinator,
            consumers: consumers.collect(),
            in_flight: view.messages().filter_map(in_flight).collect(),
            store: state.actor_states.iter().find_map(|node| stored(node)),
        }
    }
}

fn stored(node: &NodeState) -> Option<BTreeMap<String, String>> {
    match node {
        NodeState::Store(store) => {
            let held = |of: &Stored| format!("result of record {}, by {}", of.record, of.client);
            Some(store.stored.iter().map(|(partition, of)| (partition.to_string(), held(of))).collect())
        }
        NodeState::Coordinator(_) | NodeState::Consumer(_) | NodeState::Cluster(_) | NodeState::Ledger(_) => {
            None
        }
    }
}

fn in_flight(msg: &Msg) -> Option<InFlight> {
    match msg {
        Msg::Request(connection, request) => Some(InFlight {
            connection: connection.to_string(),
            request: true,
            text: request_line(&convert::request(request)),
        }),
        Msg::Response(connection, response) => Some(InFlight {
            connection: connection.to_string(),
            request: false,
            text: response_line(&convert::response(response)),
        }),
        Msg::MayExpire(_)
        | Msg::Write(_)
        | Msg::Metadata(_)
        | Msg::TookUp
        | Msg::EndTransaction(_)
        | Msg::TransactionEnded => None,
    }
}
