//! The bytes that are opaque to a coordinator: subscriptions and assignments of the consumer protocol.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::consumer_protocol_assignment::TopicPartition;
use kafka_protocol::messages::consumer_protocol_subscription::TopicPartition as Owned;
use kafka_protocol::messages::{ConsumerProtocolAssignment, ConsumerProtocolSubscription, TopicName};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use muster_model::trace::{Claim, Partitions, Protocol};

mod user_data;

/// The version of the consumer protocol: members that claim nothing need no more.
const VERSION: i16 = 0;

/// The version whose subscription tells what is owned, and since which generation (KIP-792).
const VERSION_WITH_CLAIMS: i16 = 2;

/// The eager assignor whose claims are user data.
const STICKY: &str = "sticky";

/// The subscription that a member offers, its topics named by `name`.
pub(crate) fn encode_subscription(offer: &Protocol, name: impl Fn(&str) -> String) -> Result<Bytes, String> {
    let topics = offer.topics.iter().map(|topic| StrBytes::from_string(name(topic))).collect();
    let subscription = ConsumerProtocolSubscription::default().with_topics(topics);
    let Some(claim) = &offer.claim else { return encode(&subscription, VERSION) };
    if offer.name == STICKY {
        let data = user_data::encode(claim, name)?;
        return encode(&subscription.with_user_data(Some(data)), VERSION);
    }
    let owned = claim.partitions.iter().map(|(topic, of)| {
        let topic = TopicName(StrBytes::from_string(name(topic)));
        Owned::default().with_topic(topic).with_partitions(of.clone())
    });
    let subscription = subscription.with_owned_partitions(owned.collect());
    encode(&subscription.with_generation_id(claim.generation), VERSION_WITH_CLAIMS)
}

/// The topics of a subscription, named by `name`, and what it claims; none if there are no bytes.
pub(crate) fn decode_subscription(
    bytes: &Bytes,
    name: impl Fn(&str) -> String,
) -> Result<(Vec<String>, Option<Claim>), String> {
    let decoded: Option<ConsumerProtocolSubscription> = decode(bytes)?;
    let Some(subscription) = decoded else { return Ok((Vec::new(), None)) };
    let topics = subscription.topics.iter().map(|topic| name(topic)).collect();
    let with_claims = bytes.clone().try_get_i16().is_ok_and(|version| version >= VERSION_WITH_CLAIMS);
    let owned = subscription.owned_partitions.into_iter().map(|o| (name(&o.topic), o.partitions));
    let claim = match subscription.user_data {
        Some(data) => Some(user_data::decode(data, &name)?),
        None if with_claims => {
            Some(Claim { partitions: owned.collect(), generation: subscription.generation_id })
        }
        None => None,
    };
    Ok((topics, claim))
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
    let assigned = partitions.iter().map(topic).collect();
    encode(&ConsumerProtocolAssignment::default().with_assigned_partitions(assigned), VERSION)
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
fn encode<M: Encodable>(message: &M, version: i16) -> Result<Bytes, String> {
    let mut bytes = BytesMut::new();
    bytes.put_i16(version);
    message.encode(&mut bytes, version).map_err(|error| error.to_string())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(name: &str) -> Protocol {
        let claim = Claim { partitions: [("t".to_owned(), vec![0, 2])].into(), generation: 7 };
        Protocol { name: name.to_owned(), topics: vec!["t".to_owned(), "u".to_owned()], claim: Some(claim) }
    }

    #[test]
    fn a_claim_comes_back_as_it_went_under_every_assignor() {
        for name in ["range", STICKY, "cooperative-sticky"] {
            let bytes = encode_subscription(&offer(name), |topic| format!("x-{topic}")).unwrap();
            let read =
                decode_subscription(&bytes, |topic| topic.trim_start_matches("x-").to_owned()).unwrap();
            assert_eq!(read, (offer(name).topics, offer(name).claim), "{name}");
        }
    }

    #[test]
    fn a_subscription_without_a_claim_has_none() {
        let bytes = encode_subscription(&Protocol { claim: None, ..offer("range") }, str::to_owned).unwrap();
        assert_eq!(decode_subscription(&bytes, str::to_owned).unwrap(), (offer("range").topics, None));
    }

    #[test]
    fn user_data_that_ends_early_is_an_error() {
        let bytes = encode_subscription(&offer(STICKY), str::to_owned).unwrap();
        let data = user_data::encode(&offer(STICKY).claim.unwrap(), str::to_owned).unwrap();
        assert!(bytes.len() > data.len());
        for end in 0..data.len() {
            assert!(user_data::decode(data.slice(..end), str::to_owned).is_err(), "{end}");
        }
    }
}
