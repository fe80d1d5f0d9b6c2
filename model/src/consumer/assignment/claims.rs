//! What members say they own, sorted out (`AbstractStickyAssignor.allSubscriptionsEqual`).

use std::collections::{BTreeMap, BTreeSet};

use crate::message::Joined;
use crate::scenario::Scenario;
use crate::types::{Generation, Partition, TopicId, Topics};

/// The claims of a group. Members stand by their place in the leader's list.
pub(super) struct Claims<'s> {
    pub(super) scenario: &'s Scenario,
    pub(super) members: &'s [Joined],
    /// Everything that somebody subscribes to.
    pub(super) subscribed: Topics,
    /// What each is taken to own.
    pub(super) owned: Vec<Vec<Partition>>,
    /// What two of the same generation claim: neither is believed.
    pub(super) doubly: BTreeSet<Partition>,
    /// Whether all subscribe to the same topics.
    pub(super) equal: bool,
}

impl<'s> Claims<'s> {
    /// Of two that claim a partition the one of the higher generation is believed.
    pub(super) fn of(scenario: &'s Scenario, members: &'s [Joined]) -> Self {
        let subscribed = members.iter().fold(Topics::first(0), |all, m| all.union(m.topics));
        let mut claimant: BTreeMap<Partition, (usize, Generation)> = BTreeMap::new();
        let mut owned: Vec<Vec<Partition>> = vec![Vec::new(); members.len()];
        let mut doubly = BTreeSet::new();
        for (place, claim) in members.iter().enumerate().filter_map(|(place, m)| Some((place, m.claim?))) {
            for partition in claim.partitions().filter(|p| subscribed.contains(p.topic)) {
                match claimant.get(&partition) {
                    Some((_, generation)) if claim.generation < *generation => continue,
                    Some((other, generation)) => {
                        owned[*other].retain(|p| *p != partition);
                        if claim.generation == *generation {
                            doubly.insert(partition);
                        } else {
                            owned[place].push(partition);
                        }
                    }
                    None => owned[place].push(partition),
                }
                claimant.insert(partition, (place, claim.generation));
            }
        }
        let equal = subscribe_alike(members);
        Self { scenario, members, subscribed, owned, doubly, equal }
    }

    /// The partitions of a topic.
    pub(super) fn partitions_of(&self, topic: TopicId) -> impl Iterator<Item = Partition> + use<> {
        self.scenario.partitions_of(topic)
    }

    /// Whether a member may have partitions of the topic.
    pub(super) fn reads(&self, place: usize, topic: TopicId) -> bool {
        self.members.get(place).is_some_and(|member| member.topics.contains(topic))
    }

    /// Whoever may have partitions of the topic.
    pub(super) fn readers(&self, topic: TopicId) -> impl Iterator<Item = usize> + '_ {
        (0..self.members.len()).filter(move |place| self.reads(*place, topic))
    }
}

/// A subscription to nothing is equal to any that comes after it.
fn subscribe_alike(members: &[Joined]) -> bool {
    let topics = || members.iter().map(|m| m.topics);
    let first = topics().find(|topics| *topics != Topics::first(0)).unwrap_or_default();
    topics().skip_while(|topics| *topics == Topics::first(0)).all(|topics| topics == first)
}
