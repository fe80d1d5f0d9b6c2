//! The states that were seen, whole, in the order in which they were found, and the table that finds them.
//!
//! A table entry is a tag, the upper half of a state's hash, and one more than the state's index; 0 is free. An
//! entry's place follows from its tag alone: `tag * places / 2^32`, and on from there within its segment. So the
//! table can grow by any factor, in place, from its last segment to its first, without looking at the states.

pub(crate) mod direct;
mod view;

use std::sync::atomic::{AtomicU64, Ordering};

use crate::raw::Words;

pub(crate) use view::View;
use view::{next, place};

/// Entries of a segment: probing wraps around in it.
const SEGMENT: usize = 1 << 12;
/// Segments of a new table.
const FIRST_SEGMENTS: usize = 8;
/// A table of so many places grows by a quarter, not to the double.
const LARGE: u64 = 1 << 22;
/// Above this share of places in use the table grows: numerator and denominator.
const FULL: (u64, u64) = (4, 5);
/// The same where states are so short that a larger table does not count: fewer places are looked at.
const HALF_FULL: (u64, u64) = (5, 8);
/// Words of a short state.
const SHORT: usize = 2;
/// The largest number of states: an index and one has to fit into half an entry.
pub(crate) const MOST_STATES: u64 = (1 << 32) - 2;

/// States and table.
pub(crate) struct Space {
    arena: Words,
    table: Words,
    /// Words of the arena for a state.
    width: usize,
    /// Everything is kept in few bytes.
    compact: bool,
    /// The table holds the states themselves.
    direct: bool,
    /// The nodes that roots stand for, if states are kept as roots.
    nodes: Option<Box<Space>>,
    /// Indices that were handed out.
    pub(crate) cursor: AtomicU64,
    /// States in the table.
    pub(crate) unique: AtomicU64,
}

/// What was asked for does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

/// Whether a state is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It was there, under this index.
    Old(u32),
    /// It is there, under the index that was offered.
    New,
}

