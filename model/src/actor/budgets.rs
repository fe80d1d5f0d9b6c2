//! What bounds a state: generations, member ids, and the faults of consumers.

use std::sync::Arc;

use super::{GroupState, NodeState};
use crate::consumer::FaultCount;
use crate::scenario::{Faults, Scenario};

/// Generations, member ids, and what consumers may spend.
const BUDGETS: usize = 7;

/// What a node counts against the bounds, in the order of [`limits`].
pub fn measure(node: &NodeState) -> [u64; BUDGETS] {
    match node {
        NodeState::Coordinator(coordinator) => {
            let generation = coordinator.group.as_ref().map_or(0, |g| g.generation.0);
            [u64::try_from(generation).unwrap_or(0), u64::from(coordinator.issued), 0, 0, 0, 0, 0]
        }
        NodeState::Consumer(consumer) => {
            let spent = consumer.faults;
            let FaultCount { crash, give_up, leave, poll_timeout, subscribe } = spent;
            [0, 0, crash, give_up, leave, poll_timeout, subscribe].map(u64::from)
        }
        // The cluster counts its own.
        NodeState::Store(_) | NodeState::Cluster(_) | NodeState::Ledger(_) => [0; 7],
    }
}

/// Generations, member ids, and what the consumers together may spend of each budget.
pub fn limits(scenario: &Scenario) -> [u64; BUDGETS] {
    let (bounds, faults) = (&scenario.bounds, scenario.faults);
    let generations = u64::try_from(bounds.generations).unwrap_or(0);
    // The coordinator counts its own faults, expiry and failover, itself, and the cluster those of topics and tools.
    let Faults {
        crash,
        give_up,
        expire: _,
        leave,
        poll_timeout,
        subscribe,
        failover: _,
        partitions: _,
        tools: _,
    } = faults;
    let spent = [bounds.members, crash, give_up, leave, poll_timeout, subscribe].map(u64::from);
    let mut limits = [generations; BUDGETS];
    limits[1..].copy_from_slice(&spent);
    limits
}

pub(super) fn within_boundary(scenario: &Arc<Scenario>, state: &GroupState) -> bool {
    let mut sums = [0; BUDGETS];
    for node in &state.actor_states {
        sums.iter_mut().zip(measure(node)).for_each(|(sum, count)| *sum += count);
    }
    sums.iter().zip(limits(scenario)).all(|(sum, limit)| *sum <= limit)
}
