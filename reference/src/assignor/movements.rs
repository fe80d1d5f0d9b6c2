//! Which partitions were moved between whom in one assignment (`AbstractStickyAssignor.PartitionMovements`).

use std::collections::BTreeMap;

use super::TopicPartition;
use super::java::PartitionSet;
use crate::coordinator::TopicName;

/// From one member to another, by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    from: usize,
    to: usize,
}

/// Keeps two members from giving each other partitions of one topic.
#[derive(Debug, Default)]
pub(super) struct Movements {
    by_topic: BTreeMap<TopicName, BTreeMap<Pair, PartitionSet>>,
    by_partition: BTreeMap<TopicPartition, Pair>,
}

impl Movements {
    pub(super) fn note(&mut self, partition: &TopicPartition, from: usize, to: usize) {
        let before = self.by_partition.remove(partition);
        if let Some(before) = before {
            self.forget(partition, before);
        }
        let from = before.map_or(from, |before| before.from);
        // One that is back where it was has not moved.
        if before.is_none() || from != to {
            let pair = Pair { from, to };
            self.by_partition.insert(partition.clone(), pair);
            let of_topic = self.by_topic.entry(partition.topic.clone()).or_default();
            of_topic.entry(pair).or_default().insert(partition.clone());
        }
    }

    fn forget(&mut self, partition: &TopicPartition, pair: Pair) {
        let Some(of_topic) = self.by_topic.get_mut(&partition.topic) else { return };
        if let Some(set) = of_topic.get_mut(&pair) {
            set.remove(partition);
        }
        of_topic.retain(|_, set| !set.is_empty());
        if of_topic.is_empty() {
            self.by_topic.remove(&partition.topic);
        }
    }

    /// The partition to move in place of this one: one of the same topic that went the opposite way goes back.
    pub(super) fn to_be_moved(&self, partition: &TopicPartition, from: usize, to: usize) -> TopicPartition {
        let from = self.by_partition.get(partition).map_or(from, |before| before.from);
        let opposite = Pair { from: to, to: from };
        let back = self.by_topic.get(&partition.topic).and_then(|of_topic| of_topic.get(&opposite)?.first());
        back.unwrap_or(partition).clone()
    }
}
