//! The one state that stands for all that a model takes for the same: counters in their lowest numbers, and of the
//! exchanged ones one, by hashes: first of what moves, and where these are the same of all.
//!
//! What becomes of a component is computed once, and remembered: a state costs some look-ups. Hashes are of contents, so
//! that which state is kept does not depend on threads.

mod images;
mod notes;

use crate::content::mix;
use crate::engine::same_ids;
use crate::expand::at;
use crate::memo::Memo;
use crate::rules::{Rules, Shape};

use images::Images;
use notes::Notes;

/// An exchange and one, or 0, which leaves all as it is.
type Way = usize;

/// No id, set or row is so large.
const UNKNOWN: u32 = u32::MAX;
/// The set of counters of what has none.
pub(crate) const NO_COUNTERS: u32 = 0;

/// What one thread knows of it.
pub(crate) struct Canon<'a> {
    rules: &'a dyn Rules,
    notes: Option<Notes>,
    normal: bool,
    /// By component: the set of counters of each id, [`UNKNOWN`] while nobody asked.
    counters: Vec<Vec<u32>>,
    shape: Shape,
    /// Of two sets of counters.
    unions: Memo<u32>,
    /// By component, id and set: the id in the lowest numbers.
    numbered: Vec<Memo<u32>>,
    /// By set: whether its numbers are the lowest.
    lowest: Vec<Option<bool>>,
    images: Images<'a>,
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
        let (notes, normal) = (Notes::new(rules), rules.has_counters());
        (notes.is_some() || normal || rules.exchanges() > 0).then(|| Self {
            rules,
            notes,
            normal,
            counters: Vec::new(),
            shape: rules.shape(),
            unions: Memo::new(),
            numbered: Vec::new(),
            lowest: Vec::new(),
            images: Images::new(rules),
            best: Vec::new(),
            other: Vec::new(),
        })
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let counters: usize = self.counters.iter().map(|of| of.capacity() * 4).sum();
        let numbered: usize = self.numbered.iter().map(Memo::bytes).sum();
        let notes = self.notes.as_ref().map_or(0, Notes::bytes);
        notes + counters + numbered + self.images.bytes() + self.unions.bytes()
    }

    /// Replaces a state's ids by those of the state that stands for it; its hash.
    pub(crate) fn canonical(&mut self, ids: &mut Vec<u32>) -> u64 {
        if let Some(notes) = &mut self.notes {
            notes.gather(self.rules, ids);
        }
        if self.normal {
            self.number(ids);
        }
        self.images.look_at(ids);
        let hash = match self.images.first() {
            Some(way) => self.images.arrange(way, &mut self.best),
            None => self.first_of_equals(),
        };
        std::mem::swap(ids, &mut self.best);
        hash
    }

    /// Of the ways that are the same in what moves, the first one by what does not, arranged in `best`; its hash.
    fn first_of_equals(&mut self) -> u64 {
        let mut best: Option<(Way, u64)> = None;
        let mut is_arranged = false;
        for way in 0..self.images.ways {
            if !self.images.is_first(way) {
                continue;
            }
            let hash = self.images.hash(way);
            let Some((chosen, least)) = best.filter(|(_, least)| mix(*least) <= mix(hash)) else {
                (best, is_arranged) = (Some((way, hash)), false);
                continue;
            };
            if hash == least {
                // Of equal ones of unequal states: any order that is one within this run.
                if !is_arranged {
                    self.images.arrange(chosen, &mut self.best);
                }
                self.images.arrange(way, &mut self.other);
                if self.other < self.best {
                    std::mem::swap(&mut self.best, &mut self.other);
                }
                is_arranged = true;
            }
        }
        let (way, hash) = best.unwrap_or_default();
        if !is_arranged {
            self.images.arrange(way, &mut self.best);
        }
        hash
    }

    /// How many states this one stands for: those that exchanges make of it.
    pub(crate) fn orbit(&mut self, ids: &[u32]) -> u64 {
        self.images.look_at(ids);
        let (moved, ways) = (self.images.moved[0], self.images.ways);
        let hash = self.images.hash(0);
        let stays = (0..ways).filter(|way| {
            let may_be = self.images.moved[*way] == moved && self.images.hash(*way) == hash;
            may_be && {
                self.images.arrange(*way, &mut self.other);
                same_ids(&self.other, ids)
            }
        });
        (ways / stays.count()) as u64
    }

    fn number(&mut self, ids: &mut [u32]) {
        if self.counters.len() < ids.len() {
            self.counters.resize(ids.len(), Vec::new());
        }
        let mut all = NO_COUNTERS;
        for (component, id) in ids.iter().enumerate() {
            if self.shape.is_empty(component, *id) {
                continue;
            }
            let of = self.counters_of(component, *id);
            all = self.union(all, of);
        }
        if self.is_lowest(all) {
            return;
        }
        reach(&mut self.numbered, ids.len());
        for (component, id) in ids.iter_mut().enumerate() {
            if self.shape.is_empty(component, *id) || self.counters_of(component, *id) == NO_COUNTERS {
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
        let of = at(&mut self.counters[component], id, UNKNOWN);
        if *of == UNKNOWN {
            *of = self.rules.counters(component, id);
        }
        *of
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
}
