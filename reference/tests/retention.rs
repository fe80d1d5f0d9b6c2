//! Records go when they were kept for long enough, by whole segments, in memory and on disk.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(clippy::disallowed_methods, reason = "records have timestamps, and their age counts")]

mod client;

use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use client::Client;
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    CreateTopicsRequest, DescribeConfigsRequest, FetchRequest, ListOffsetsRequest, ProduceRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Record, RecordBatchEncoder,
    RecordEncodeOptions, TimestampType,
};
use muster_reference::broker::{Broker, BrokerConfig};

/// Milliseconds: looked after so often.
const PERIOD: &str = "20";
const OFFSET_OUT_OF_RANGE: i16 = 1;

async fn start(data: Option<&Path>) -> (Broker, Client) {
    let mut config = BrokerConfig { data: data.map(Path::to_owned), ..BrokerConfig::for_tests() };
    config.set("log.retention.check.interval.ms", PERIOD).unwrap();
    let broker = Broker::start(config).await.unwrap();
    let client = Client::connect(broker.address()).await;
    (broker, client)
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic() -> TopicName {
    TopicName(text("t"))
}

async fn create(client: &mut Client, settings: &[(&str, &str)]) {
    let setting = |(name, value): &(&str, &str)| {
        CreatableTopicConfig::default().with_name(text(name)).with_value(Some(text(value)))
    };
    let wanted = CreatableTopic::default().with_name(topic()).with_num_partitions(1);
    let wanted = wanted.with_replication_factor(1).with_configs(settings.iter().map(setting).collect());
    let answer = client.ask(&CreateTopicsRequest::default().with_topics(vec![wanted]), 7).await;
    assert_eq!(answer.topics[0].error_code, 0);
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// One record, in a batch of some 70 bytes.
fn batch(timestamp: i64) -> Bytes {
    let record = Record {
        transactional: false,
        control: false,
        partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        timestamp_type: TimestampType::Creation,
        delete_horizon: false,
        offset: 0,
        sequence: -1,
        timestamp,
        key: None,
        value: Some(Bytes::from_static(b"x")),
        headers: IndexMap::new(),
    };
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, &[record], &options).unwrap();
    bytes.freeze()
}

/// The offset of what was produced, and the first one that was there then.
async fn produce(client: &mut Client, timestamp: i64) -> (i64, i64) {
    let data = PartitionProduceData::default().with_records(Some(batch(timestamp)));
    let data = TopicProduceData::default().with_name(topic()).with_partition_data(vec![data]);
    let answer = client.ask(&ProduceRequest::default().with_acks(-1).with_topic_data(vec![data]), 9).await;
    let answer = &answer.responses[0].partition_responses[0];
    assert_eq!(answer.error_code, 0);
    (answer.base_offset, answer.log_start_offset)
}

/// The error, how many bytes came, and the first offset that is there.
async fn fetch(client: &mut Client, offset: i64) -> (i16, usize, i64) {
    let wanted = FetchPartition::default().with_fetch_offset(offset).with_partition_max_bytes(1 << 20);
    let wanted = FetchTopic::default().with_topic(topic()).with_partitions(vec![wanted]);
    let request = FetchRequest::default().with_max_bytes(1 << 20).with_topics(vec![wanted]);
    let answer = client.ask(&request, 12).await;
    let answer = &answer.responses[0].partitions[0];
    (answer.error_code, answer.records.as_ref().map_or(0, Bytes::len), answer.log_start_offset)
}

/// Where the partition begins (-2), or ends (-1).
async fn offset(client: &mut Client, which: i64) -> i64 {
    let wanted = ListOffsetsPartition::default().with_timestamp(which);
    let wanted = ListOffsetsTopic::default().with_name(topic()).with_partitions(vec![wanted]);
    client.ask(&ListOffsetsRequest::default().with_topics(vec![wanted]), 7).await.topics[0].partitions[0]
        .offset
}

async fn begins_at(client: &mut Client, expected: i64) {
    let mut begins = -1;
    for _ in 0..500 {
        begins = offset(client, -2).await;
        if begins == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it begins at {begins}, and not at {expected}");
}

/// The names of the partition's files, as numbers.
fn files(data: &Path) -> Vec<i64> {
    let files = std::fs::read_dir(data.join("t-0")).unwrap();
    let name = |file: std::fs::DirEntry| file.file_name().into_string().unwrap();
    let mut bases: Vec<_> =
        files.map(|file| name(file.unwrap()).strip_suffix(".log").unwrap().parse().unwrap()).collect();
    bases.sort_unstable();
    bases
}

/// Two batches a segment; as many segments go as leave at least what is to be kept.
#[tokio::test]
async fn what_is_beyond_the_bytes_goes_by_segments() {
    let data = tempfile::tempdir().unwrap();
    for directory in [None, Some(data.path())] {
        let (broker, mut client) = start(directory).await;
        let length = batch(now()).len();
        let (two, five) = ((2 * length + 1).to_string(), (5 * length).to_string());
        create(&mut client, &[("segment.bytes", &two), ("retention.bytes", &five)]).await;
        for number in 0..10 {
            assert_eq!(produce(&mut client, now()).await.0, number);
        }
        begins_at(&mut client, 4).await;
        assert_eq!(offset(&mut client, -1).await, 10);
        assert_eq!(fetch(&mut client, 3).await, (OFFSET_OUT_OF_RANGE, 0, -1));
        assert_eq!(fetch(&mut client, 4).await, (0, 6 * length, 4));
        assert_eq!(produce(&mut client, now()).await, (10, 4));
        broker.shutdown().await;
    }
    assert_eq!(files(data.path()), [4, 6, 8, 10]);
}

/// The segment that is written to goes too; what comes later has later offsets, after a restart as well.
#[tokio::test]
async fn what_is_too_old_goes_and_its_offsets_are_not_given_again() {
    let data = tempfile::tempdir().unwrap();
    let (broker, mut client) = start(Some(data.path())).await;
    create(&mut client, &[("retention.ms", "60000")]).await;
    for _ in 0..3 {
        produce(&mut client, now() - 3_600_000).await;
    }
    begins_at(&mut client, 3).await;
    assert_eq!((offset(&mut client, -1).await, fetch(&mut client, 3).await), (3, (0, 0, 3)));
    broker.shutdown().await;
    assert_eq!(files(data.path()), [3], "an empty one, for its name");

    let (broker, mut client) = start(Some(data.path())).await;
    assert_eq!((offset(&mut client, -2).await, offset(&mut client, -1).await), (3, 3));
    assert_eq!(produce(&mut client, now()).await, (3, 3));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(offset(&mut client, -2).await, 3, "it is young");
    let resource = DescribeConfigsResource::default().with_resource_type(2).with_resource_name(text("t"));
    let resource = resource.with_configuration_keys(None);
    let described = client.ask(&DescribeConfigsRequest::default().with_resources(vec![resource]), 4).await;
    let setting = described.results[0].configs.iter().find(|config| config.name.as_str() == "retention.ms");
    let setting = setting.unwrap();
    assert_eq!((setting.value.as_deref(), setting.config_source), (Some("60000"), 1), "DYNAMIC_TOPIC_CONFIG");
    broker.shutdown().await;
}

/// By time a segment is begun when its first record is so old; what is kept for ever stays, whatever the broker says.
#[tokio::test]
async fn segments_and_settings_of_the_broker() {
    let mut config = BrokerConfig::for_tests();
    for (property, value) in
        [("log.retention.check.interval.ms", PERIOD), ("log.roll.ms", "1000"), ("log.retention.minutes", "1")]
    {
        config.set(property, value).unwrap();
    }
    assert_eq!(config.log_retention.retention_ms(), 60_000, "minutes are stronger than hours");
    let broker = Broker::start(config).await.unwrap();
    let mut client = Client::connect(broker.address()).await;
    create(&mut client, &[]).await;
    for age_ms in [70_000, 69_500, 65_000, 10_000] {
        produce(&mut client, now() - age_ms).await;
    }
    begins_at(&mut client, 3).await;
    broker.shutdown().await;

    let (broker, mut client) = start(None).await;
    create(&mut client, &[("retention.ms", "-1")]).await;
    produce(&mut client, 0).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(offset(&mut client, -2).await, 0);
    broker.shutdown().await;
}