impl Space {
    /// For states of so many words; `compact`: kept as roots, where that is shorter.
    pub(crate) fn new(width: usize, compact: bool) -> Result<Self, OutOfMemory> {
        let roots = compact && width > 1;
        let nodes = if roots { Some(Box::new(Self::nodes_of()?)) } else { None };
        let width = if roots { 1 } else { width };
        let arena = Words::zeroed(0).ok_or(OutOfMemory)?;
        let table = Words::zeroed(FIRST_SEGMENTS * SEGMENT).ok_or(OutOfMemory)?;
        let (cursor, unique) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { arena, table, width, compact, direct: false, nodes, cursor, unique })
    }

    /// For the nodes of states that are kept as roots.
    pub(crate) fn nodes_of() -> Result<Self, OutOfMemory> {
        Self::new(1, true)
    }

    /// The share of places in use at most.
    fn full(&self) -> (u64, u64) {
        if self.compact || self.width > SHORT { FULL } else { HALF_FULL }
    }

    /// What threads use while nothing grows.
    pub(crate) fn view(&self) -> View<'_> {
        let Self { arena, table, width, direct, nodes, .. } = self;
        View { arena, table, width: *width, direct: *direct, nodes: nodes.as_deref() }
    }

    /// The nodes, if states are kept as roots.
    pub(crate) fn nodes(&self) -> Option<&Self> {
        self.nodes.as_deref()
    }

    pub(crate) fn nodes_mut(&mut self) -> Option<&mut Self> {
        self.nodes.as_deref_mut()
    }

    /// The nodes, to be put back, or others.
    pub(crate) fn take_nodes(&mut self) -> Option<Box<Self>> {
        self.nodes.take()
    }

    pub(crate) fn put_nodes(&mut self, nodes: Option<Box<Self>>) {
        self.nodes = nodes;
    }

    /// A word of the arena.
    pub(crate) fn word(&self, index: u64) -> Option<&AtomicU64> {
        self.arena.get(usize::try_from(index).ok()?)
    }

    /// Bytes of states that are written or handed out, nodes included.
    pub(crate) fn arena_bytes(&self) -> u64 {
        self.cursor.load(Ordering::Relaxed) * 8 * self.width as u64
            + self.nodes().map_or(0, Self::arena_bytes)
    }

    /// Bytes of the table, and of the nodes'.
    pub(crate) fn table_bytes(&self) -> u64 {
        self.table.len() as u64 * 8 + self.nodes().map_or(0, Self::table_bytes)
    }

    /// Bytes that the growth for so many more states adds, states included.
    pub(crate) fn growth(&self, more: u64) -> u64 {
        more * 8 * self.width as u64 + self.places_for(more).saturating_sub(self.table.len() as u64) * 8
    }

    /// How many more states may be put in without growth.
    pub(crate) fn room(&self) -> u64 {
        let indices = self.arena.len() as u64 / self.width as u64;
        let (most, of) = self.full();
        let entries = self.table.len() as u64 * most / of;
        let (used, unique) = (self.cursor.load(Ordering::Relaxed), self.unique.load(Ordering::Relaxed));
        indices.min(MOST_STATES).saturating_sub(used).min(entries.saturating_sub(unique))
    }

    /// Entries of the table after the growth that so many more states need.
    fn places_for(&self, more: u64) -> u64 {
        let entries = self.unique.load(Ordering::Relaxed) + more;
        let mut places = self.table.len() as u64;
        let (most, of) = self.full();
        while entries * of > places * most {
            // Time counts while it is small, space when it is large.
            let step = if places < LARGE { places } else { places / 4 };
            places += step.next_multiple_of(SEGMENT as u64);
        }
        places
    }

    /// Grows, so that so many more states have room.
    pub(crate) fn make_room(&mut self, more: u64) -> Result<(), OutOfMemory> {
        let indices = self.cursor.load(Ordering::Relaxed) + more;
        if indices > MOST_STATES {
            return Err(OutOfMemory);
        }
        let words = usize::try_from(indices * self.width as u64).map_err(|_| OutOfMemory)?;
        // Address space; pages are resident once they are written.
        if words > self.arena.len() && !self.arena.grow(words + words / 2) && !self.arena.grow(words) {
            return Err(OutOfMemory);
        }
        let places = usize::try_from(self.places_for(more)).map_err(|_| OutOfMemory)?;
        if places > self.table.len() { self.grow_table(places) } else { Ok(()) }
    }

    fn grow_table(&mut self, places: usize) -> Result<(), OutOfMemory> {
        let before = self.table.len();
        if !self.table.grow(places) {
            return Err(OutOfMemory);
        }
        let mut segment = vec![0; SEGMENT];
        for first in (0..before).step_by(SEGMENT).rev() {
            let mut used = 0;
            for entry in &self.table[first..first + SEGMENT] {
                // Nobody else is here, and a swap would cost as if someone were. Which places are free no processor
                // guesses, so nothing is a branch that depends on it.
                let found = entry.load(Ordering::Relaxed);
                entry.store(0, Ordering::Relaxed);
                segment[used] = found;
                used += usize::from(found != 0);
            }
            for entry in &segment[..used] {
                let hash = if self.direct { direct::hash(!*entry) } else { *entry };
                let mut at = place(hash, places);
                while self.table[at].load(Ordering::Relaxed) != 0 {
                    at = next(at);
                }
                self.table[at].store(*entry, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Rewrites every state of these ranges to another width. A table of indices does not depend on it.
    pub(crate) fn rewrite(
        &mut self,
        width: usize,
        ranges: &[(u64, u64)],
        mut rewrite: impl FnMut(&[u64], &mut [u64]),
    ) -> Result<(), OutOfMemory> {
        let words = usize::try_from(self.cursor.load(Ordering::Relaxed)).map_err(|_| OutOfMemory)? * width;
        if words > self.arena.len() && !self.arena.grow(words + words / 2) && !self.arena.grow(words) {
            return Err(OutOfMemory);
        }
        let (mut before, mut after) = (vec![0; self.width], vec![0; width]);
        let one = |index: u64| {
            let Ok(index) = usize::try_from(index) else { return };
            for (word, at) in before.iter_mut().zip(&self.arena[index * self.width..]) {
                *word = at.load(Ordering::Relaxed);
            }
            rewrite(&before, &mut after);
            for (word, at) in after.iter().zip(&self.arena[index * width..]) {
                at.store(*word, Ordering::Relaxed);
            }
        };
        // In the order in which no state is overwritten before it was read.
        if width > self.width {
            ranges.iter().rev().flat_map(|(from, to)| (*from..*to).rev()).for_each(one);
        } else {
            ranges.iter().flat_map(|(from, to)| *from..*to).for_each(one);
        }
        self.width = width;
        Ok(())
    }
}
