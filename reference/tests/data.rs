//! Records through the broker: Produce, Fetch, `ListOffsets`, and the bounds of what is kept.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod client;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use client::Client;
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::PartitionProduceResponse;
use kafka_protocol::messages::{
    CreateTopicsRequest, FetchRequest, InitProducerIdRequest, ListOffsetsRequest, MetadataRequest,
    ProduceRequest, TopicName, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use muster_reference::broker::{Broker, BrokerConfig};
use tokio::time::Instant;

fn topic(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

async fn broker(change: impl FnOnce(&mut BrokerConfig)) -> Broker {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), 2);
    change(&mut config);
    Broker::start(config).await.unwrap()
}

/// A batch of these values; the timestamp of each is its number.
fn batch(values: &[&str]) -> Bytes {
    let record = |(number, value): (usize, &&str)| Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: -1,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        offset: i64::try_from(number).unwrap(),
        // The encoder puts records of consecutive numbers into one batch.
        sequence: i32::try_from(number).unwrap(),
        timestamp: i64::try_from(number).unwrap() * 10,
        key: None,
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        headers: IndexMap::new(),
    };
    let records: Vec<_> = values.iter().enumerate().map(record).collect();
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
    bytes.freeze()
}

fn produce(partition: i32, acks: i16, records: Bytes) -> ProduceRequest {
    let data = PartitionProduceData::default().with_index(partition).with_records(Some(records));
    let of_topic = TopicProduceData::default().with_name(topic("t")).with_partition_data(vec![data]);
    ProduceRequest::default().with_acks(acks).with_topic_data(vec![of_topic])
}

async fn produced(client: &mut Client, partition: i32, records: Bytes) -> PartitionProduceResponse {
    let mut answer = client.ask(&produce(partition, -1, records), 9).await;
    answer.responses.remove(0).partition_responses.remove(0)
}

fn fetch(partition: i32, offset: i64, min_bytes: i32, wait: Duration) -> FetchRequest {
    let wanted = FetchPartition::default()
        .with_partition(partition)
        .with_fetch_offset(offset)
        .with_partition_max_bytes(1 << 20);
    FetchRequest::default()
        .with_max_wait_ms(i32::try_from(wait.as_millis()).unwrap())
        .with_min_bytes(min_bytes)
        .with_max_bytes(1 << 20)
        .with_topics(vec![FetchTopic::default().with_topic(topic("t")).with_partitions(vec![wanted])])
}

async fn fetched(client: &mut Client, request: &FetchRequest) -> PartitionData {
    client.ask(request, 12).await.responses.remove(0).partitions.remove(0)
}

/// Offsets and values of what was fetched.
fn read(data: &PartitionData) -> Vec<(i64, String)> {
    let mut bytes = data.records.clone().unwrap();
    let sets = RecordBatchDecoder::decode_all(&mut bytes).unwrap();
    let records = sets.into_iter().flat_map(|set| set.records);
    records.map(|r| (r.offset, String::from_utf8(r.value.unwrap().to_vec()).unwrap())).collect()
}

async fn listed(client: &mut Client, timestamp: i64) -> (i16, i64, i64) {
    let wanted = ListOffsetsPartition::default().with_partition_index(0).with_timestamp(timestamp);
    let of_topic = ListOffsetsTopic::default().with_name(topic("t")).with_partitions(vec![wanted]);
    let answer = client.ask(&ListOffsetsRequest::default().with_topics(vec![of_topic]), 7).await;
    let partition = &answer.topics[0].partitions[0];
    (partition.error_code, partition.offset, partition.timestamp)
}

#[tokio::test]
async fn records_come_back_with_their_offsets() {
    let broker = broker(|_| {}).await;
    let mut client = Client::connect(broker.address()).await;
    let first = produced(&mut client, 0, batch(&["a", "b"])).await;
    assert_eq!((first.error_code, first.base_offset), (0, 0));
    assert_eq!(produced(&mut client, 0, batch(&["c"])).await.base_offset, 2);
    assert_eq!(produced(&mut client, 0, batch(&["d", "e"])).await.base_offset, 3);
    let two = [batch(&["x"]), batch(&["y"])].concat();
    assert_eq!(produced(&mut client, 0, two.into()).await.error_code, 87, "INVALID_RECORD");
    // Without acknowledgement nothing comes back but the answer to what is asked next.
    client.send(&produce(0, 0, batch(&["f"])), 9).await;

    let data = fetched(&mut client, &fetch(0, 0, 1, Duration::ZERO)).await;
    assert_eq!((data.error_code, data.high_watermark), (0, 6));
    let expected = ["a", "b", "c", "d", "e", "f"].map(str::to_owned);
    assert_eq!(read(&data), (0..).zip(expected).collect::<Vec<_>>());
    // Whole batches: from the one that holds the offset.
    assert_eq!(read(&fetched(&mut client, &fetch(0, 1, 1, Duration::ZERO)).await)[0].0, 0);
    assert_eq!(read(&fetched(&mut client, &fetch(0, 2, 1, Duration::ZERO)).await)[0].0, 2);
    // The first batch comes whatever its size, and alone if there is no room.
    let small = fetch(0, 0, 1, Duration::ZERO).with_max_bytes(1);
    assert_eq!(read(&fetched(&mut client, &small).await).len(), 2);
    assert_eq!(fetched(&mut client, &fetch(0, 7, 1, Duration::ZERO)).await.error_code, 1);
    assert_eq!(fetched(&mut client, &fetch(9, 0, 1, Duration::ZERO)).await.error_code, 3);
    broker.shutdown().await;
}

