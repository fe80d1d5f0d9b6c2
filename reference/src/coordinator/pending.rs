//! Offsets that are pending in open transactions (`OffsetMetadataManager.pendingTransactionalOffsets`).

use std::collections::BTreeSet;

use super::ids::{GroupId, ProducerId, TopicName};
use super::record::{CommittedOffset, Record, TransactionRecord};

type Key = (TopicName, i32);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Offset {
    producer: ProducerId,
    group: GroupId,
    key: Key,
    value: CommittedOffset,
    /// An offset that was appended later is committed: this one never will be.
    outdone: bool,
}

/// Those of all groups, in the order of their records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pending(Vec<Offset>);

impl Pending {
    /// Takes a record into account; what it commits of them is given back.
    pub(super) fn take(&mut self, record: &Record) -> Vec<(GroupId, Key, CommittedOffset)> {
        match record {
            Record::Transaction(TransactionRecord::Ended { producer, commits }) => {
                return self.end(*producer, *commits);
            }
            Record::Transaction(TransactionRecord::Pending { producer, group, topic, partition, value }) => {
                let (key, group) = ((topic.clone(), *partition), group.clone());
                self.0.retain(|of| (of.producer, &of.group, &of.key) != (*producer, &group, &key));
                let (producer, value) = (*producer, value.clone());
                self.0.push(Offset { producer, group, key, value, outdone: false });
            }
            // Nearly always there are none.
            Record::OffsetCommit { .. } | Record::OffsetDeleted { .. } if self.0.is_empty() => {}
            Record::OffsetCommit { group, topic, partition, .. } => {
                let key = (topic.clone(), *partition);
                self.outdo(group, &key);
            }
            Record::OffsetDeleted { group, topic, partition } => {
                let key = (topic.clone(), *partition);
                self.0.retain(|of| (&of.group, &of.key) != (group, &key));
            }
            Record::GroupMetadata { .. } | Record::GroupDeleted { .. } => {}
        }
        Vec::new()
    }

    fn outdo(&mut self, group: &GroupId, key: &Key) {
        for of in &mut self.0 {
            of.outdone |= (&of.group, &of.key) == (group, key);
        }
    }

    /// One that is committed outdoes those whose records are before its own.
    fn end(&mut self, producer: ProducerId, commits: bool) -> Vec<(GroupId, Key, CommittedOffset)> {
        let mut committed = Vec::new();
        while let Some(at) = self.0.iter().position(|of| of.producer == producer) {
            let mut later = Self(self.0.split_off(at));
            let ended = later.0.remove(0);
            if commits && !ended.outdone {
                self.outdo(&ended.group, &ended.key);
                committed.push((ended.group, ended.key, ended.value));
            }
            self.0.append(&mut later.0);
        }
        committed
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a transaction may move the offset of a partition.
    pub(super) fn holds(&self, group: &GroupId, key: &Key) -> bool {
        self.0.iter().any(|of| (&of.group, &of.key) == (group, key))
    }

    /// Whether there is one of the group.
    pub(super) fn is_of(&self, group: &GroupId) -> bool {
        self.0.iter().any(|of| of.group == *group)
    }

    /// The partitions of the group that have one.
    pub(super) fn of(&self, group: &GroupId) -> BTreeSet<Key> {
        self.0.iter().filter(|of| of.group == *group).map(|of| of.key.clone()).collect()
    }

    /// Those of a partition, as they were written.
    pub(super) fn records_of(&self, group: &GroupId, key: &Key) -> Vec<Record> {
        let of_partition = self.0.iter().filter(|of| (&of.group, &of.key) == (group, key));
        of_partition.map(Offset::record).collect()
    }

    /// What the end of a producer's transaction finds: the groups, the partitions and the values, and whether each counts.
    pub(super) fn of_producer(&self, producer: ProducerId) -> Vec<(Record, bool)> {
        let of_producer = self.0.iter().filter(|of| of.producer == producer);
        of_producer.map(|of| (of.committed(), !of.outdone)).collect()
    }
}

impl Offset {
    fn record(&self) -> Record {
        let Self { producer, group, key: (topic, partition), value, outdone: _ } = self.clone();
        Record::Transaction(TransactionRecord::Pending { producer, group, topic, partition, value })
    }

    /// As if it had been committed by itself.
    fn committed(&self) -> Record {
        let Self { group, key: (topic, partition), value, .. } = self.clone();
        Record::OffsetCommit { group, topic, partition, value }
    }
}
