//! A broker with a directory goes on where it was: topics, records, producers, groups, members, offsets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod asks;
mod client;

use std::path::Path;

use asks::{commit, committed, heartbeat, joined, sync};
use bytes::Bytes;
use client::Client;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    CreateTopicsRequest, DeleteTopicsRequest, FetchRequest, InitProducerIdRequest, ProduceRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Record, RecordBatchEncoder,
    RecordEncodeOptions, TimestampType,
};
use muster_reference::broker::{Broker, BrokerConfig, StartError};

async fn start(data: &Path) -> Result<Broker, StartError> {
    let mut config = BrokerConfig {
        listen: "127.0.0.1:0".to_owned(),
        data: Some(data.to_owned()),
        ..BrokerConfig::default()
    };
    config.set("group.initial.rebalance.delay.ms", "0").unwrap();
    config.set("auto.create.topics.enable", "false").unwrap();
    config.set("offsets.topic.segment.bytes", "2000").unwrap();
    Broker::start(config).await
}

fn topic(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

async fn create(client: &mut Client, name: &str) -> i16 {
    let wanted = CreatableTopic::default().with_name(topic(name)).with_num_partitions(2);
    let request = CreateTopicsRequest::default().with_topics(vec![wanted.with_replication_factor(1)]);
    client.ask(&request, 7).await.topics[0].error_code
}

async fn delete(client: &mut Client, name: &str) -> i16 {
    let wanted = DeleteTopicState::default().with_name(Some(topic(name)));
    let request = DeleteTopicsRequest::default().with_topics(vec![wanted]);
    client.ask(&request, 6).await.responses[0].error_code
}

/// A batch of one record; of an idempotent producer, if it has a number.
fn batch(value: &str, producer: Option<(i64, i32)>) -> Bytes {
    let record = Record {
        transactional: false,
        control: false,
        partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
        producer_id: producer.map_or(NO_PRODUCER_ID, |(id, _)| id),
        producer_epoch: producer.map_or(NO_PRODUCER_EPOCH, |_| 0),
        timestamp_type: TimestampType::Creation,
        delete_horizon: false,
        offset: 0,
        sequence: producer.map_or(-1, |(_, sequence)| sequence),
        timestamp: 7,
        key: None,
        value: Some(Bytes::from(value.to_owned())),
        headers: kafka_protocol::indexmap::IndexMap::new(),
    };
    let mut bytes = bytes::BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, &[record], &options).unwrap();
    bytes.freeze()
}

async fn produce(client: &mut Client, name: &str, records: Bytes) -> (i16, i64) {
    let data = PartitionProduceData::default().with_index(0).with_records(Some(records));
    let data = TopicProduceData::default().with_name(topic(name)).with_partition_data(vec![data]);
    let request = ProduceRequest::default().with_acks(-1).with_timeout_ms(1000).with_topic_data(vec![data]);
    let answer = client.ask(&request, 9).await;
    let answer = &answer.responses[0].partition_responses[0];
    (answer.error_code, answer.base_offset)
}

async fn fetched(client: &mut Client, name: &str) -> (i16, usize, i64) {
    let wanted = FetchPartition::default().with_partition(0).with_partition_max_bytes(1 << 20);
    let wanted = FetchTopic::default().with_topic(topic(name)).with_partitions(vec![wanted]);
    let request = FetchRequest::default().with_max_bytes(1 << 20).with_topics(vec![wanted]);
    let answer = client.ask(&request, 12).await;
    let answer = &answer.responses[0].partitions[0];
    (answer.error_code, answer.records.as_ref().map_or(0, Bytes::len), answer.high_watermark)
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    let broker = start(data.path()).await.unwrap();
    let mut client = Client::connect(broker.address()).await;
    for name in ["t", "gone", "again"] {
        assert_eq!(create(&mut client, name).await, 0);
        assert_eq!(produce(&mut client, name, batch("old", None)).await, (0, 0));
    }
    for name in ["gone", "again"] {
        assert_eq!(delete(&mut client, name).await, 0);
    }
    assert_eq!(create(&mut client, "again").await, 0);
    let id = client.ask(&InitProducerIdRequest::default().with_transactional_id(None), 4).await.producer_id.0;
    assert_eq!(produce(&mut client, "t", batch("once", Some((id, 0)))).await, (0, 1));
    let member = joined(&mut client, 5).await;
    let (generation, member) = (member.generation_id, member.member_id);
    assert_eq!(client.ask(&sync(3, generation, &member), 3).await.error_code, 0);
    for offset in 0..50 {
        let stored = client.ask(&commit(generation, &member, offset), 7).await;
        assert_eq!(stored.topics[0].partitions[0].error_code, 0);
    }
    broker.shutdown().await;

    let broker = start(data.path()).await.unwrap();
    let mut client = Client::connect(broker.address()).await;
    assert_eq!(fetched(&mut client, "gone").await.0, 3, "UNKNOWN_TOPIC_OR_PARTITION");
    assert_eq!(fetched(&mut client, "again").await, (0, 0, 0), "the records of the deleted one are gone");
    let length = batch("old", None).len() + batch("once", None).len();
    assert_eq!(fetched(&mut client, "t").await, (0, length, 2));
    assert_eq!(produce(&mut client, "t", batch("once", Some((id, 0)))).await, (0, 1), "is there once");
    assert_ne!(
        client.ask(&InitProducerIdRequest::default().with_transactional_id(None), 4).await.producer_id.0,
        id
    );
    assert_eq!(committed(&mut client, 7).await, 49);
    let beat = client.ask(&heartbeat(generation, &member), 3).await;
    assert_eq!(beat.error_code, 0, "the member is still one");
    assert_eq!(client.ask(&commit(generation, &member, 77), 7).await.topics[0].partitions[0].error_code, 0);
    broker.shutdown().await;

    let broker = start(data.path()).await.unwrap();
    let mut client = Client::connect(broker.address()).await;
    assert_eq!(committed(&mut client, 7).await, 77);
    let segments = std::fs::read_dir(data.path().join("__consumer_offsets-0")).unwrap().count();
    assert!(segments <= 4, "{segments} segments, of which compaction should leave few");
    broker.shutdown().await;
}

#[tokio::test]
async fn a_directory_has_one_broker() {
    let data = tempfile::tempdir().unwrap();
    let broker = start(data.path()).await.unwrap();
    let error = start(data.path()).await.unwrap_err().to_string();
    assert!(error.ends_with("another broker is using this directory"), "{error}");
    broker.shutdown().await;
    start(data.path()).await.unwrap().shutdown().await;
}
