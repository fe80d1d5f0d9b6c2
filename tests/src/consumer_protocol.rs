//! The bytes that are opaque to a coordinator: subscriptions and assignments of the consumer protocol.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::consumer_protocol_assignment::TopicPartition;
use kafka_protocol::messages::{ConsumerProtocolAssignment, ConsumerProtocolSubscription, TopicName};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use muster_model::trace::Partitions;

/// The version of the consumer protocol: eager members need no more.
const VERSION: i16 = 0;

/// A subscription to topics, named by `name`.
pub(crate) fn encode_subscription(topics: &[String], name: impl Fn(&str) -> String) -> Result<Bytes, String> {
    let topics = topics.iter().map(|topic| StrBytes::from_string(name(topic))).collect();
    encode(&ConsumerProtocolSubscription::default().with_topics(topics))
}

/// The topics of a subscription, named by `name`; none if there are no bytes.
pub(crate) fn decode_subscription(
    bytes: &Bytes,
    name: impl Fn(&str) -> String,
) -> Result<Vec<String>, String> {
    let decoded: Option<ConsumerProtocolSubscription> = decode(bytes)?;
    Ok(decoded
        .map_or_else(Vec::new, |subscription| subscription.topics.iter().map(|topic| name(topic)).collect()))
}

/// An assignment of partitions, their topics named by `name`.
pub(crate) fn encode_assignment(
    partitions: &Partitions,
    name: impl Fn(&str) -> String,
) -> Result<Bytes, String> {
    let topic = |(topic, of): (&String, &Vec<i32>)| {
        let topic = TopicName(StrBytes::from_string(name(topic)));
        TopicPartition::default().with_topic(topic).with_partitions(of.clone())
    };
    encode(
        &ConsumerProtocolAssignment::default()
            .with_assigned_partitions(partitions.iter().map(topic).collect()),
    )
}

/// The partitions of an assignment, their topics named by `name`; `None` if there are no bytes.
pub(crate) fn decode_assignment(
    bytes: &Bytes,
    name: impl Fn(&str) -> String,
) -> Result<Option<Partitions>, String> {
    let decoded: Option<ConsumerProtocolAssignment> = decode(bytes)?;
    let named = |assignment: ConsumerProtocolAssignment| {
        assignment.assigned_partitions.into_iter().map(|t| (name(&t.topic), t.partitions)).collect()
    };
    Ok(decoded.map(named))
}

/// The version, then the fields.
fn encode<M: Encodable>(message: &M) -> Result<Bytes, String> {
    let mut bytes = BytesMut::new();
    bytes.put_i16(VERSION);
    message.encode(&mut bytes, VERSION).map_err(|error| error.to_string())?;
    Ok(bytes.freeze())
}

fn decode<M: Decodable>(bytes: &Bytes) -> Result<Option<M>, String> {
    let mut bytes = bytes.clone();
    match bytes.try_get_i16() {
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err("one byte of consumer protocol".to_owned()),
        Ok(version) => M::decode(&mut bytes, version).map(Some).map_err(|error| error.to_string()),
    }
}
