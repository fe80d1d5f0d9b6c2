//! Idempotent producers, and what a broker without transactions tells those who want them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod client;

use bytes::{Bytes, BytesMut};
use client::Client;
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    FindCoordinatorRequest, InitProducerIdRequest, MetadataRequest, ProduceRequest, TopicName,
    TransactionalId,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType};
use muster_reference::broker::{Broker, BrokerConfig};

fn batch(producer_id: i64, producer_epoch: i16, sequence: i32, transactional: bool) -> Bytes {
    let record = |more: i32| Record {
        transactional,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: -1,
        producer_id,
        producer_epoch,
        timestamp_type: TimestampType::Creation,
        offset: i64::from(more),
        sequence: sequence + more,
        timestamp: 0,
        key: None,
        value: Some(Bytes::from_static(b"v")),
        headers: IndexMap::new(),
    };
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::Gzip };
    RecordBatchEncoder::encode(&mut bytes, &[record(0), record(1)], &options).unwrap();
    bytes.freeze()
}

fn produce(records: Bytes) -> ProduceRequest {
    let data = PartitionProduceData::default().with_index(0).with_records(Some(records));
    let name = TopicName(StrBytes::from_static_str("t"));
    let of_topic = TopicProduceData::default().with_name(name).with_partition_data(vec![data]);
    ProduceRequest::default().with_acks(-1).with_topic_data(vec![of_topic])
}

/// Error and offset of a batch of two records.
async fn produced(client: &mut Client, producer: i64, epoch: i16, sequence: i32) -> (i16, i64) {
    let answer = client.ask(&produce(batch(producer, epoch, sequence, false)), 9).await;
    let partition = &answer.responses[0].partition_responses[0];
    (partition.error_code, partition.base_offset)
}

async fn broker() -> Broker {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), 1);
    Broker::start(config).await.unwrap()
}

#[tokio::test]
async fn a_repeated_batch_is_there_once_and_a_gap_is_refused() {
    let broker = broker().await;
    let mut client = Client::connect(broker.address()).await;
    assert_eq!(produced(&mut client, 7, 0, 0).await, (0, 0));
    assert_eq!(produced(&mut client, 7, 0, 2).await, (0, 2));
    assert_eq!(produced(&mut client, 7, 0, 0).await, (0, 0), "repeated: the answer is the first one's");
    assert_eq!(produced(&mut client, 7, 0, 2).await, (0, 2));
    assert_eq!(produced(&mut client, 7, 0, 6).await, (45, -1), "OUT_OF_ORDER_SEQUENCE_NUMBER");
    assert_eq!(produced(&mut client, 8, 0, 40).await, (0, 4), "a producer that is not known starts anywhere");
    assert_eq!(produced(&mut client, 7, 1, 4).await, (45, -1), "a new epoch starts at 0");
    assert_eq!(produced(&mut client, 7, 1, 0).await, (0, 6));
    assert_eq!(produced(&mut client, 7, 0, 4).await, (47, -1), "INVALID_PRODUCER_EPOCH");
    // Five batches are remembered.
    for sequence in [2, 4, 6, 8, 10] {
        assert_eq!(produced(&mut client, 7, 1, sequence).await.0, 0);
    }
    assert_eq!(produced(&mut client, 7, 1, 2).await, (0, 8));
    assert_eq!(produced(&mut client, 7, 1, 0).await, (45, -1));
    broker.shutdown().await;
}

#[tokio::test]
async fn topics_have_ids_from_version_13_on() {
    let broker = broker().await;
    let mut client = Client::connect(broker.address()).await;
    let topics = client.ask(&MetadataRequest::default().with_topics(None), 13).await.topics;
    let mut request = produce(batch(1, 0, 0, false));
    request.topic_data[0].name = TopicName::default();
    let unknown = client.ask(&request, 13).await.responses.remove(0);
    assert_eq!(unknown.partition_responses[0].error_code, 100, "UNKNOWN_TOPIC_ID");
    request.topic_data[0].topic_id = topics[0].topic_id;
    let known = client.ask(&request, 13).await.responses.remove(0);
    assert_eq!((known.partition_responses[0].error_code, known.topic_id), (0, topics[0].topic_id));
    broker.shutdown().await;
}

#[tokio::test]
async fn transactions_are_refused_for_good() {
    let broker = broker().await;
    let mut client = Client::connect(broker.address()).await;
    let key = StrBytes::from_static_str("x");
    let ask = FindCoordinatorRequest::default().with_key_type(1).with_coordinator_keys(vec![key.clone()]);
    let found = client.ask(&ask, 6).await.coordinators.remove(0);
    assert_eq!(found.error_code, 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
    assert_eq!(found.error_message.as_deref(), Some("this broker has no transactions"));
    let ask = FindCoordinatorRequest::default().with_key_type(1).with_key(key.clone());
    assert_eq!(client.ask(&ask, 2).await.error_code, 53);
    let init = InitProducerIdRequest::default().with_transactional_id(Some(TransactionalId(key)));
    assert_eq!(client.ask(&init, 5).await.error_code, 53);
    let answer = client.ask(&produce(batch(7, 0, 0, true)), 9).await;
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 53);
    broker.shutdown().await;
}
