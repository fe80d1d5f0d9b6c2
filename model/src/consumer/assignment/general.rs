//! Subscriptions differ (`GeneralAssignmentBuilder`): everyone keeps what it owns, the rest goes to whoever has least,
//! and then partitions are moved one by one until nothing gets better.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::Claims;
use super::movements::Movements;
use super::sticky::Sticky;
use crate::types::{Generation, Partition, TopicId};

/// A member that would have to take a partition is not taken into account: Kafka's leader throws. Here what was moved
/// until then stands, since a leader of the model always assigns.
struct SetAside;

/// An assignment in the making. Members stand by their place.
pub(super) struct General<'s> {
    claims: Claims<'s>,
    /// Of the members that are taken into account.
    shares: BTreeMap<usize, Vec<Partition>>,
    owner: BTreeMap<Partition, usize>,
    movements: Movements,
}

impl<'s> General<'s> {
    pub(super) fn build(mut claims: Claims<'s>) -> Sticky {
        let shares = std::mem::take(&mut claims.owned).into_iter().enumerate().collect();
        let mut builder = Self { claims, shares, owner: BTreeMap::new(), movements: Movements::default() };
        let earlier = builder.earlier_owners();
        let revoked = builder.keep_owned();
        let all = builder.all_partitions();
        builder.balance(&earlier, all, revoked);
        Sticky { shares: builder.shares.into_values().collect(), moving: None }
    }

    /// First those that few may have.
    fn all_partitions(&self) -> Vec<Partition> {
        let mut topics: Vec<TopicId> = self.claims.subscribed.iter().collect();
        topics.sort_by_key(|topic| (self.claims.readers(*topic).count(), *topic));
        topics.into_iter().flat_map(|topic| self.claims.partitions_of(topic)).collect()
    }

    /// Claims of generations before the highest: whoever owned a partition last; among equals, the first.
    fn earlier_owners(&self) -> BTreeMap<Partition, usize> {
        let claims = || (0..).zip(self.claims.members).filter_map(|(place, m)| Some((place, m.claim?)));
        let highest = claims().map(|(_, claim)| claim.generation).max();
        let mut earlier: BTreeMap<Partition, (usize, Generation)> = BTreeMap::new();
        for (place, claim) in claims().filter(|(_, claim)| Some(claim.generation) < highest) {
            for partition in claim.partitions() {
                let known = earlier.get(&partition).is_some_and(|(_, of)| *of >= claim.generation);
                if !known {
                    earlier.insert(partition, (place, claim.generation));
                }
            }
        }
        earlier.into_iter().map(|(partition, (place, _))| (partition, place)).collect()
    }

    /// Takes away what its owner does not subscribe to; whether there was any.
    fn keep_owned(&mut self) -> bool {
        let mut revoked = false;
        for (place, share) in &mut self.shares {
            self.owner.extend(share.iter().map(|partition| (*partition, *place)));
            let before = share.len();
            share.retain(|partition| self.claims.reads(*place, partition.topic));
            revoked |= share.len() < before;
        }
        revoked
    }

    fn balance(&mut self, earlier: &BTreeMap<Partition, usize>, mut all: Vec<Partition>, revoked: bool) {
        let from_nothing = self.shares.values().all(Vec::is_empty);
        let taken: BTreeSet<Partition> = self.shares.values().flatten().copied().collect();
        let mut unassigned: Vec<Partition> = all.iter().copied().filter(|p| !taken.contains(p)).collect();
        for partition in &unassigned {
            if let Some(place) = self.least_loaded(partition.topic) {
                self.shares.entry(place).or_default().push(*partition);
                self.owner.insert(*partition, place);
            }
        }
        all.retain(|p| self.is_shared(p.topic));
        unassigned.retain(|p| self.is_shared(p.topic));
        let set_aside = self.set_aside();
        let before = self.shares.clone();
        let unassigned_moved = if revoked { Ok(false) } else { self.move_partitions(&unassigned, earlier) };
        let moved = unassigned_moved.and_then(|_| self.move_partitions(&all, earlier));
        let better = imbalance(&self.shares) < imbalance(&before);
        if !from_nothing && moved.is_ok_and(|moved| moved) && !better {
            self.shares = before;
        }
        self.shares.extend(set_aside);
    }

