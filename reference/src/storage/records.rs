//! The coordinator's records in the schemas of Kafka's `__consumer_offsets`.
//!
//! Keys: `OffsetCommitKey` (version 1), `GroupMetadataKey` (version 2). Values in the versions that Kafka 4.3 writes
//! (`GroupCoordinatorRecordHelpers`): `OffsetCommitValue` 4 and `GroupMetadataValue` 3. Each begins with its version.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

use bytes::{BufMut, Bytes, BytesMut};

use super::codec::{Reader, Write};
use crate::coordinator::{
    Client, CommittedOffset, Generation, GroupId, GroupMetadata, InstanceId, MemberId, MemberMetadata,
    ProtocolName, ProtocolType, Record, Timestamp, TopicName,
};

const OFFSET_KEY: i16 = 1;
const GROUP_KEY: i16 = 2;
const OFFSET_VALUE: i16 = 4;
const GROUP_VALUE: i16 = 3;

/// Writes the key and the value of a record behind what there is; false: it has no value. `now` is in milliseconds.
pub(super) fn encode(record: &Record, now: i64, key: &mut BytesMut, value: &mut BytesMut) -> bool {
    match record {
        Record::OffsetCommit { group, topic, partition, value: offset } => {
            put_offset_key(key, group, topic, *partition);
            put_offset_value(value, offset);
            true
        }
        Record::OffsetDeleted { group, topic, partition } => {
            put_offset_key(key, group, topic, *partition);
            false
        }
        Record::GroupMetadata { group, value: metadata } => {
            put_group_key(key, group);
            put_group_value(value, metadata, now);
            true
        }
        Record::GroupDeleted { group } => {
            put_group_key(key, group);
            false
        }
        // They stand in batches of a producer. No client of the broker begins a transaction: none is ever written.
        Record::Transaction(_) => false,
    }
}

/// The value of a group's record. `now` is in milliseconds.
pub(crate) fn encode_group(value: &GroupMetadata, now: i64) -> Bytes {
    // As long as it is, and no longer.
    let mut bytes = BytesMut::with_capacity(length_of_group(value));
    put_group_value(&mut bytes, value, now);
    bytes.freeze()
}

/// How many bytes [`put_group_value`] writes.
pub(super) fn length_of_group(value: &GroupMetadata) -> usize {
    let members = value.members.iter().map(|(id, member)| {
        let instance = member.instance.as_ref().map_or("", InstanceId::as_str);
        let texts = [id.as_str(), instance, member.client.client_id(), member.client.host()];
        let texts = texts.into_iter().map(|text| 2 + text.len()).sum::<usize>();
        texts + 16 + member.subscription.len() + member.assignment.len()
    });
    let protocol_type = value.protocol_type.as_ref().map_or("", ProtocolType::as_str);
    let protocol = value.protocol.as_ref().map_or("", ProtocolName::as_str);
    let leader = value.leader.as_ref().map_or("", MemberId::as_str);
    24 + protocol_type.len() + protocol.len() + leader.len() + members.sum::<usize>()
}

fn put_offset_key(key: &mut BytesMut, group: &GroupId, topic: &TopicName, partition: i32) {
    key.put_i16(OFFSET_KEY);
    key.put_text(group.as_str());
    key.put_text(topic.as_str());
    key.put_i32(partition);
}

fn put_group_key(key: &mut BytesMut, group: &GroupId) {
    key.put_i16(GROUP_KEY);
    key.put_text(group.as_str());
}

fn put_offset_value(bytes: &mut BytesMut, value: &CommittedOffset) {
    bytes.put_i16(OFFSET_VALUE);
    bytes.put_i64(value.offset);
    bytes.put_i32(value.leader_epoch);
    bytes.put_compact_text(&value.metadata);
    bytes.put_i64(value.committed_at.0);
    bytes.put_varint(0); // tagged fields: the topic's id, which only OffsetCommit 10 names
}