#[tokio::test]
async fn a_fetch_waits_for_records() {
    let broker = broker(|_| {}).await;
    let (mut consumer, mut producer) =
        (Client::connect(broker.address()).await, Client::connect(broker.address()).await);
    let started = Instant::now();
    let empty = fetched(&mut consumer, &fetch(0, 0, 1, Duration::from_millis(200))).await;
    assert_eq!(read(&empty), []);
    assert!(started.elapsed() >= Duration::from_millis(200), "it waited");

    let started = Instant::now();
    let waiting = consumer.send(&fetch(0, 0, 1, Duration::from_secs(20)), 12).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    // What comes to another partition is none of it.
    produced(&mut producer, 1, batch(&["x"])).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    produced(&mut producer, 0, batch(&["a"])).await;
    let answer = consumer.receive::<FetchRequest>(12, waiting).await;
    assert_eq!(read(&answer.responses[0].partitions[0]), [(0, "a".to_owned())]);
    assert!(started.elapsed() < Duration::from_secs(10), "the append woke it");
    broker.shutdown().await;
}

#[tokio::test]
async fn offsets_are_listed() {
    let broker = broker(|_| {}).await;
    let mut client = Client::connect(broker.address()).await;
    assert_eq!(listed(&mut client, -1).await, (0, 0, -1));
    assert_eq!(listed(&mut client, 0).await, (0, -1, -1), "no record reaches it");
    produced(&mut client, 0, batch(&["a", "b"])).await;
    produced(&mut client, 0, batch(&["c", "d", "e"])).await;
    assert_eq!(listed(&mut client, -1).await, (0, 5, -1), "the end");
    assert_eq!(listed(&mut client, -2).await, (0, 0, -1), "the beginning");
    assert_eq!(listed(&mut client, -3).await, (0, 4, 20), "the largest timestamp");
    assert_eq!(listed(&mut client, 10).await, (0, 1, 10), "the first record of this time");
    assert_eq!(listed(&mut client, 15).await, (0, 4, 20), "the first record later than it");
    broker.shutdown().await;
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let broker = broker(|config| {
        config.message_max_bytes = 200;
        config.max_memory = 600;
        config.max_partitions = 4;
        config.num_partitions = 3;
    })
    .await;
    let mut client = Client::connect(broker.address()).await;
    let large = "x".repeat(300);
    assert_eq!(produced(&mut client, 0, batch(&[&large])).await.error_code, 10, "MESSAGE_TOO_LARGE");
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(produced(&mut client, 0, batch(&["abcdefgh"])).await.error_code);
    }
    assert_eq!(
        codes,
        [0, 0, 0, 56, 56],
        "KAFKA_STORAGE_ERROR: a batch takes some 70 bytes, and what is noted of it"
    );
    let mut cut_short = batch(&["a"]).to_vec();
    cut_short.pop();
    assert_eq!(produced(&mut client, 1, cut_short.into()).await.error_code, 87, "INVALID_RECORD");
    for (at, value, error) in [(16, 1, 87), (22, 5, 2), (26, 9, 2), (17, 0xff, 2), (62, 0xff, 2)] {
        let mut changed = batch(&["a"]).to_vec();
        changed[at] = value;
        assert_eq!(produced(&mut client, 1, changed.into()).await.error_code, error, "byte {at}");
    }

    let wanted = MetadataRequestTopic::default().with_name(Some(topic("more")));
    let request =
        MetadataRequest::default().with_topics(Some(vec![wanted])).with_allow_auto_topic_creation(true);
    assert_eq!(client.ask(&request, 12).await.topics[0].error_code, 44, "POLICY_VIOLATION");
    broker.shutdown().await;
}

