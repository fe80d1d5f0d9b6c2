//! All members subscribe alike (`ConstrainedAssignmentBuilder`): each keeps what it owns up to its quota, and what is
//! left goes round.

use std::collections::{BTreeMap, VecDeque};

use super::claims::{Claims, not_taken};
use super::sticky::Sticky;
use super::{AssignError, TopicPartition, java, partitions};
use crate::coordinator::TopicName;

/// An assignment in the making. Members stand by their place in the claims.
pub(super) struct Constrained<'s> {
    claims: Claims<'s>,
    least: usize,
    most: usize,
    /// How many members may have `most`; 0 if that is `least`.
    may_have_more: usize,
    have_more: usize,
    under_least: Vec<usize>,
    at_least: VecDeque<usize>,
    shares: Vec<Vec<TopicPartition>>,
    let_go: BTreeMap<TopicPartition, usize>,
    moving: BTreeMap<TopicPartition, usize>,
}

impl<'s> Constrained<'s> {
    pub(super) fn build(
        topics: &BTreeMap<TopicName, i32>,
        claims: Claims<'s>,
    ) -> Result<Sticky, AssignError> {
        let all: Vec<TopicPartition> = topics.iter().flat_map(|(t, count)| partitions(t, *count)).collect();
        let members = claims.order.len().max(1);
        let mut builder = Self {
            shares: vec![Vec::new(); claims.order.len()],
            claims,
            least: all.len() / members,
            most: all.len().div_ceil(members),
            may_have_more: all.len() % members,
            have_more: 0,
            under_least: Vec::new(),
            at_least: VecDeque::new(),
            let_go: BTreeMap::new(),
            moving: BTreeMap::new(),
        };
        builder.keep_owned();
        let mut taken: Vec<TopicPartition> = builder.shares.iter().flatten().cloned().collect();
        taken.sort();
        builder.give_round(not_taken(&all, &taken))?;
        builder.verify()?;
        Ok(builder.finish())
    }

    fn finish(self) -> Sticky {
        let ids: Vec<_> = self.claims.order.iter().map(|s| s.member.clone()).collect();
        let moving = self.moving.into_iter().map(|(partition, to)| (partition, ids[to].clone())).collect();
        Sticky { shares: ids.into_iter().zip(self.shares).collect(), moving: Some(moving) }
    }

    /// In hash order: whoever comes first may keep one more.
    fn keep_owned(&mut self) {
        for (place, mut owned) in std::mem::take(&mut self.claims.owned).into_iter().enumerate() {
            owned.sort_by(|a, b| a.partition.cmp(&b.partition).then_with(|| a.topic.cmp(&b.topic)));
            owned.retain(|partition| !self.claims.doubly.contains(partition));
            if owned.len() < self.least {
                self.shares[place] = owned;
                self.under_least.push(place);
            } else if owned.len() >= self.most && self.have_more < self.may_have_more {
                self.have_more += 1;
                if self.have_more == self.may_have_more {
                    self.at_least.clear();
                }
                self.keep(place, owned, self.most);
            } else {
                self.keep(place, owned, self.least);
                if self.have_more < self.may_have_more {
                    self.at_least.push_back(place);
                }
            }
        }
    }

    fn keep(&mut self, place: usize, mut owned: Vec<TopicPartition>, quota: usize) {
        let more = owned.split_off(quota.min(owned.len()));
        self.let_go.extend(more.into_iter().map(|partition| (partition, place)));
        self.shares[place] = owned;
    }

    /// One each to those below the least, again and again; then one to each of the others.
    fn give_round(&mut self, unassigned: Vec<TopicPartition>) -> Result<(), AssignError> {
        let id = |place: usize| self.claims.order[place].member.clone();
        let compare = |a: &usize, b: &usize| java::compare(id(*a).as_str(), id(*b).as_str());
        self.under_least.sort_by(compare);
        self.at_least.make_contiguous().sort_by(compare);
        let mut next = 0;
        for partition in unassigned {
            if next >= self.under_least.len() {
                next = 0;
            }
            let place = match self.under_least.get(next) {
                Some(place) => *place,
                None => self.at_least.pop_front().ok_or(AssignError::QuotasDoNotAddUp)?,
            };
            let count = self.give(partition, place);
            if count == self.least {
                self.under_least.remove(next);
                self.at_least.push_back(place);
            } else {
                next += 1;
                self.have_more += usize::from(count == self.most);
            }
        }
        Ok(())
    }

    fn give(&mut self, partition: TopicPartition, place: usize) -> usize {
        let owner = self.let_go.get(&partition);
        if owner.is_some_and(|owner| *owner != place) || self.claims.doubly.contains(&partition) {
            self.moving.insert(partition.clone(), place);
        }
        self.shares[place].push(partition);
        self.shares[place].len()
    }

    /// Whoever is below the least by the book must have it in fact.
    fn verify(&self) -> Result<(), AssignError> {
        let short = |place: &usize| self.shares[*place].len() != self.least;
        let fault = !self.under_least.is_empty()
            && (self.have_more != self.may_have_more || self.under_least.iter().any(short));
        if fault { Err(AssignError::QuotasDoNotAddUp) } else { Ok(()) }
    }
}
