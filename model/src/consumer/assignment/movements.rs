//! Which partitions were moved between whom in one assignment (`AbstractStickyAssignor.PartitionMovements`).

use std::collections::BTreeMap;

use crate::types::Partition;

/// Keeps two members from giving each other partitions of one topic.
#[derive(Debug, Default)]
pub(super) struct Movements(BTreeMap<Partition, (usize, usize)>);

impl Movements {
    pub(super) fn note(&mut self, partition: Partition, from: usize, to: usize) {
        let first = self.0.remove(&partition).map_or(from, |(first, _)| first);
        // One that is back where it was has not moved.
        if first != to {
            self.0.insert(partition, (first, to));
        }
    }

    /// The partition to move in place of this one: one of the same topic that went the opposite way goes back. Of
    /// several Kafka takes the first in hash order, where a topic's last partition comes first.
    pub(super) fn to_be_moved(&self, partition: Partition, from: usize, to: usize) -> Partition {
        let from = self.0.get(&partition).map_or(from, |(first, _)| *first);
        let opposite = |(other, way): &(&Partition, &(usize, usize))| {
            other.topic == partition.topic && **way == (to, from)
        };
        self.0.iter().rfind(opposite).map_or(partition, |(other, _)| *other)
    }
}