#[tokio::test]
async fn topics_are_created_when_asked_for() {
    let broker = broker(|config| config.num_partitions = 3).await;
    let mut client = Client::connect(broker.address()).await;
    let ask = |name: &str, create| {
        let wanted = MetadataRequestTopic::default().with_name(Some(topic(name)));
        MetadataRequest::default().with_topics(Some(vec![wanted])).with_allow_auto_topic_creation(create)
    };
    assert_eq!(client.ask(&ask("n", false), 12).await.topics[0].error_code, 3);
    assert_eq!(client.ask(&ask("a/b", true), 12).await.topics[0].error_code, 17);
    let created = client.ask(&ask("n", true), 12).await;
    assert_eq!((created.topics[0].error_code, created.topics[0].partitions.len()), (0, 3));
    // By id, as later versions ask.
    let wanted = MetadataRequestTopic::default().with_topic_id(created.topics[0].topic_id).with_name(None);
    let named = client.ask(&MetadataRequest::default().with_topics(Some(vec![wanted])), 12).await;
    assert_eq!(named.topics[0].name, Some(topic("n")));

    let create = |name: &str, partitions, factor| {
        let wanted = CreatableTopic::default()
            .with_name(topic(name))
            .with_num_partitions(partitions)
            .with_replication_factor(factor);
        CreateTopicsRequest::default().with_topics(vec![wanted])
    };
    let answer = client.ask(&create("m", -1, 1), 7).await;
    assert_eq!((answer.topics[0].error_code, answer.topics[0].num_partitions), (0, 3));
    assert_eq!(client.ask(&create("m", 1, 1), 7).await.topics[0].error_code, 36);
    assert_eq!(client.ask(&create("o", 0, 1), 7).await.topics[0].error_code, 37);
    assert_eq!(client.ask(&create("o", 1, 3), 7).await.topics[0].error_code, 38);
    broker.shutdown().await;
}

/// Who asks for something that is not there is told so.
#[tokio::test]
async fn settings_of_topics_hold_or_are_refused() {
    let broker = broker(|_| {}).await;
    let mut client = Client::connect(broker.address()).await;
    let mut told = Vec::new();
    for (name, value) in [
        ("cleanup.policy", "compact"),
        ("retention.bytes", "-1"),
        ("retention.ms", "-2"),
        ("flush.ms", "100"),
        ("retention", "1"),
        ("retention.ms", "-1"),
        ("segment.ms", "soon"),
    ] {
        let setting = CreatableTopicConfig::default()
            .with_name(StrBytes::from_static_str(name))
            .with_value(Some(StrBytes::from_static_str(value)));
        let wanted = CreatableTopic::default()
            .with_name(topic(&format!("t{}", told.len())))
            .with_num_partitions(1)
            .with_replication_factor(1)
            .with_configs(vec![setting]);
        let answer = client.ask(&CreateTopicsRequest::default().with_topics(vec![wanted]), 7).await;
        let answer = &answer.topics[0];
        told.push((answer.error_code, answer.error_message.as_ref().map(ToString::to_string)));
    }
    let is_deleted = "cleanup.policy=compact is not supported by this broker: it is delete for every topic";
    assert_eq!(told[0], (40, Some(is_deleted.to_owned())));
    let least = "Invalid value -2 for configuration retention.ms: Value must be at least -1";
    assert_eq!(told[2], (40, Some(least.to_owned())));
    let number = "Invalid value soon for configuration segment.ms: Not a number of type LONG";
    assert_eq!(told[6], (40, Some(number.to_owned())));
    assert_eq!(told[4], (40, Some("Unknown topic config name: retention".to_owned())));
    let codes: Vec<_> = told.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [40, 0, 40, 0, 40, 0, 40]);
    assert_eq!(told[1].1, None, "nothing is said of what is well");
    broker.shutdown().await;
}

#[tokio::test]
async fn producer_ids_are_new_and_without_transactions() {
    let broker = broker(|_| {}).await;
    let mut client = Client::connect(broker.address()).await;
    let one = client.ask(&InitProducerIdRequest::default().with_transactional_id(None), 4).await;
    let other = client.ask(&InitProducerIdRequest::default().with_transactional_id(None), 4).await;
    assert_eq!((one.error_code, other.error_code), (0, 0));
    assert_ne!(one.producer_id, other.producer_id);
    let id = TransactionalId(StrBytes::from_static_str("x"));
    let refused = client.ask(&InitProducerIdRequest::default().with_transactional_id(Some(id)), 4).await;
    assert_eq!(refused.error_code, 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
    broker.shutdown().await;
}
