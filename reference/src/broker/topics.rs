//! Topics, their partitions and the batches in them, in memory.

use std::collections::{BTreeMap, HashMap};

use bytes::{Bytes, BytesMut};
use uuid::Uuid;

use crate::coordinator::{ErrorCode, TopicName};

/// A batch of records, as its producer sent it but for its offsets.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) base_offset: i64,
    pub(super) last_offset: i64,
    pub(super) base_timestamp: i64,
    pub(super) max_timestamp: i64,
    pub(super) bytes: Bytes,
}

/// The fixed part of a batch of format 2 (`DefaultRecordBatch`).
const HEADER_BYTES: usize = 61;

/// Splits what a producer sent into batches.
fn batches(mut rest: &[u8]) -> Result<Vec<&[u8]>, ErrorCode> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        let length = i32::from_be_bytes(field(rest, 8).ok_or(ErrorCode::CorruptMessage)?);
        let length = usize::try_from(length).map_err(|_| ErrorCode::CorruptMessage)?;
        let (batch, after) = length
            .checked_add(12)
            .and_then(|all| rest.split_at_checked(all))
            .ok_or(ErrorCode::CorruptMessage)?;
        if batch.len() < HEADER_BYTES {
            return Err(ErrorCode::CorruptMessage);
        }
        found.push(batch);
        rest = after;
    }
    if found.is_empty() { Err(ErrorCode::CorruptMessage) } else { Ok(found) }
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Gives a batch its offsets. The checksum does not cover them, and is left to the consumers to check, as is what
/// the records hold.
fn stored(batch: &[u8], base_offset: i64) -> Result<Batch, ErrorCode> {
    let magic = field::<1>(batch, 16).ok_or(ErrorCode::CorruptMessage)?;
    if magic != [2] {
        return Err(ErrorCode::UnsupportedForMessageFormat);
    }
    let int = |at| field(batch, at).map(i32::from_be_bytes).ok_or(ErrorCode::CorruptMessage);
    let long = |at| field(batch, at).map(i64::from_be_bytes).ok_or(ErrorCode::CorruptMessage);
    let (last_delta, count) = (int(23)?, int(57)?);
    // Kafka takes only batches without gaps from a producer (`LogValidator`).
    if count < 1 || last_delta != count - 1 {
        return Err(ErrorCode::CorruptMessage);
    }
    let mut bytes = BytesMut::from(batch);
    bytes[..8].copy_from_slice(&base_offset.to_be_bytes());
    bytes[12..16].copy_from_slice(&0_i32.to_be_bytes());
    Ok(Batch {
        base_offset,
        last_offset: base_offset.checked_add(i64::from(last_delta)).ok_or(ErrorCode::CorruptMessage)?,
        base_timestamp: long(27)?,
        max_timestamp: long(35)?,
        bytes: bytes.freeze(),
    })
}

/// A partition: its first offset is 0.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pub(super) batches: Vec<Batch>,
    /// The next record's offset; also the high watermark, with one replica.
    pub(super) end: i64,
}

impl Partition {
    /// The index of the batch that holds this offset or a later one.
    pub(super) fn find(&self, offset: i64) -> usize {
        self.batches.partition_point(|batch| batch.last_offset < offset)
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

    /// Appends what a producer sent to a partition, all of it or nothing; gives its first offset.
    pub(super) fn append(
        &mut self,
        name: &TopicName,
        index: i32,
        records: &[u8],
        bounds: Bounds,
    ) -> Result<i64, ErrorCode> {
        let missing = ErrorCode::UnknownTopicOrPartition;
        let first = self.partition(name, index).ok_or(missing)?.end;
        let mut end = first;
        let mut new = Vec::new();
        for batch in batches(records)? {
            if batch.len() > bounds.message_bytes {
                return Err(ErrorCode::MessageTooLarge);
            }
            let batch = stored(batch, end)?;
            end = batch.last_offset.saturating_add(1);
            new.push(batch);
        }
        let stored_bytes = self.stored_bytes.saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
        if stored_bytes > bounds.stored_bytes {
            return Err(ErrorCode::KafkaStorageError);
        }
        let index = usize::try_from(index).map_err(|_| missing)?;
        let topic = self.by_name.get_mut(name).ok_or(missing)?;
        let partition = topic.partitions.get_mut(index).ok_or(missing)?;
        partition.batches.append(&mut new);
        partition.end = end;
        self.stored_bytes = stored_bytes;
        Ok(first)
    }
}

/// Kafka's rule for names of topics (`org.apache.kafka.common.internals.Topic`).
pub(super) fn is_legal(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.chars().all(legal)
}
