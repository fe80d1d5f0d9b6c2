//! What administrators do: to topics, and how clients come to know it; and to the group, by Kafka's tools.
//!
//! Metadata comes from any broker, on connections of their own: it is ordered with nothing that the coordinator says.

use std::collections::BTreeSet;

use crate::scenario::Scenario;
use crate::types::{ClientId, Connection};

/// What the cluster does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClusterTimer {
    /// An administrator adds a partition to each topic.
    Grow,
    /// A tool asks the coordinator to delete the group.
    DeleteGroup,
    /// A tool asks the coordinator to delete the offsets of the first topic.
    DeleteOffsets,
}

/// The cluster, where topics may grow or tools are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cluster {
    /// Partitions that were added to each topic.
    pub added: u8,
    /// Assignments that were taken up, as far as growth waits for them.
    pub assignments: u8,
    /// What tools have asked.
    pub asked: u8,
}

impl Cluster {
    /// Whether a partition may be added: within the budget, and not before what growth waits for.
    pub fn may_grow(self, scenario: &Scenario) -> bool {
        self.added < scenario.faults.partitions && self.assignments >= scenario.grows_after
    }

    /// What may happen.
    pub fn timers(self, scenario: &Scenario) -> BTreeSet<ClusterTimer> {
        let tools = [ClusterTimer::DeleteGroup, ClusterTimer::DeleteOffsets];
        let tools = tools.into_iter().filter(|_| self.asked < scenario.faults.tools);
        self.may_grow(scenario).then_some(ClusterTimer::Grow).into_iter().chain(tools).collect()
    }

    /// A tool asks something, on a connection of its own. Nobody but the tool looks at the answer.
    pub fn connect(&mut self, tool: ClientId) -> Connection {
        self.asked += 1;
        Connection { client: tool, number: self.asked - 1 }
    }

    /// Each topic has one partition more. Partitions are never taken away.
    pub fn grow(&mut self) {
        self.added += 1;
    }

    /// Ghost: an assignment was taken up; counted as far as growth waits for it.
    pub fn note_assignment(&mut self, scenario: &Scenario) {
        self.assignments = scenario.grows_after.min(self.assignments + 1);
    }
}
