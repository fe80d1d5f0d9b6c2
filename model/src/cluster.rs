//! The cluster's topics: how many partitions they have, and how clients come to know it.
//!
//! Metadata comes from any broker, on connections of their own: it is ordered with nothing that the coordinator says.

use crate::scenario::Scenario;

/// What the cluster does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClusterTimer {
    /// An administrator adds a partition to each topic.
    Grow,
}

/// The cluster, where topics may grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cluster {
    /// Partitions that were added to each topic.
    pub added: u8,
    /// Assignments that were taken up, as far as growth waits for them.
    pub assignments: u8,
}

impl Cluster {
    /// Whether a partition may be added: within the budget, and not before what growth waits for.
    pub fn may_grow(self, scenario: &Scenario) -> bool {
        self.added < scenario.faults.partitions && self.assignments >= scenario.grows_after
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