fn put_group_value(bytes: &mut BytesMut, value: &GroupMetadata, now: i64) {
    bytes.put_i16(GROUP_VALUE);
    bytes.put_text(value.protocol_type.as_ref().map_or("", ProtocolType::as_str));
    bytes.put_i32(value.generation.0);
    bytes.put_nullable_text(value.protocol.as_ref().map(ProtocolName::as_str));
    bytes.put_nullable_text(value.leader.as_ref().map(MemberId::as_str));
    // Since when the group is as it is: only for an Empty one is that of interest later.
    bytes.put_i64(if value.members.is_empty() { value.empty_since.map_or(-1, |since| since.0) } else { now });
    bytes.put_i32(i32::try_from(value.members.len()).unwrap_or(i32::MAX));
    for (id, member) in &value.members {
        bytes.put_text(id.as_str());
        bytes.put_nullable_text(member.instance.as_ref().map(InstanceId::as_str));
        bytes.put_text(member.client.client_id());
        bytes.put_text(member.client.host());
        bytes.put_i32(member.rebalance_timeout_ms);
        bytes.put_i32(member.session_timeout_ms);
        bytes.put_block(&member.subscription);
        bytes.put_block(&member.assignment);
    }
}

/// Names that were read: many records share few of them, and so their memory.
#[derive(Debug, Default)]
pub(super) struct Names {
    groups: HashSet<GroupId>,
    topics: HashSet<TopicName>,
}

fn shared<N: Clone + Eq + Hash + Borrow<str> + for<'t> From<&'t str>>(
    names: &mut HashSet<N>,
    text: &str,
) -> N {
    if let Some(name) = names.get(text) {
        return name.clone();
    }
    let name = N::from(text);
    names.insert(name.clone());
    name
}

/// Reads a record back. None: it is of another kind, or malformed.
pub(super) fn decode(names: &mut Names, key: &[u8], value: Option<&Bytes>) -> Option<Record> {
    let mut reader = Reader::new(key);
    match reader.i16()? {
        0 | OFFSET_KEY => {
            let group = shared(&mut names.groups, reader.text()?);
            let topic = shared(&mut names.topics, reader.text()?);
            let partition = reader.i32()?;
            let Some(value) = value else { return Some(Record::OffsetDeleted { group, topic, partition }) };
            read_offset(value).map(|value| Record::OffsetCommit { group, topic, partition, value })
        }
        GROUP_KEY => {
            let group = shared(&mut names.groups, reader.text()?);
            let Some(value) = value else { return Some(Record::GroupDeleted { group }) };
            decode_group(value).map(|value| Record::GroupMetadata { group, value })
        }
        _ => None,
    }
}

fn read_offset(value: &Bytes) -> Option<CommittedOffset> {
    let mut reader = Reader::new(value);
    let version = reader.i16()?;
    let offset = reader.i64()?;
    let leader_epoch = if version >= 3 { reader.i32()? } else { -1 };
    let metadata = if version >= 4 { reader.compact_text()? } else { reader.text()? }.to_owned();
    let committed_at = Timestamp(reader.i64()?);
    Some(CommittedOffset { offset, leader_epoch, metadata, committed_at })
}

/// Reads the value of a group's record. None: it is malformed, or of another version.
pub(crate) fn decode_group(value: &Bytes) -> Option<GroupMetadata> {
    let mut reader = Reader::new(value);
    if reader.i16()? != GROUP_VALUE {
        return None;
    }
    let kind = reader.text()?;
    let generation = Generation(reader.i32()?);
    let protocol = reader.nullable_text()?.map(Into::into);
    let leader = reader.nullable_text()?.map(Into::into);
    let since = Timestamp(reader.i64()?);
    let mut members = BTreeMap::new();
    for _ in 0..usize::try_from(reader.i32()?).ok()? {
        let id = reader.text()?.into();
        let instance = reader.nullable_text()?.map(Into::into);
        let client = Client::new(reader.text()?, reader.text()?);
        let (rebalance_timeout_ms, session_timeout_ms) = (reader.i32()?, reader.i32()?);
        let (subscription, assignment) = (reader.bytes()?, reader.bytes()?);
        members.insert(
            id,
            MemberMetadata {
                client,
                instance,
                session_timeout_ms,
                rebalance_timeout_ms,
                subscription,
                assignment,
            },
        );
    }
    let protocol_type = (!kind.is_empty()).then(|| kind.into());
    let empty_since = (members.is_empty() && since.0 >= 0).then_some(since);
    Some(GroupMetadata { generation, protocol_type, protocol, leader, empty_since, members })
}
