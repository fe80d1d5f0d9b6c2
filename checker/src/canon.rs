//! The one state that stands for all that a model takes for the same: counters in their lowest numbers, and of the
//! exchanged ones one, by its hash.
//!
//! Each component is rewritten once for each set of counters and for each exchange, and remembered: a state costs some
//! look-ups. The hash is of contents, so that which state is kept does not depend on threads.

use crate::content::mix;
use crate::engine::same_ids;
use crate::memo::Memo;
use crate::rules::{Image, Rules};

/// The set of counters of what has none.
pub(crate) const NO_COUNTERS: u32 = 0;

/// What one thread knows of it.
pub(crate) struct Canon<'a> {
    rules: &'a dyn Rules,
    /// Exchanges, without the one that leaves all as it is.
    exchanges: usize,
    normal: bool,
    /// By component: the set of counters of each id.
    counters: Vec<Memo<u32>>,
    /// Of two sets of counters.
    unions: Memo<u32>,
    /// By component, id and set: the id in the lowest numbers.
    numbered: Vec<Memo<u32>>,
    /// By set: whether its numbers are the lowest.
    lowest: Vec<Option<bool>>,
    /// By exchange and component; the first exchange leaves all as it is.
    exchanged: Vec<Vec<Memo<Image>>>,
    best: Vec<u32>,
    other: Vec<u32>,
}

fn key(id: u32, set: u32) -> u64 {
    u64::from(set) << 32 | u64::from(id)
}

fn reach<T>(list: &mut Vec<Memo<T>>, components: usize)
where
    T: Copy + Default,
{
    while list.len() < components {
        list.push(Memo::new());
    }
}

impl<'a> Canon<'a> {
    /// `None`: the model says of no two states that they are the same.
    pub(crate) fn new(rules: &'a dyn Rules) -> Option<Self> {
        let (exchanges, normal) = (rules.exchanges(), rules.has_counters());
        (exchanges > 0 || normal).then(|| Self {
            rules,
            exchanges,
            normal,
            counters: Vec::new(),
            unions: Memo::new(),
            numbered: Vec::new(),
            lowest: Vec::new(),
            exchanged: (0..=exchanges).map(|_| Vec::new()).collect(),
            best: Vec::new(),
            other: Vec::new(),
        })
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let counters: usize = self.counters.iter().map(Memo::bytes).sum();
        let numbered: usize = self.numbered.iter().map(Memo::bytes).sum();
        let exchanged: usize = self.exchanged.iter().flatten().map(Memo::bytes).sum();
        counters + numbered + exchanged + self.unions.bytes()
    }

    /// Replaces a state's ids by those of the state that stands for it; its hash.
    pub(crate) fn canonical(&mut self, ids: &mut Vec<u32>) -> u64 {
        if self.normal {
            self.number(ids);
        }
        let mut least = self.exchange(ids, 0);
        std::mem::swap(&mut self.best, &mut self.other);
        for exchange in 1..=self.exchanges {
            let hash = self.exchange(ids, exchange);
            // Mixed, since the table would fill unevenly with least hashes. Of equal ones of unequal states: any order
            // that is one within this run.
            let (one, other) = (mix(hash), mix(least));
            if one < other || (one == other && self.other < self.best) {
                least = hash;
                std::mem::swap(&mut self.best, &mut self.other);
            }
        }
        std::mem::swap(ids, &mut self.best);
        least
    }

    /// How many states this one stands for: those that exchanges make of it.
    pub(crate) fn orbit(&mut self, ids: &[u32]) -> u64 {
        let exchanges = 1..=self.exchanges;
        let same = exchanges.filter(|exchange| {
            self.exchange(ids, *exchange);
            same_ids(&self.other, ids)
        });
        let stays = same.count() + 1;
        ((self.exchanges + 1) / stays) as u64
    }

    fn number(&mut self, ids: &mut [u32]) {
        reach(&mut self.counters, ids.len());
        let mut all = NO_COUNTERS;
        for (component, id) in ids.iter().enumerate() {
            let of = self.counters_of(component, *id);
            all = self.union(all, of);
        }
        if self.is_lowest(all) {
            return;
        }
        reach(&mut self.numbered, ids.len());
        for (component, id) in ids.iter_mut().enumerate() {
            if self.counters_of(component, *id) == NO_COUNTERS {
                continue;
            }
            *id = if let Some(known) = self.numbered[component].get(key(*id, all)) {
                known
            } else {
                let new = self.rules.numbered(component, *id, all);
                self.numbered[component].insert(key(*id, all), new);
                new
            };
        }
    }

    fn counters_of(&mut self, component: usize, id: u32) -> u32 {
        if let Some(set) = self.counters[component].get(key(id, 0)) {
            return set;
        }
        let set = self.rules.counters(component, id);
        self.counters[component].insert(key(id, 0), set);
        set
    }

    fn union(&mut self, one: u32, other: u32) -> u32 {
        if one == other || other == NO_COUNTERS {
            return one;
        }
        if one == NO_COUNTERS {
            return other;
        }
        let (one, other) = (one.min(other), one.max(other));
        if let Some(both) = self.unions.get(key(one, other)) {
            return both;
        }
        let both = self.rules.all_counters(one, other);
        self.unions.insert(key(one, other), both);
        both
    }

    fn is_lowest(&mut self, set: u32) -> bool {
        let at = set as usize;
        if self.lowest.len() <= at {
            self.lowest.resize(at + 1, None);
        }
        *self.lowest[at].get_or_insert_with(|| self.rules.is_lowest(set))
    }

    /// The exchanged ids, in `other`, and their hash.
    fn exchange(&mut self, ids: &[u32], exchange: usize) -> u64 {
        let known = &mut self.exchanged[exchange];
        reach(known, ids.len());
        self.other.clear();
        self.other.resize(ids.len(), 0);
        let mut hash = 0;
        for (component, id) in ids.iter().enumerate() {
            let image = if let Some(image) = known[component].get(key(*id, 0)) {
                image
            } else {
                let image = if let Some(exchange) = exchange.checked_sub(1) {
                    self.rules.exchanged(component, *id, exchange)
                } else {
                    let place = u32::try_from(component).unwrap_or(u32::MAX);
                    Image { component: place, id: *id, hash: self.rules.hash(component, *id) }
                };
                known[component].insert(key(*id, 0), image);
                image
            };
            let place = image.component as usize;
            if self.other.len() <= place {
                self.other.resize(place + 1, 0);
            }
            self.other[place] = image.id;
            hash ^= image.hash;
        }
        hash
    }
}
