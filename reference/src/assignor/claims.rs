//! What members say they own, sorted out (`AbstractStickyAssignor.allSubscriptionsEqual`).

use std::collections::{BTreeMap, BTreeSet};

use super::{Subscriber, TopicPartition, highest_generation, java};
use crate::coordinator::{Generation, TopicName};

/// The claims of a group. Members stand by their place in `order`.
pub(super) struct Claims<'s> {
    /// The members, in the order of the leader's hash map.
    pub(super) order: Vec<&'s Subscriber>,
    /// What each is taken to own.
    pub(super) owned: Vec<Vec<TopicPartition>>,
    /// What two of the same generation claim: neither is believed.
    pub(super) doubly: BTreeSet<TopicPartition>,
    /// Whether all subscribe to the same topics.
    pub(super) equal: bool,
    /// The highest generation of a claim.
    pub(super) highest: Generation,
}

impl<'s> Claims<'s> {
    /// Of two that claim a partition the one of the higher generation is believed. The generation of the one that came
    /// first is that of its subscription, also where the claim has its own.
    pub(super) fn of(
        topics: &BTreeMap<TopicName, i32>,
        subscribers: &'s [Subscriber],
        seen: Generation,
    ) -> Self {
        let order = java::hash_order(subscribers.iter().collect(), |s| java::hash_of_text(s.member.as_str()));
        let mut claimant: BTreeMap<&TopicPartition, usize> = BTreeMap::new();
        let mut owned: Vec<Vec<TopicPartition>> = vec![Vec::new(); order.len()];
        let mut doubly = BTreeSet::new();
        for (place, subscriber) in order.iter().enumerate() {
            let generation = subscriber.owned_in.unwrap_or(Generation::NONE);
            for partition in subscriber.owned.iter().filter(|p| topics.contains_key(&p.topic)) {
                let Some(other) = claimant.get(partition).copied() else {
                    owned[place].push(partition.clone());
                    claimant.insert(partition, place);
                    continue;
                };
                let others = order[other].generation.unwrap_or(Generation::NONE);
                if generation < others {
                    continue;
                }
                if generation == others {
                    doubly.insert(partition.clone());
                } else {
                    owned[place].push(partition.clone());
                }
                remove_first(&mut owned[other], partition);
                claimant.insert(partition, place);
            }
        }
        let highest = highest_generation(subscribers, seen);
        let equal = subscribe_alike(&order);
        Self { order, owned, doubly, equal, highest }
    }
}

/// A subscription to nothing is equal to any that comes after it.
fn subscribe_alike(order: &[&Subscriber]) -> bool {
    let first = order.iter().position(|subscriber| !subscriber.topics.is_empty()).unwrap_or(0);
    let topics = |subscriber: &Subscriber| subscriber.topics.iter().cloned().collect::<BTreeSet<_>>();
    order.iter().skip(first).all(|subscriber| topics(subscriber) == topics(order[first]))
}

/// `List.remove`.
pub(super) fn remove_first(partitions: &mut Vec<TopicPartition>, partition: &TopicPartition) {
    if let Some(at) = partitions.iter().position(|one| one == partition) {
        partitions.remove(at);
    }
}

/// Those of `all` that are not in `taken`, both in the same order.
///
/// As in Kafka, one pointer walks through `taken`: one of it that is not in `all`, because its topic shrank, stops the
/// pointer, and everything after counts as not taken.
pub(super) fn not_taken(all: &[TopicPartition], taken: &[TopicPartition]) -> Vec<TopicPartition> {
    let mut taken = taken.iter().peekable();
    let is_free = |partition: &&TopicPartition| taken.next_if(|next| next == partition).is_none();
    all.iter().filter(is_free).cloned().collect()
}
