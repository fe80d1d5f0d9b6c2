//! The topics, as records of Kafka's `__cluster_metadata`: `TopicRecord` (2), `PartitionRecord` (3),
//! `ConfigRecord` (4) and `RemoveTopicRecord` (9), each in a frame of its own version, its kind and the kind's version
//! (`MetadataRecordSerde`).

use bytes::{BufMut, Bytes, BytesMut};
use uuid::Uuid;

use super::codec::{Reader, Write};
use crate::coordinator::TopicName;

const FRAME: usize = 1;
const TOPIC: usize = 2;
const PARTITION: usize = 3;
const CONFIG: usize = 4;
const REMOVE_TOPIC: usize = 9;
/// The type of resource that a topic is.
const OF_TOPIC: u8 = 2;
const NODE: i32 = 1;

/// What becomes of the topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TopicRecord {
    /// A topic is there, without partitions.
    Topic { name: TopicName, id: Uuid },
    /// A topic has this partition.
    Partition { topic: Uuid, index: i32 },
    /// A topic has this setting, or, without a value, has it no more.
    Setting { topic: TopicName, name: String, value: Option<String> },
    /// A topic is gone.
    Removed { id: Uuid },
}

pub(super) fn encode(record: &TopicRecord) -> Bytes {
    let mut bytes = BytesMut::with_capacity(64);
    bytes.put_varint(FRAME);
    match record {
        TopicRecord::Topic { name, id } => {
            bytes.put_varint(TOPIC);
            bytes.put_varint(0);
            bytes.put_compact_text(name.as_str());
            bytes.put_u128(id.as_u128());
        }
        TopicRecord::Partition { topic, index } => {
            bytes.put_varint(PARTITION);
            bytes.put_varint(0);
            bytes.put_i32(*index);
            bytes.put_u128(topic.as_u128());
            for of_node in [true, true, false, false] {
                // Replicas, in-sync replicas; none that are removed or added.
                bytes.put_varint(usize::from(of_node) + 1);
                if of_node {
                    bytes.put_i32(NODE);
                }
            }
            bytes.put_i32(NODE);
            bytes.put_i32(0); // leader epoch
            bytes.put_i32(0); // partition epoch
        }
        TopicRecord::Setting { topic, name, value } => {
            bytes.put_varint(CONFIG);
            bytes.put_varint(0);
            bytes.put_u8(OF_TOPIC);
            bytes.put_compact_text(topic.as_str());
            bytes.put_compact_text(name);
            match value {
                Some(value) => bytes.put_compact_text(value),
                None => bytes.put_varint(0),
            }
        }
        TopicRecord::Removed { id } => {
            bytes.put_varint(REMOVE_TOPIC);
            bytes.put_varint(0);
            bytes.put_u128(id.as_u128());
        }
    }
    bytes.put_varint(0); // tagged fields
    bytes.freeze()
}

/// Reads a record back. None: it is of another kind, or malformed.
pub(super) fn decode(value: &Bytes) -> Option<TopicRecord> {
    let mut reader = Reader::new(value);
    let (frame, kind, version) = (reader.varint()?, reader.varint()?, reader.varint()?);
    if (frame, version) != (FRAME, 0) {
        return None;
    }
    match kind {
        TOPIC => {
            let name = reader.compact_text()?.into();
            Some(TopicRecord::Topic { name, id: Uuid::from_u128(reader.u128()?) })
        }
        PARTITION => {
            let index = reader.i32()?;
            Some(TopicRecord::Partition { topic: Uuid::from_u128(reader.u128()?), index })
        }
        CONFIG if reader.u8()? == OF_TOPIC => Some(TopicRecord::Setting {
            topic: reader.compact_text()?.into(),
            name: reader.compact_text()?.to_owned(),
            value: reader.nullable_compact_text()?.map(str::to_owned),
        }),
        REMOVE_TOPIC => Some(TopicRecord::Removed { id: Uuid::from_u128(reader.u128()?) }),
        _ => None,
    }
}
