//! What the members of a consumer group subscribe to: the one thing that the coordinator reads of their metadata, to know
//! which offsets are in use (`ClassicGroup.computeSubscribedTopics`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::group::Group;
use super::ids::TopicName;

/// The protocol type of consumers.
const CONSUMER: &str = "consumer";

impl Group {
    /// Whether its members are consumers.
    pub(super) fn is_consumer_group(&self) -> bool {
        self.protocol_type.as_ref().is_some_and(|kind| kind.as_str() == CONSUMER)
    }

    /// Whether the group reads the topic; where that cannot be known, a consumer group reads every one.
    pub(super) fn is_subscribed_to(&self, topic: &TopicName) -> bool {
        let of_consumers = || self.is_consumer_group();
        self.subscribed.as_ref().map_or_else(of_consumers, |topics| topics.contains(topic))
    }

    /// Reads the subscriptions of its members under the protocol that it has.
    pub(super) fn note_subscriptions(&mut self) {
        self.subscribed = if self.is_consumer_group() { self.subscriptions().map(Arc::new) } else { None };
    }

    fn subscriptions(&self) -> Option<BTreeSet<TopicName>> {
        if self.members.is_empty() {
            return Some(BTreeSet::new());
        }
        let protocol = self.protocol.as_ref()?;
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            topics.extend(parsed(&member.metadata(Some(protocol)))?);
        }
        Some(topics)
    }
}

/// The topics of a subscription: a version, and an array of strings that every version begins with.
fn parsed(metadata: &[u8]) -> Option<Vec<TopicName>> {
    let (version, mut rest) = metadata.split_first_chunk::<2>()?;
    let (count, after) = rest.get(..)?.split_first_chunk::<4>()?;
    rest = after;
    let count = usize::try_from(i32::from_be_bytes(*count)).ok()?;
    if i16::from_be_bytes(*version) < 0 {
        return None;
    }
    let mut topics = Vec::new();
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let length = usize::try_from(i16::from_be_bytes(*length)).ok()?;
        let (name, after) = after.split_at_checked(length)?;
        topics.push(TopicName::from(std::str::from_utf8(name).ok()?));
        rest = after;
    }
    Some(topics)
}
