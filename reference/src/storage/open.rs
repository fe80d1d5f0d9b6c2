//! Opens a directory: what is there becomes topics, places of batches, and records of the coordinator.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::batch::{self, HEADER_BYTES, Header};
use super::disk::{DirError, Disk, LOCK};
use super::log::{Log, Place};
use super::records::{self, Names};
use super::scan::Order;
use super::starts;
use super::store::{Settings, Store};
use super::topic_records::{self, TopicRecord};
use crate::coordinator::{Record, TopicName};

/// Says that the directory is one of ours, under Kafka's name for such a file.
const META: &str = "meta.properties";
const META_TEXT: &[u8] = b"version=1\nnode.id=1\ncluster.id=muster\n";
pub(super) const METADATA: &str = "__cluster_metadata-0";
pub(super) const OFFSETS: &str = "__consumer_offsets-0";

/// Why a directory of data cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be used at all.
    #[error(transparent)]
    Directory(#[from] DirError),
    /// There is something in it, and nothing says that it is data of this broker.
    #[error("the directory is not empty, and holds no data of this broker: give an empty one")]
    Foreign,
    /// A file cannot be read or written.
    #[error("{file}: {source}")]
    Io {
        /// The file, in the directory.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A batch that was acknowledged is broken.
    #[error(
        "{file}: corrupt at byte {at} (offset {offset}): put back a copy of the file, or remove it and those after it \
         in its directory to start without their records"
    )]
    Corrupt {
        /// The file, in the directory.
        file: String,
        /// The byte at which the batch begins.
        at: u64,
        /// The offset of its first record.
        offset: i64,
    },
    /// A segment is not there.
    #[error("{file}: the file before it is missing: it should end at offset {offset}; put back a copy of it")]
    Missing {
        /// The file that should follow it.
        file: String,
        /// The first offset that is missing.
        offset: i64,
    },
    /// A batch is whole, but its records are not of a kind that is known here.
    #[error("{file}: at byte {at}: {reason}; was it written by another release?")]
    Unknown {
        /// The file, in the directory.
        file: String,
        /// The byte at which the batch begins.
        at: u64,
        /// What is not known.
        reason: &'static str,
    },
}

impl OpenError {
    pub(crate) fn io(file: &str) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Io { file, source }
    }
}

/// A topic as it was found.
#[derive(Debug)]
pub(crate) struct FoundTopic {
    pub(crate) id: Uuid,
    /// The settings that it was created with.
    pub(crate) overrides: BTreeMap<String, String>,
    pub(crate) partitions: Vec<FoundPartition>,
}

/// A partition as it was found.
#[derive(Debug, Default)]
pub(crate) struct FoundPartition {
    /// The first offset that is there.
    pub(crate) start: i64,
    /// The next offset.
    pub(crate) end: i64,
    /// Its batches in order: the fixed part, and where the batch lies.
    pub(crate) batches: Vec<(Bytes, Place)>,
}

/// What was found in a directory.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) topics: BTreeMap<TopicName, FoundTopic>,
    /// Those of the coordinator, in order.
    pub(crate) records: Vec<Record>,
}

/// Opens a directory, or begins one.
pub(crate) fn open(disk: &Arc<dyn Disk>, settings: Settings) -> Result<(Store, Found), OpenError> {
    mark(&**disk)?;
    let mut found = Found::default();
    let mut removed = BTreeSet::new();
    let mut store = Store::new(disk, settings);
    let mut names = BTreeMap::new();
    store.metadata = open_log(disk, METADATA, settings, (Order::Dense, 0), &mut |_, _, batch| {
        for entry in batch::decode(batch).ok_or("a batch that does not hold topics")? {
            let record = entry.value.as_ref().and_then(topic_records::decode);
            apply(record.ok_or("a record that is of no topic")?, &mut names, &mut found.topics, &mut removed);
        }
        Ok(())
    })?;
    remove_deleted(&**disk, &found.topics, &removed)?;
    let noted = starts::read(&**disk)?;
    for (name, topic) in &mut found.topics {
        for (index, partition) in (0..).zip(&mut topic.partitions) {
            let directory = format!("{name}-{index}");
            let start = noted.get(&(name.clone(), index)).copied().unwrap_or(0);
            let log =
                open_log(disk, &directory, settings, (Order::Dense, start), &mut |header, place, batch| {
                    // A crash may have left a segment that was to go.
                    if header.last_offset >= start {
                        partition.batches.push((Bytes::copy_from_slice(&batch[..HEADER_BYTES]), place));
                    }
                    Ok(())
                })?;
            (partition.start, partition.end) = (start, log.end());
            if start > 0 {
                store.starts.insert((name.clone(), index), start);
            }
            store.partitions.insert((name.clone(), index), log);
        }
    }
    if store.starts.len() < noted.len() {
        // Of partitions that are gone: another topic may get the name.
        starts::write(&**disk, &store.starts).map_err(OpenError::io("."))?;
    }
    let mut known = Names::default();
    store.offsets = open_log(disk, OFFSETS, settings, (Order::Sparse, 0), &mut |_, _, batch| {
        for entry in batch::decode(batch).ok_or("a batch that does not hold groups and offsets")? {
            let key = entry.key.ok_or("a record without a key")?;
            let record = records::decode(&mut known, &key, entry.value.as_ref());
            found.records.push(record.ok_or("a record that is neither a group's nor an offset's")?);
        }
        Ok(())
    })?;
    Ok((store, found))
}

