//! `RangeAssignor`: per topic, consecutive runs.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Shares, Subscriber, empty_handed, java, partitions};
use crate::coordinator::TopicName;

/// `MemberInfo.compareTo`: static members first, by instance id; the others by member id.
pub(super) fn compare(one: &Subscriber, other: &Subscriber) -> Ordering {
    match (&one.instance, &other.instance) {
        (Some(one), Some(other)) => java::compare(one.as_str(), other.as_str()),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => java::compare(one.member.as_str(), other.member.as_str()),
    }
}

/// For each topic its subscribers get runs of equal length; the first ones get one more where it does not come out
/// even.
pub(super) fn assign(topics: &BTreeMap<TopicName, i32>, subscribers: &[Subscriber]) -> Shares {
    let mut shares = empty_handed(subscribers);
    for (topic, count) in topics {
        let mut of_topic: Vec<_> = subscribers.iter().filter(|s| s.topics.contains(topic)).collect();
        of_topic.sort_by(|one, other| compare(one, other));
        let mut rest: Vec<_> = partitions(topic, *count).collect();
        let (each, mut more) = (rest.len() / of_topic.len().max(1), rest.len() % of_topic.len().max(1));
        for subscriber in of_topic {
            let length = each + usize::from(more > 0);
            more = more.saturating_sub(1);
            let share = rest.drain(..length.min(rest.len()));
            shares.entry(subscriber.member.clone()).or_default().extend(share);
        }
    }
    shares
}
