//! Topics, their partitions and the batches in them: in memory, or by their places on disk.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::batch::{self, Batch};
use super::config::BrokerConfig;
use super::partition::Partition;
use super::producers::Verdict;
use super::segments::Limits;
use super::topic_settings::{self, Overrides};
use crate::coordinator::{ErrorCode, TopicName};
use crate::storage::{FoundTopic, Place};

/// A topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) id: Uuid,
    /// The settings that it has for itself.
    pub(super) overrides: Overrides,
    /// What follows from them.
    limits: Limits,
    pub(super) partitions: Vec<Partition>,
}

impl Topic {
    /// A topic without partitions.
    pub(super) fn new(id: Uuid, overrides: Overrides, config: &BrokerConfig) -> Self {
        let limits = topic_settings::limits(config, &overrides);
        Self { id, overrides, limits, partitions: Vec::new() }
    }

    /// Changes its settings; what is kept now and what follows is kept by these.
    pub(super) fn alter(&mut self, overrides: Overrides, config: &BrokerConfig) {
        self.limits = topic_settings::limits(config, &overrides);
        self.overrides = overrides;
    }

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

    pub(super) fn get_mut(&mut self, name: &TopicName) -> Option<&mut Topic> {
        self.by_name.get_mut(name)
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
    pub(super) fn restore(
        &mut self,
        name: TopicName,
        found: FoundTopic,
        config: &BrokerConfig,
    ) -> Result<(), ErrorCode> {
        let mut topic = Topic::new(found.id, found.overrides, config);
        topic.partitions = found.partitions.into_iter().map(Partition::found).collect::<Result<_, _>>()?;
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

    /// Lets go of records that were kept for long enough; the first offsets that are left, and why.
    pub(super) fn let_go(&mut self, now: i64) -> Vec<(TopicName, i32, i64, &'static str)> {
        let mut all = Vec::new();
        for (name, topic) in &mut self.by_name {
            for (index, partition) in (0..).zip(&mut topic.partitions) {
                let Some((freed, why)) = partition.let_go(now, &topic.limits) else { continue };
                let freed = u64::try_from(freed).unwrap_or(u64::MAX);
                self.stored_bytes = self.stored_bytes.saturating_sub(freed);
                all.push((name.clone(), index, partition.start, why));
            }
        }
        all
    }

    fn partition_mut(&mut self, name: &TopicName, index: i32) -> Option<&mut Partition> {
        self.by_name.get_mut(name)?.partitions.get_mut(usize::try_from(index).ok()?)
    }

    /// Appends a batch that was checked to a partition; gives its first offset, the batch, and whether it begins a segment,
    /// unless an idempotent producer repeats it: then it is there once. If it `lasts` it is at once on disk, or as good as.
    pub(super) fn append(
        &mut self,
        name: &TopicName,
        index: i32,
        sent: &[u8],
        bounds: Bounds,
        lasts: bool,
    ) -> Result<(i64, Option<(Batch, bool)>), ErrorCode> {
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
        let topic = self.by_name.get_mut(name).ok_or(missing)?;
        let at = usize::try_from(index).map_err(|_| missing)?;
        let partition = topic.partitions.get_mut(at).ok_or(missing)?;
        let rolls = partition.push(batch.clone(), &topic.limits);
        if lasts {
            partition.high_watermark = partition.end;
        }
        self.stored_bytes = stored_bytes;
        Ok((first, Some((batch, rolls))))
    }
}

/// Kafka's rule for names of topics (`org.apache.kafka.common.internals.Topic`).
pub(super) fn is_legal(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.chars().all(legal)
}
