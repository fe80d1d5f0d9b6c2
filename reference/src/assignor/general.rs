//! Subscriptions differ (`GeneralAssignmentBuilder`): everyone keeps what it owns, the rest goes to whoever has least,
//! and then partitions are moved one by one until nothing gets better.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::{Claims, not_taken, remove_first};
use super::movements::Movements;
use super::{AssignError, Shares, TopicPartition, java, partitions};
use crate::coordinator::{Generation, TopicName};

/// An assignment in the making. Members stand by their place in the claims.
pub(super) struct General<'s> {
    claims: Claims<'s>,
    topics: &'s BTreeMap<TopicName, i32>,
    /// Who may have partitions of a topic.
    takers: BTreeMap<&'s TopicName, Vec<usize>>,
    /// What each member may have partitions of.
    wanted: Vec<Vec<&'s TopicName>>,
    /// Of the members that are taken into account.
    shares: BTreeMap<usize, Vec<TopicPartition>>,
    owner: BTreeMap<TopicPartition, usize>,
    movements: Movements,
}

impl<'s> General<'s> {
    pub(super) fn build(
        topics: &'s BTreeMap<TopicName, i32>,
        mut claims: Claims<'s>,
    ) -> Result<Shares, AssignError> {
        let wants = |place: usize, topic: &TopicName| claims.order[place].topics.contains(topic);
        let places = || 0..claims.order.len();
        let takers = topics.keys().map(|t| (t, places().filter(|p| wants(*p, t)).collect())).collect();
        let wanted = places().map(|p| topics.keys().filter(|t| wants(p, t)).collect()).collect();
        let shares = std::mem::take(&mut claims.owned).into_iter().enumerate().collect();
        let (owner, movements) = (BTreeMap::new(), Movements::default());
        let mut builder = Self { claims, topics, takers, wanted, shares, owner, movements };
        let earlier = builder.earlier_owners();
        let revoked = builder.keep_owned();
        let all = builder.all_partitions();
        let mut taken: Vec<TopicPartition> = builder.shares.values().flatten().cloned().collect();
        taken.sort_by_cached_key(|p| (builder.takers[&p.topic].len(), p.clone()));
        let unassigned = not_taken(&all, &taken);
        builder.balance(&earlier, &all, &unassigned, revoked)?;
        let id = |place: usize| builder.claims.order[place].member.clone();
        Ok(builder.shares.iter().map(|(place, share)| (id(*place), share.clone())).collect())
    }

    /// First those that few may have.
    fn all_partitions(&self) -> Vec<TopicPartition> {
        let mut topics: Vec<_> = self.topics.iter().collect();
        topics.sort_by_key(|(topic, _)| (self.takers[topic].len(), *topic));
        topics.into_iter().flat_map(|(topic, count)| partitions(topic, *count)).collect()
    }

    /// Claims of generations before the highest: whoever owned a partition last. Among equals, the first in hash
    /// order.
    fn earlier_owners(&self) -> BTreeMap<TopicPartition, (usize, Generation)> {
        let mut earlier: BTreeMap<TopicPartition, (usize, Generation)> = BTreeMap::new();
        for (place, subscriber) in self.claims.order.iter().enumerate() {
            let generation = subscriber.owned_in.unwrap_or(Generation::NONE);
            if generation >= self.claims.highest {
                continue;
            }
            for partition in &subscriber.owned {
                let known = earlier.get(partition).is_some_and(|(_, of)| *of >= generation);
                if !known {
                    earlier.insert(partition.clone(), (place, generation));
                }
            }
        }
        earlier
    }

    /// Takes away what its owner does not subscribe to; whether there was any.
    fn keep_owned(&mut self) -> bool {
        let mut revoked = false;
        for (place, share) in &mut self.shares {
            for partition in share.iter() {
                self.owner.insert(partition.clone(), *place);
            }
            let before = share.len();
            share.retain(|partition| self.wanted[*place].contains(&&partition.topic));
            revoked |= share.len() < before;
        }
        revoked
    }

    fn balance(
        &mut self,
        earlier: &BTreeMap<TopicPartition, (usize, Generation)>,
        all: &[TopicPartition],
        unassigned: &[TopicPartition],
        revoked: bool,
    ) -> Result<(), AssignError> {
        let from_nothing = self.shares.values().all(Vec::is_empty);
        for partition in unassigned {
            if let Some(place) = self.least_loaded(&partition.topic) {
                self.shares.entry(place).or_default().push(partition.clone());
                self.owner.insert(partition.clone(), place);
            }
        }
        let movable = |partition: &&TopicPartition| self.is_shared(&partition.topic);
        let all: Vec<TopicPartition> = all.iter().filter(movable).cloned().collect();
        let unassigned: Vec<TopicPartition> = unassigned.iter().filter(movable).cloned().collect();
        let set_aside = self.set_aside();
        let before = self.shares.clone();
        if !revoked {
            self.move_partitions(&unassigned, earlier)?;
        }
        let moved = self.move_partitions(&all, earlier)?;
        if !from_nothing && moved && imbalance(&self.shares) >= imbalance(&before) {
            self.shares = before;
        }
        self.shares.extend(set_aside);
        Ok(())
    }

