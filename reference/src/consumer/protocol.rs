//! The bytes that are opaque to the coordinator: subscriptions, assignments, and the user data of the sticky assignors
//! (`ConsumerProtocol`, `StickyAssignor`, `CooperativeStickyAssignor`).

use std::collections::BTreeMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::consumer_protocol_assignment::TopicPartition as Assigned;
use kafka_protocol::messages::consumer_protocol_subscription::TopicPartition as Owned;
use kafka_protocol::messages::{ConsumerProtocolAssignment, ConsumerProtocolSubscription, TopicName as Name};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use crate::assignor::{Assignor, Subscriber, TopicPartition};
use crate::coordinator::{Generation, JoinedMember, TopicName};

/// The protocol type of consumers.
pub(super) const TYPE: &str = "consumer";

/// The version that the client writes.
const VERSION: i16 = 3;

fn by_topic(partitions: &[TopicPartition]) -> BTreeMap<TopicName, Vec<i32>> {
    let mut topics: BTreeMap<TopicName, Vec<i32>> = BTreeMap::new();
    for TopicPartition { topic, partition } in partitions {
        topics.entry(topic.clone()).or_default().push(*partition);
    }
    topics
}

fn text(name: &TopicName) -> StrBytes {
    StrBytes::from_string(name.to_string())
}

fn in_topic(topic: &Name, partitions: Vec<i32>) -> impl Iterator<Item = TopicPartition> {
    let topic = TopicName::from(topic.as_str());
    partitions.into_iter().map(move |partition| TopicPartition { topic: topic.clone(), partition })
}

/// The version, then the fields. None of these messages can fail to be written.
fn encode(message: &impl Encodable) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(VERSION);
    let written = message.encode(&mut bytes, VERSION);
    if written.is_ok() { bytes.freeze() } else { Bytes::new() }
}

fn decode<M: Decodable>(bytes: &Bytes) -> Option<M> {
    let mut bytes = bytes.clone();
    let version = bytes.try_get_i16().ok().filter(|version| *version >= 0)?;
    M::decode(&mut bytes, version.min(VERSION)).ok()
}

/// A subscription under an assignor.
pub(super) fn subscription(
    assignor: Assignor,
    subscriber: &Subscriber,
    remembered: Option<&(Vec<TopicPartition>, Generation)>,
) -> Bytes {
    let owned = |(topic, partitions): (TopicName, Vec<i32>)| {
        Owned::default().with_topic(Name(text(&topic))).with_partitions(partitions)
    };
    let user_data = match assignor {
        Assignor::Range | Assignor::RoundRobin => None,
        Assignor::Sticky => remembered.map(|(partitions, generation)| previous(partitions, *generation)),
        Assignor::CooperativeSticky => {
            let generation = remembered.map_or(Generation::NONE, |(_, generation)| *generation);
            Some(Bytes::copy_from_slice(&generation.0.to_be_bytes()))
        }
    };
    let message = ConsumerProtocolSubscription::default()
        .with_topics(subscriber.topics.iter().map(text).collect())
        .with_user_data(user_data)
        .with_owned_partitions(by_topic(&subscriber.owned).into_iter().map(owned).collect())
        .with_generation_id(subscriber.generation.unwrap_or(Generation::NONE).0);
    encode(&message)
}

/// The sticky assignor's user data, version 1.
fn previous(partitions: &[TopicPartition], generation: Generation) -> Bytes {
    let mut bytes = BytesMut::new();
    let count = |length: usize| i32::try_from(length).unwrap_or(i32::MAX);
    let topics = by_topic(partitions);
    bytes.put_i32(count(topics.len()));
    for (topic, partitions) in topics {
        bytes.put_i16(i16::try_from(topic.as_str().len()).unwrap_or(i16::MAX));
        bytes.put_slice(topic.as_str().as_bytes());
        bytes.put_i32(count(partitions.len()));
        for partition in partitions {
            bytes.put_i32(partition);
        }
    }
    bytes.put_i32(generation.0);
    bytes.freeze()
}

/// The sticky assignor's user data. Without a generation it is of version 0; what cannot be read counts for nothing.
fn read_previous(mut bytes: Bytes) -> Option<(Vec<TopicPartition>, Option<Generation>)> {
    let mut partitions = Vec::new();
    for _ in 0..bytes.try_get_i32().ok()? {
        let length = usize::try_from(bytes.try_get_i16().ok()?).ok()?;
        let name = (bytes.remaining() >= length).then(|| bytes.copy_to_bytes(length))?;
        let topic = TopicName::from(std::str::from_utf8(&name).ok()?);
        for _ in 0..bytes.try_get_i32().ok()? {
            let partition = bytes.try_get_i32().ok()?;
            partitions.push(TopicPartition { topic: topic.clone(), partition });
        }
    }
    Some((partitions, bytes.try_get_i32().ok().map(Generation)))
}

/// A member as its leader sees it; `None` if its subscription cannot be read.
pub(super) fn subscriber(assignor: Assignor, member: &JoinedMember) -> Option<Subscriber> {
    let message: ConsumerProtocolSubscription = decode(&member.metadata)?;
    let generation = Some(Generation(message.generation_id)).filter(|g| *g > Generation::NONE);
    let said = message.owned_partitions.iter().flat_map(|o| in_topic(&o.topic, o.partitions.clone()));
    let (owned, owned_in) = match assignor {
        Assignor::Range | Assignor::RoundRobin => (said.collect(), generation),
        Assignor::Sticky => message.user_data.and_then(read_previous).unwrap_or_default(),
        Assignor::CooperativeSticky => {
            let own = message.user_data.and_then(|mut bytes| bytes.try_get_i32().ok()).map(Generation);
            (said.collect(), generation.or(own))
        }
    };
    let topics = message.topics.iter().map(|topic| TopicName::from(topic.as_str())).collect();
    let (member, instance) = (member.member.clone(), member.instance.clone());
    Some(Subscriber { member, instance, topics, owned, owned_in, generation })
}

/// A member's share.
pub(super) fn assignment(share: &[TopicPartition]) -> Bytes {
    let topic = |(topic, partitions): (TopicName, Vec<i32>)| {
        Assigned::default().with_topic(Name(text(&topic))).with_partitions(partitions)
    };
    let topics = by_topic(share).into_iter().map(topic).collect();
    encode(&ConsumerProtocolAssignment::default().with_assigned_partitions(topics))
}

/// The partitions of a share; `None` if there are no bytes, or they cannot be read.
pub(super) fn partitions(bytes: &Bytes) -> Option<Vec<TopicPartition>> {
    let message: ConsumerProtocolAssignment = decode(bytes)?;
    let topics = message.assigned_partitions.iter();
    Some(topics.flat_map(|assigned| in_topic(&assigned.topic, assigned.partitions.clone())).collect())
}
