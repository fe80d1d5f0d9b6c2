//! What is written can be read back, whatever it holds.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use crate::coordinator::{
    Client, CommittedOffset, Generation, GroupMetadata, MemberMetadata, Record, Timestamp,
};
use crate::storage::batch::{self, Entry};
use crate::storage::records::{self, Names};
use crate::storage::topic_records::{self, TopicRecord};

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (0..3_i64, any::<i32>(), prop::option::of(bytes()), prop::option::of(bytes()));
    prop::collection::vec(entry, 1..20).prop_map(|entries| {
        let mut next = 5;
        let entry = |(gap, timestamp, key, value)| {
            let offset = next + gap;
            next = offset + 1;
            Entry { offset, timestamp: i64::from(timestamp), key, value }
        };
        entries.into_iter().map(entry).collect()
    })
}

fn member() -> impl Strategy<Value = MemberMetadata> {
    let instance = prop::option::of(".*");
    (".*", ".*", instance, any::<i32>(), any::<i32>(), bytes(), bytes()).prop_map(|member| {
        let (client_id, host, instance, session_timeout_ms, rebalance_timeout_ms, subscription, assignment) =
            member;
        let instance = instance.map(Into::into);
        let client = Client::new(client_id, host);
        MemberMetadata {
            client,
            instance,
            session_timeout_ms,
            rebalance_timeout_ms,
            subscription,
            assignment,
        }
    })
}

fn record() -> impl Strategy<Value = Record> {
    let text = || "[a-zé]{1,12}";
    let offset = (text(), text(), any::<i32>(), any::<i64>(), any::<i32>(), ".*", any::<i64>());
    let offset = offset.prop_map(|(group, topic, partition, offset, leader_epoch, metadata, at)| {
        let value = CommittedOffset { offset, leader_epoch, metadata, committed_at: Timestamp(at) };
        Record::OffsetCommit { group: group.into(), topic: topic.into(), partition, value }
    });
    let members = prop::collection::btree_map(text().prop_map(Into::into), member(), 0..4);
    let optional = || prop::option::of(text());
    let group = (text(), any::<i32>(), optional(), optional(), optional(), members);
    let group = group.prop_map(|(group, generation, kind, protocol, leader, members)| {
        let value = GroupMetadata {
            generation: Generation(generation),
            protocol_type: kind.map(Into::into),
            protocol: protocol.map(Into::into),
            leader: leader.map(Into::into),
            empty_since: None,
            members,
        };
        Record::GroupMetadata { group: group.into(), value }
    });
    prop_oneof![offset, group]
}

proptest! {
    #[test]
    fn batches(entries in entries()) {
        let batch = batch::encode(&entries);
        let header = batch::header(&batch).unwrap();
        prop_assert!(batch::is_intact(&batch));
        prop_assert_eq!(header.bytes, batch.len());
        prop_assert_eq!(header.base_offset, entries[0].offset);
        prop_assert_eq!(header.last_offset, entries.last().unwrap().offset);
        prop_assert_eq!(batch::decode(&batch).unwrap(), entries);
    }

    #[test]
    fn coordinator_records(record in record()) {
        let (mut key, mut value) = (BytesMut::new(), BytesMut::new());
        let has_value = records::encode(&record, 12, &mut key, &mut value);
        let value = has_value.then(|| value.freeze());
        if let (Record::GroupMetadata { value: group, .. }, Some(value)) = (&record, &value) {
            prop_assert_eq!(records::length_of_group(group), value.len());
        }
        prop_assert_eq!(records::decode(&mut Names::default(), &key, value.as_ref()), Some(record));
    }

    #[test]
    fn anything_is_decoded_without_a_panic(key in bytes(), value in bytes(), batch in prop::collection::vec(any::<u8>(), 0..200)) {
        records::decode(&mut Names::default(), &key, Some(&value));
        topic_records::decode(&value);
        let mut batch = batch;
        if batch.len() > 16 {
            batch[16] = 2;
        }
        batch::decode(&Bytes::from(batch));
    }
}

#[test]
fn topics() {
    let id = uuid::Uuid::from_u128(77);
    for record in [
        TopicRecord::Topic { name: "orders".into(), id },
        TopicRecord::Partition { topic: id, index: 3 },
        TopicRecord::Setting {
            topic: "orders".into(),
            name: "retention.ms".to_owned(),
            value: Some("1".to_owned()),
        },
        TopicRecord::Setting { topic: "orders".into(), name: "retention.ms".to_owned(), value: None },
        TopicRecord::Removed { id },
    ] {
        assert_eq!(topic_records::decode(&topic_records::encode(&record)), Some(record));
    }
}
