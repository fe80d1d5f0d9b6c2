//! Topics, their partitions and the batches in them: in memory, or by their places on disk.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::batch::{self, Batch};
use super::producers::{Producers, Verdict};
use crate::coordinator::{ErrorCode, TopicName};
use crate::storage::{FoundTopic, Place};

/// A partition: its first offset is 0.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pub(super) batches: Vec<Batch>,
    /// The next record's offset.
    pub(super) end: i64,
    /// Records from here on are not on disk yet, and are shown to nobody.
    pub(super) high_watermark: i64,
    producers: Producers,
}

impl Partition {
    /// The index of the batch that holds this offset or a later one.
    pub(super) fn find(&self, offset: i64) -> usize {
        self.batches.partition_point(|batch| batch.last_offset < offset)
    }

    /// The batches below the high watermark.
    pub(super) fn readable(&self) -> &[Batch] {
        self.batches.get(..self.find(self.high_watermark)).unwrap_or_default()
    }

    /// The batch that starts at this offset is on disk.
    fn settle(&mut self, offset: i64, place: Place) -> usize {
        let index = self.find(offset);
        let Some(batch) = self.batches.get_mut(index).filter(|batch| batch.base_offset == offset) else {
            return 0;
        };
        let before = batch.held_bytes();
        batch.settle(place);
        self.high_watermark = self.high_watermark.max(batch.last_offset.saturating_add(1));
        before - batch.held_bytes()
    }

    /// The batch that starts at this offset could not be written: it is taken back, and all that follow.
    fn take_back(&mut self, offset: i64) -> usize {
        let lost = self.batches.split_off(self.find(offset).min(self.batches.len()));
        if !lost.is_empty() {
            self.end = self.batches.last().map_or(0, |batch| batch.last_offset.saturating_add(1));
            self.producers = Producers::default();
            for batch in &self.batches {
                self.producers.appended(batch);
            }
        }
        lost.iter().map(Batch::held_bytes).sum()
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

impl Topic {
    fn held_bytes(&self) -> u64 {
        let batches = self.partitions.iter().flat_map(|partition| &partition.batches);
        u64::try_from(batches.map(Batch::held_bytes).sum::<usize>()).unwrap_or(u64::MAX)
    }
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

    /// Creates a topic that was checked, without partitions.
    pub(super) fn create(&mut self, name: &TopicName, id: Uuid) {
        self.insert(name.clone(), Topic { id, partitions: Vec::new() });
    }

    /// Adds partitions, whose number was checked, to a topic.
    pub(super) fn grow(&mut self, name: &TopicName, more: usize) {
        if let Some(topic) = self.by_name.get_mut(name) {
            let count = topic.partitions.len() + more;
            topic.partitions.resize_with(count, Partition::default);
            self.partitions += more;
        }
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

    /// Deletes a topic with all that is in it; gives it back.
    pub(super) fn delete(&mut self, name: &TopicName) -> Result<Topic, ErrorCode> {
        let topic = self.by_name.remove(name).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        self.by_id.remove(&topic.id);
        self.partitions = self.partitions.saturating_sub(topic.partitions.len());
        self.stored_bytes = self.stored_bytes.saturating_sub(topic.held_bytes());
        Ok(topic)
    }

    /// Takes a topic as it is.
    pub(super) fn insert(&mut self, name: TopicName, topic: Topic) {
        self.partitions += topic.partitions.len();
        self.stored_bytes += topic.held_bytes();
        self.by_id.insert(topic.id, name.clone());
        self.by_name.insert(name, topic);
    }

    /// Takes a topic that was found on disk.
    pub(super) fn restore(&mut self, name: TopicName, found: FoundTopic) -> Result<(), ErrorCode> {
        let mut topic = Topic { id: found.id, partitions: Vec::new() };
        for batches in found.partitions {
            let mut partition = Partition::default();
            for (fixed, place) in batches {
                partition.push(Batch::found(fixed, place)?);
            }
            partition.high_watermark = partition.end;
            topic.partitions.push(partition);
        }
        self.insert(name, topic);
        Ok(())
    }

    /// Bytes of memory that the batches take.
    pub(super) fn held_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// A batch that was appended is on disk, or never will be.
    pub(super) fn written(&mut self, name: &TopicName, index: i32, offset: i64, place: Option<Place>) {
        let Some(partition) = self.partition_mut(name, index) else { return };
        let freed = match place {
            Some(place) => partition.settle(offset, place),
            None => partition.take_back(offset),
        };
        self.stored_bytes = self.stored_bytes.saturating_sub(u64::try_from(freed).unwrap_or(u64::MAX));
    }

    fn partition_mut(&mut self, name: &TopicName, index: i32) -> Option<&mut Partition> {
        self.by_name.get_mut(name)?.partitions.get_mut(usize::try_from(index).ok()?)
    }

    /// Appends a batch that was checked to a partition; gives its first offset, and the batch, unless an idempotent
    /// producer repeats it: then it is there once. If it `lasts` it is at once on disk, or as good as.
    pub(super) fn append(
        &mut self,
        name: &TopicName,
        index: i32,
        sent: &[u8],
        bounds: Bounds,
        lasts: bool,
    ) -> Result<(i64, Option<Batch>), ErrorCode> {
        let missing = ErrorCode::UnknownTopicOrPartition;
        let partition = self.partition(name, index).ok_or(missing)?;
        let first = partition.end;
        let batch = batch::stored(sent, first)?;
        if let Some(sequence) = batch.sequence {
            match partition.producers.judge(sequence)? {
                Verdict::New => {}
                Verdict::Repeated(offset) => return Ok((offset, None)),
            }
        }
        let stored_bytes =
            self.stored_bytes.saturating_add(u64::try_from(batch.held_bytes()).unwrap_or(u64::MAX));
        if stored_bytes > bounds.stored_bytes {
            return Err(ErrorCode::KafkaStorageError);
        }
        let partition = self.partition_mut(name, index).ok_or(missing)?;
        partition.push(batch.clone());
        if lasts {
            partition.high_watermark = partition.end;
        }
        self.stored_bytes = stored_bytes;
        Ok((first, Some(batch)))
    }
}

/// Kafka's rule for names of topics (`org.apache.kafka.common.internals.Topic`).
pub(super) fn is_legal(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.chars().all(legal)
}