/// Finds the mark in the directory, or puts it there if there is nothing else.
fn mark(disk: &dyn Disk) -> Result<(), OpenError> {
    let names = disk.list("").map_err(OpenError::io("."))?;
    if names.iter().any(|name| name == META) {
        return Ok(());
    }
    let unfinished = format!("{META}.tmp");
    if names.iter().any(|name| ![LOCK, "lost+found", unfinished.as_str()].contains(&name.as_str())) {
        return Err(OpenError::Foreign);
    }
    let write = || {
        let file = disk.create(&unfinished)?;
        file.write(0, META_TEXT)?;
        file.sync()?;
        disk.rename(&unfinished, META)?;
        disk.sync_directory("")
    };
    write().map_err(OpenError::io(META))
}

fn open_log(
    disk: &Arc<dyn Disk>,
    directory: &str,
    settings: Settings,
    (order, start): (Order, i64),
    visit: &mut dyn FnMut(Header, Place, &Bytes) -> Result<(), &'static str>,
) -> Result<Log, OpenError> {
    let bytes = match order {
        Order::Dense => settings.segment_bytes,
        Order::Sparse => settings.offsets_segment_bytes,
    };
    Log::open(Arc::clone(disk), directory.to_owned(), bytes, start, order, visit)
}

fn apply(
    record: TopicRecord,
    names: &mut BTreeMap<Uuid, TopicName>,
    topics: &mut BTreeMap<TopicName, FoundTopic>,
    removed: &mut BTreeSet<TopicName>,
) {
    match record {
        TopicRecord::Topic { name, id } => {
            names.insert(id, name.clone());
            let (overrides, partitions) = (BTreeMap::new(), Vec::new());
            topics.insert(name, FoundTopic { id, overrides, partitions });
        }
        TopicRecord::Partition { topic, .. } => {
            if let Some(topic) = names.get(&topic).and_then(|name| topics.get_mut(name)) {
                topic.partitions.push(FoundPartition::default());
            }
        }
        TopicRecord::Setting { topic, name, value } => {
            if let Some(topic) = topics.get_mut(&topic) {
                match value {
                    Some(value) => _ = topic.overrides.insert(name, value),
                    None => _ = topic.overrides.remove(&name),
                }
            }
        }
        TopicRecord::Removed { id } => {
            if let Some(name) = names.remove(&id) {
                topics.remove(&name);
                removed.insert(name);
            }
        }
    }
}

/// Removes what is left of deleted topics: a crash may have come between the record of a deletion and the files.
fn remove_deleted(
    disk: &dyn Disk,
    topics: &BTreeMap<TopicName, FoundTopic>,
    removed: &BTreeSet<TopicName>,
) -> Result<(), OpenError> {
    for directory in disk.list("").map_err(OpenError::io("."))? {
        let topic = directory.rsplit_once('-').map(|(topic, _)| TopicName::from(topic));
        if topic.is_some_and(|topic| removed.contains(&topic) && !topics.contains_key(&topic)) {
            remove_directory(disk, &directory).map_err(OpenError::io(&directory))?;
        }
    }
    Ok(())
}

/// Removes a directory and the files in it.
pub(super) fn remove_directory(disk: &dyn Disk, directory: &str) -> io::Result<()> {
    for name in disk.list(directory)? {
        disk.remove(&format!("{directory}/{name}"))?;
    }
    disk.sync_directory(directory)?;
    disk.remove_directory(directory)?;
    disk.sync_directory("")
}
