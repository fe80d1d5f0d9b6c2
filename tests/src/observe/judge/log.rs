//! What a coordinator wrote, as far as another that takes over reads it: the last record of each key, as in a compacted
//! topic.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_reference::coordinator::Record;

/// What a record is of: the group, or a partition's offset.
type Key = Option<(String, i32)>;

/// The last record of each key. Copies share what they have in common until one of them changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    last: Arc<BTreeMap<Key, (u64, Record)>>,
    written: u64,
}

fn key(record: &Record) -> Key {
    match record {
        Record::OffsetCommit { topic, partition, .. } | Record::OffsetDeleted { topic, partition, .. } => {
            Some((topic.to_string(), *partition))
        }
        // Who observes sees no markers.
        Record::GroupMetadata { .. } | Record::GroupDeleted { .. } | Record::Transaction(_) => None,
    }
}

impl Log {
    /// Writes a record.
    pub(super) fn note(&mut self, record: Record) {
        self.written += 1;
        Arc::make_mut(&mut self.last).insert(key(&record), (self.written, record));
    }

    /// Whether an offset of a partition was committed or deleted.
    pub(super) fn tells_of(&self, partition: &(String, i32)) -> bool {
        self.last.contains_key(&Some(partition.clone()))
    }

    /// The records, in the order in which they were written.
    pub(super) fn records(&self) -> Vec<Record> {
        let mut records: Vec<_> = self.last.values().collect();
        records.sort_unstable_by_key(|(at, _)| *at);
        records.into_iter().map(|(_, record)| record.clone()).collect()
    }
}