    /// Takes out the members that can neither give nor take.
    fn set_aside(&mut self) -> BTreeMap<usize, Vec<TopicPartition>> {
        let can_take_part = |place: &usize| {
            let share = self.shares.get(place).map_or(&[][..], Vec::as_slice);
            share.len() < self.capacity(*place) || share.iter().any(|p| self.is_shared(&p.topic))
        };
        let aside: BTreeSet<usize> = self.shares.keys().copied().filter(|p| !can_take_part(p)).collect();
        let (aside, here) =
            std::mem::take(&mut self.shares).into_iter().partition(|(place, _)| aside.contains(place));
        self.shares = here;
        aside
    }

    /// Whether two members may have partitions of the topic.
    fn is_shared(&self, topic: &TopicName) -> bool {
        self.takers.get(topic).is_some_and(|takers| takers.len() >= 2)
    }

    /// As many partitions as a member may have at most.
    fn capacity(&self, place: usize) -> usize {
        let count = |topic: &&TopicName| self.topics.get(*topic).copied().unwrap_or(0);
        self.wanted[place].iter().map(|topic| usize::try_from(count(topic)).unwrap_or(0)).sum()
    }

    /// The members that are taken into account, those with least first.
    fn ascending(&self) -> Vec<usize> {
        let mut places: Vec<usize> = self.shares.keys().copied().collect();
        let id = |place: usize| self.claims.order[place].member.as_str();
        places.sort_by(|a, b| {
            self.shares[a].len().cmp(&self.shares[b].len()).then_with(|| java::compare(id(*a), id(*b)))
        });
        places
    }

    fn least_loaded(&self, topic: &TopicName) -> Option<usize> {
        self.ascending().into_iter().find(|place| self.wanted[*place].contains(&topic))
    }

    fn load(&self, place: usize) -> Result<usize, AssignError> {
        self.shares.get(&place).map(Vec::len).ok_or(AssignError::MemberSetAside)
    }

    /// Whether no partition could go to a member with two fewer.
    fn is_balanced(&self) -> Result<bool, AssignError> {
        let loads = || self.shares.values().map(Vec::len);
        let (least, most) = (loads().min().unwrap_or(0), loads().max().unwrap_or(0));
        if least + 1 >= most {
            return Ok(true);
        }
        let mut owner = BTreeMap::new();
        for (place, share) in &self.shares {
            owner.extend(share.iter().map(|partition| (partition, *place)));
        }
        for (place, share) in &self.shares {
            if share.len() == self.capacity(*place) {
                continue;
            }
            let may_have =
                self.wanted[*place].iter().flat_map(|topic| partitions(topic, self.topics[*topic]));
            for partition in may_have.filter(|partition| !share.contains(partition)) {
                let other = owner.get(&partition).ok_or(AssignError::MemberSetAside)?;
                if share.len() + 1 < self.load(*other)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Moves partitions until that makes nothing better; whether any was moved.
    fn move_partitions(
        &mut self,
        movable: &[TopicPartition],
        earlier: &BTreeMap<TopicPartition, (usize, Generation)>,
    ) -> Result<bool, AssignError> {
        let mut moved = false;
        loop {
            let mut again = false;
            for partition in movable {
                if self.is_balanced()? {
                    break;
                }
                if let Some(to) = self.better_place(partition, earlier)? {
                    self.move_partition(partition, to);
                    again = true;
                }
            }
            moved |= again;
            if !again {
                return Ok(moved);
            }
        }
    }

    /// Back to an earlier owner, else to whoever has least, if its owner has two more. An earlier owner need not
    /// subscribe to it.
    fn better_place(
        &self,
        partition: &TopicPartition,
        earlier: &BTreeMap<TopicPartition, (usize, Generation)>,
    ) -> Result<Option<usize>, AssignError> {
        let owner = self.owner.get(partition).ok_or(AssignError::MemberSetAside)?;
        let load = self.load(*owner)?;
        if let Some((before, _)) = earlier.get(partition)
            && load > self.load(*before)? + 1
        {
            return Ok(Some(*before));
        }
        for other in self.takers.get(&partition.topic).into_iter().flatten() {
            if load > self.load(*other)? + 1 {
                return Ok(self.least_loaded(&partition.topic));
            }
        }
        Ok(None)
    }

    fn move_partition(&mut self, partition: &TopicPartition, to: usize) {
        let Some(from) = self.owner.get(partition).copied() else { return };
        let moved = self.movements.to_be_moved(partition, from, to);
        let Some(from) = self.owner.get(&moved).copied() else { return };
        self.movements.note(&moved, from, to);
        remove_first(self.shares.entry(from).or_default(), &moved);
        self.shares.entry(to).or_default().push(moved.clone());
        self.owner.insert(moved, to);
    }
}

/// The sum of the differences between any two members.
fn imbalance(shares: &BTreeMap<usize, Vec<TopicPartition>>) -> usize {
    let loads: Vec<usize> = shares.values().map(Vec::len).collect();
    let pairs = loads.iter().enumerate().flat_map(|(i, one)| loads[i + 1..].iter().map(|o| one.abs_diff(*o)));
    pairs.sum()
}
