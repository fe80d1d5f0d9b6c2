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
    /// By component: what becomes of each id.
    images: Vec<Images>,
    /// Of the state that is looked at, by component: where its images stand.
    rows: Vec<usize>,
    /// By exchange: the state's hash.
    hashes: Vec<u64>,
    best: Vec<u32>,
    other: Vec<u32>,
}

/// What becomes of a component's ids: of each in a row, by exchange; the first leaves all as it is.
struct Images {
    rows: Memo<u32>,
    hashes: Vec<u64>,
    /// Components and ids.
    places: Vec<(u32, u32)>,
}

impl Images {
    fn new() -> Self {
        Self { rows: Memo::new(), hashes: Vec::new(), places: Vec::new() }
    }

    fn bytes(&self) -> usize {
        self.rows.bytes() + (self.hashes.capacity() + self.places.capacity()) * size_of::<u64>()
    }
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
            images: Vec::new(),
            rows: Vec::new(),
            hashes: Vec::new(),
            best: Vec::new(),
            other: Vec::new(),
        })
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let counters: usize = self.counters.iter().map(Memo::bytes).sum();
        let numbered: usize = self.numbered.iter().map(Memo::bytes).sum();
        let images: usize = self.images.iter().map(Images::bytes).sum();
        counters + numbered + images + self.unions.bytes()
    }

    /// Replaces a state's ids by those of the state that stands for it; its hash.
    pub(crate) fn canonical(&mut self, ids: &mut Vec<u32>) -> u64 {
        if self.normal {
            self.number(ids);
        }
        self.exchange(ids);
        let (mut best, mut is_arranged) = (0, false);
        for exchange in 1..=self.exchanges {
            // Mixed, since the table would fill unevenly with least hashes.
            let (one, least) = (mix(self.hashes[exchange]), mix(self.hashes[best]));
            if one < least {
                (best, is_arranged) = (exchange, false);
            } else if one == least {
                // Of equal ones of unequal states: any order that is one within this run.
                if !is_arranged {
                    self.arrange(best);
                    std::mem::swap(&mut self.best, &mut self.other);
                }
                self.arrange(exchange);
                if self.other < self.best {
                    std::mem::swap(&mut self.best, &mut self.other);
                    best = exchange;
                }
                is_arranged = true;
            }
        }
        if !is_arranged {
            self.arrange(best);
            std::mem::swap(&mut self.best, &mut self.other);
        }
        std::mem::swap(ids, &mut self.best);
        self.hashes[best]
    }

    /// How many states this one stands for: those that exchanges make of it.
    pub(crate) fn orbit(&mut self, ids: &[u32]) -> u64 {
        self.exchange(ids);
        let exchanges = 1..=self.exchanges;
        let same = exchanges.filter(|exchange| {
            let may_be = self.hashes[*exchange] == self.hashes[0];
            may_be && {
                self.arrange(*exchange);
                same_ids(&self.other, ids)
            }
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

    /// Where the images of each component stand, and the hash of each exchange.
    fn exchange(&mut self, ids: &[u32]) {
        while self.images.len() < ids.len() {
            self.images.push(Images::new());
        }
        self.rows.clear();
        self.hashes.clear();
        self.hashes.resize(self.exchanges + 1, 0);
        for (component, id) in ids.iter().enumerate() {
            let row = self.row(component, *id);
            let of = &self.images[component].hashes[row..=row + self.exchanges];
            self.hashes.iter_mut().zip(of).for_each(|(hash, of)| *hash ^= of);
            self.rows.push(row);
        }
    }

    /// Where the images of a component's id begin.
    fn row(&mut self, component: usize, id: u32) -> usize {
        if let Some(row) = self.images[component].rows.get(key(id, 0)) {
            return row as usize * (self.exchanges + 1);
        }
        let (rules, start) = (self.rules, self.images[component].hashes.len());
        let place = u32::try_from(component).unwrap_or(u32::MAX);
        let stays = Image { component: place, id, hash: rules.hash(component, id) };
        let exchanged = (0..self.exchanges).map(|exchange| rules.exchanged(component, id, exchange));
        let images = &mut self.images[component];
        for image in std::iter::once(stays).chain(exchanged) {
            images.hashes.push(image.hash);
            images.places.push((image.component, image.id));
        }
        let row = u32::try_from(start / (self.exchanges + 1)).unwrap_or(u32::MAX);
        images.rows.insert(key(id, 0), row);
        start
    }

    /// The exchanged ids, in `other`.
    fn arrange(&mut self, exchange: usize) {
        self.other.clear();
        self.other.resize(self.rows.len(), 0);
        for (images, row) in self.images.iter().zip(&self.rows) {
            let (component, id) = images.places[row + exchange];
            let place = component as usize;
            if self.other.len() <= place {
                self.other.resize(place + 1, 0);
            }
            self.other[place] = id;
        }
    }
}