    /// Takes out the members that can neither give nor take.
    fn set_aside(&mut self) -> BTreeMap<usize, Vec<Partition>> {
        let takes_part = |place: usize, share: &[Partition]| {
            share.len() < self.capacity(place) || share.iter().any(|p| self.is_shared(p.topic))
        };
        let aside = self.shares.iter().filter(|(place, share)| !takes_part(**place, share));
        let aside: BTreeMap<_, _> = aside.map(|(place, share)| (*place, share.clone())).collect();
        self.shares.retain(|place, _| !aside.contains_key(place));
        aside
    }

    /// Whether two members may have partitions of the topic.
    fn is_shared(&self, topic: TopicId) -> bool {
        self.claims.readers(topic).count() >= 2
    }

    /// What a member may have.
    fn wanted(&self, place: usize) -> impl Iterator<Item = Partition> + use<'_, 's> {
        let topics = self.claims.subscribed.iter().filter(move |topic| self.claims.reads(place, *topic));
        topics.flat_map(|topic| self.claims.partitions_of(topic))
    }

    fn capacity(&self, place: usize) -> usize {
        self.wanted(place).count()
    }

    fn least_loaded(&self, topic: TopicId) -> Option<usize> {
        let readers = self.shares.iter().filter(|(place, _)| self.claims.reads(**place, topic));
        readers.min_by_key(|(_, share)| share.len()).map(|(place, _)| *place)
    }

    fn load(&self, place: usize) -> Result<usize, SetAside> {
        self.shares.get(&place).map(Vec::len).ok_or(SetAside)
    }

    /// Whether no partition could go to a member with two fewer.
    fn is_balanced(&self) -> Result<bool, SetAside> {
        let loads = || self.shares.values().map(Vec::len);
        if loads().min().unwrap_or(0) + 1 >= loads().max().unwrap_or(0) {
            return Ok(true);
        }
        let holder = |p: &Partition| self.shares.values().find(|share| share.contains(p)).map(Vec::len);
        for (place, share) in self.shares.iter().filter(|(place, share)| share.len() < self.capacity(**place))
        {
            for partition in self.wanted(*place).filter(|partition| !share.contains(partition)) {
                if share.len() + 1 < holder(&partition).ok_or(SetAside)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Moves partitions until that makes nothing better; whether any was moved.
    fn move_partitions(
        &mut self,
        movable: &[Partition],
        earlier: &BTreeMap<Partition, usize>,
    ) -> Result<bool, SetAside> {
        let mut moved = false;
        loop {
            let mut again = false;
            for partition in movable {
                if self.is_balanced()? {
                    break;
                }
                if let Some(to) = self.better_place(*partition, earlier)? {
                    self.move_partition(*partition, to);
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
        partition: Partition,
        earlier: &BTreeMap<Partition, usize>,
    ) -> Result<Option<usize>, SetAside> {
        let load = self.load(self.owner.get(&partition).copied().ok_or(SetAside)?)?;
        if let Some(before) = earlier.get(&partition)
            && load > self.load(*before)? + 1
        {
            return Ok(Some(*before));
        }
        for other in self.claims.readers(partition.topic) {
            if load > self.load(other)? + 1 {
                return Ok(self.least_loaded(partition.topic));
            }
        }
        Ok(None)
    }

    fn move_partition(&mut self, partition: Partition, to: usize) {
        let Some(from) = self.owner.get(&partition).copied() else { return };
        let moved = self.movements.to_be_moved(partition, from, to);
        let Some(from) = self.owner.get(&moved).copied() else { return };
        self.movements.note(moved, from, to);
        self.shares.entry(from).or_default().retain(|p| *p != moved);
        self.shares.entry(to).or_default().push(moved);
        self.owner.insert(moved, to);
    }
}

/// The sum of the differences between any two members.
fn imbalance(shares: &BTreeMap<usize, Vec<Partition>>) -> usize {
    let loads: Vec<usize> = shares.values().map(Vec::len).collect();
    let pairs = loads.iter().enumerate().flat_map(|(i, one)| loads[i + 1..].iter().map(|o| one.abs_diff(*o)));
    pairs.sum()
}
