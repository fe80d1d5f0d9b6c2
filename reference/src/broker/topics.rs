//! Topics, their partitions and the batches in them, in memory.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::batch::{self, Batch};
use super::producers::{Producers, Verdict};
use crate::coordinator::{ErrorCode, TopicName};

/// A partition: its first offset is 0.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pub(super) batches: Vec<Batch>,
    /// The next record's offset; also the high watermark, with one replica.
    pub(super) end: i64,
    producers: Producers,
}

impl Partition {
    /// The index of the batch that holds this offset or a later one.
    pub(super) fn find(&self, offset: i64) -> usize {
        self.batches.partition_point(|batch| batch.last_offset < offset)
    }

    /// Takes a batch that starts at the end.
    pub(super) fn push(&mut self, batch: Batch) {
        self.end = batch.last_offset.saturating_add(1);
        self.producers.appended(&batch);
        self.batches.push(batch);
    }
}

/// A topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) id: Uuid,
    pub(super) partitions: Vec<Partition>,
}

/// Every topic.
#[derive(Debug, Default)]
pub(super) struct Topics {
    by_name: BTreeMap<TopicName, Topic>,
    by_id: HashMap<Uuid, TopicName>,
    partitions: usize,
    stored_bytes: u64,
}

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) message_bytes: usize,
    pub(super) stored_bytes: u64,
    pub(super) partitions: usize,
}

impl Topics {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&TopicName, &Topic)> {
        self.by_name.iter()
    }

    pub(super) fn get(&self, name: &TopicName) -> Option<&Topic> {
        self.by_name.get(name)
    }

    pub(super) fn name(&self, id: Uuid) -> Option<&TopicName> {
        self.by_id.get(&id)
    }

    pub(super) fn partition(&self, name: &TopicName, index: i32) -> Option<&Partition> {
        self.get(name)?.partitions.get(usize::try_from(index).ok()?)
    }

    /// How many partitions each topic has, for the coordinator.
    pub(super) fn counts(&self) -> BTreeMap<TopicName, i32> {
        let count = |topic: &Topic| i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
        self.by_name.iter().map(|(name, topic)| (name.clone(), count(topic))).collect()
    }

    /// Whether a topic could be created.
    pub(super) fn check(
        &self,
        name: &TopicName,
        partitions: i32,
        bounds: Bounds,
    ) -> Result<usize, ErrorCode> {
        if !is_legal(name.as_str()) {
            return Err(ErrorCode::InvalidTopic);
        }
        if self.by_name.contains_key(name) {
            return Err(ErrorCode::TopicAlreadyExists);
        }
        let count = usize::try_from(partitions).ok().filter(|count| *count > 0);
        let count = count.ok_or(ErrorCode::InvalidPartitions)?;
        if count > bounds.partitions.saturating_sub(self.partitions) {
            return Err(ErrorCode::PolicyViolation);
        }
        Ok(count)
    }

    /// Creates a topic.
    pub(super) fn create(
        &mut self,
        name: &TopicName,
        partitions: i32,
        bounds: Bounds,
    ) -> Result<Uuid, ErrorCode> {
        let count = self.check(name, partitions, bounds)?;
        let id = Uuid::new_v4();
        let mut topic = Topic { id, partitions: Vec::new() };
        topic.partitions.resize_with(count, Partition::default);
        self.partitions += count;
        self.by_id.insert(id, name.clone());
        self.by_name.insert(name.clone(), topic);
        Ok(id)
    }

    /// Adds partitions, up to `count` in all.
    pub(super) fn grow(&mut self, name: &TopicName, count: i32, bounds: Bounds) -> Result<(), ErrorCode> {
        let more = self.check_growth(name, count, bounds)?;
        let topic = self.by_name.get_mut(name).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let count = topic.partitions.len() + more;
        topic.partitions.resize_with(count, Partition::default);
        self.partitions += more;
        Ok(())
    }

    /// How many partitions a topic lacks to have `count`: one at least, since none is ever taken away.
    pub(super) fn check_growth(
        &self,
        name: &TopicName,
        count: i32,
        bounds: Bounds,
    ) -> Result<usize, ErrorCode> {
        let topic = self.get(name).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let more = usize::try_from(count).ok().and_then(|count| count.checked_sub(topic.partitions.len()));
        let more = more.filter(|more| *more > 0).ok_or(ErrorCode::InvalidPartitions)?;
        if more > bounds.partitions.saturating_sub(self.partitions) {
            return Err(ErrorCode::PolicyViolation);
        }
        Ok(more)
    }

    /// Deletes a topic with all that is in it.
    pub(super) fn delete(&mut self, name: &TopicName) -> Result<(), ErrorCode> {
        let topic = self.by_name.remove(name).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        self.by_id.remove(&topic.id);
        self.partitions = self.partitions.saturating_sub(topic.partitions.len());
        let batches = topic.partitions.iter().flat_map(|partition| &partition.batches);
        let bytes: usize = batches.map(|batch| batch.bytes.len()).sum();
        self.stored_bytes = self.stored_bytes.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Appends a batch that was checked to a partition; gives its first offset. A batch that an idempotent producer
    /// repeats is there once.
    pub(super) fn append(
        &mut self,
        name: &TopicName,
        index: i32,
        sent: &[u8],
        bounds: Bounds,
    ) -> Result<i64, ErrorCode> {
        let missing = ErrorCode::UnknownTopicOrPartition;
        let partition = self.partition(name, index).ok_or(missing)?;
        let first = partition.end;
        let batch = batch::stored(sent, first)?;
        if let Some(sequence) = batch.sequence {
            match partition.producers.judge(sequence)? {
                Verdict::New => {}
                Verdict::Repeated(offset) => return Ok(offset),
            }
        }
        let stored_bytes = self.stored_bytes.saturating_add(u64::try_from(sent.len()).unwrap_or(u64::MAX));
        if stored_bytes > bounds.stored_bytes {
            return Err(ErrorCode::KafkaStorageError);
        }
        let index = usize::try_from(index).map_err(|_| missing)?;
        let topic = self.by_name.get_mut(name).ok_or(missing)?;
        topic.partitions.get_mut(index).ok_or(missing)?.push(batch);
        self.stored_bytes = stored_bytes;
        Ok(first)
    }
}

/// Kafka's rule for names of topics (`org.apache.kafka.common.internals.Topic`).
pub(super) fn is_legal(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.chars().all(legal)
}
