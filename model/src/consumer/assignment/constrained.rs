//! All members subscribe alike (`ConstrainedAssignmentBuilder`): each keeps what it owns up to its quota, and what is
//! left goes round.

use std::collections::{BTreeMap, VecDeque};

use super::claims::Claims;
use super::sticky::Sticky;
use crate::types::Partition;

/// An assignment in the making. Members stand by their place.
pub(super) struct Constrained<'s> {
    claims: Claims<'s>,
    least: usize,
    most: usize,
    /// How many members may have `most`; 0 if that is `least`.
    may_have_more: usize,
    have_more: usize,
    under_least: Vec<usize>,
    at_least: VecDeque<usize>,
    shares: Vec<Vec<Partition>>,
    let_go: BTreeMap<Partition, usize>,
    moving: BTreeMap<Partition, usize>,
}

impl<'s> Constrained<'s> {
    pub(super) fn build(claims: Claims<'s>) -> Sticky {
        let all: Vec<Partition> = claims.subscribed.iter().flat_map(|t| claims.partitions_of(t)).collect();
        let members = claims.members.len().max(1);
        let mut builder = Self {
            shares: vec![Vec::new(); claims.members.len()],
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
        let is_kept = |p: &Partition| builder.shares.iter().flatten().any(|kept| kept == p);
        let left = all.into_iter().filter(|p| !is_kept(p)).collect();
        builder.give_round(left);
        Sticky { shares: builder.shares, moving: Some(builder.moving) }
    }

    /// In the order of the members: whoever comes first may keep one more.
    fn keep_owned(&mut self) {
        for (place, mut owned) in std::mem::take(&mut self.claims.owned).into_iter().enumerate() {
            owned.sort_by_key(|p| (p.index, p.topic));
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

    fn keep(&mut self, place: usize, mut owned: Vec<Partition>, quota: usize) {
        let more = owned.split_off(quota.min(owned.len()));
        self.let_go.extend(more.into_iter().map(|partition| (partition, place)));
        self.shares[place] = owned;
    }

    /// One each to those below the least, again and again; then one to each of the others. The quotas add up, since
    /// nobody claims a partition that is not there: Kafka's leader throws where they do not.
    fn give_round(&mut self, left: Vec<Partition>) {
        let mut next = 0;
        for partition in left {
            if next >= self.under_least.len() {
                next = 0;
            }
            let below = self.under_least.get(next).copied();
            let Some(place) = below.or_else(|| self.at_least.pop_front()) else { return };
            let count = self.give(partition, place);
            if count == self.least {
                self.under_least.remove(next);
                self.at_least.push_back(place);
            } else {
                next += 1;
                self.have_more += usize::from(count == self.most);
            }
        }
    }

    fn give(&mut self, partition: Partition, place: usize) -> usize {
        let owner = self.let_go.get(&partition);
        if owner.is_some_and(|owner| *owner != place) || self.claims.doubly.contains(&partition) {
            self.moving.insert(partition, place);
        }
        self.shares[place].push(partition);
        self.shares[place].len()
    }
}
