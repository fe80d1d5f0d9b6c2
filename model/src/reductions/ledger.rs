//! Who processed a record does not matter where properties only ask whether anybody did.

use muster_checker::Pool;

use crate::actor::{Node, NodeState, ledger_of};
use crate::scenario::Scenario;

/// The records that consumers processed, in one ledger. For scenarios in which a record may be processed twice.
#[derive(Clone, Copy, Debug)]
pub struct OneLedger {
    keeper: usize,
}

impl OneLedger {
    /// Of a scenario's model with a ledger.
    pub fn of(scenario: &Scenario) -> Self {
        Self { keeper: ledger_of(scenario) }
    }
}

impl Pool<Node> for OneLedger {
    fn keeper(&self) -> usize {
        self.keeper
    }

    fn has_notes(&self, _: usize, state: &NodeState) -> bool {
        match state {
            NodeState::Consumer(consumer) => !consumer.processed.is_empty(),
            NodeState::Coordinator(_)
            | NodeState::Store(_)
            | NodeState::Cluster(_)
            | NodeState::Ledger(_) => false,
        }
    }

    fn hand_over(&self, _: usize, state: &mut NodeState, keeper: &mut NodeState) {
        if let (NodeState::Consumer(consumer), NodeState::Ledger(ledger)) = (state, keeper) {
            for (partition, records) in std::mem::take(&mut consumer.processed) {
                *ledger.processed.entry(partition).or_default() |= records;
            }
        }
    }
}
