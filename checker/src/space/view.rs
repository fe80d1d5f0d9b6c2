//! A space while nothing grows, as threads use it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Found, SEGMENT, Space};
use crate::raw::prefetch;
use crate::tree;

/// An entry's first place.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the innermost loop")]
#[allow(clippy::cast_possible_truncation, reason = "below the number of places")]
pub(super) fn place(entry_or_hash: u64, places: usize) -> usize {
    (((entry_or_hash >> 32) * places as u64) >> 32) as usize
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "the innermost loop")]
pub(super) fn next(at: usize) -> usize {
    (at & !(SEGMENT - 1)) | ((at + 1) & (SEGMENT - 1))
}

/// The space while nothing grows, shared by threads.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(super) arena: &'a [AtomicU64],
    pub(super) table: &'a [AtomicU64],
    pub(super) width: usize,
    /// The table holds the states themselves.
    pub(crate) direct: bool,
    /// The nodes, if states are kept as roots.
    pub(crate) nodes: Option<&'a Space>,
}

impl View<'_> {
    /// The words of a state.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn state<const K: usize>(&self, index: u32) -> [u64; K] {
        match self.nodes {
            None => self.stored::<K>(index),
            Some(nodes) => {
                let [root] = self.stored::<1>(index);
                tree::words(nodes.view(), root)
            }
        }
    }

    /// The words of the arena.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn stored<const K: usize>(&self, index: u32) -> [u64; K] {
        debug_assert_eq!(K, self.width);
        let at = index as usize * K;
        let words = &self.arena[at..at + K];
        std::array::from_fn(|i| words[i].load(Ordering::Relaxed))
    }

    /// Starts to bring the state's first place into the cache.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn prefetch_place(&self, hash: u64) {
        prefetch(self.table, place(hash, self.table.len()));
    }

    /// Looks at the places that are in the cache, and starts to bring the state that may be this one.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn prefetch_state(&self, hash: u64) {
        let mut at = place(hash, self.table.len());
        for _ in 0..4 {
            let entry = self.table[at].load(Ordering::Relaxed);
            if entry == 0 {
                return;
            }
            if entry >> 32 == hash >> 32 {
                return prefetch(self.arena, index(entry) as usize * self.width);
            }
            at = next(at);
        }
    }

    /// The index of a state, if it is there.
    pub(crate) fn find<const K: usize>(&self, hash: u64, state: &[u64; K]) -> Option<u32> {
        match self.nodes {
            None => self.find_stored(hash, state),
            Some(nodes) => self.find_stored(hash, &[tree::find_root(nodes.view(), state)?]),
        }
    }

    fn find_stored<const K: usize>(&self, hash: u64, state: &[u64; K]) -> Option<u32> {
        let mut at = place(hash, self.table.len());
        loop {
            let entry = self.table[at].load(Ordering::Acquire);
            if entry == 0 {
                return None;
            }
            if entry >> 32 == hash >> 32 && self.stored::<K>(index(entry)) == *state {
                return Some(index(entry));
            }
            at = next(at);
        }
    }

    /// Puts a state in, as it is stored, under an index that is this thread's, unless it is there. The table has room.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn insert<const K: usize>(&self, hash: u64, state: &[u64; K], offered: u32) -> Found {
        let mut at = place(hash, self.table.len());
        let mut written = false;
        loop {
            let mut entry = self.table[at].load(Ordering::Acquire);
            if entry == 0 {
                if !written {
                    let first = offered as usize * K;
                    for (word, to) in state.iter().zip(&self.arena[first..first + K]) {
                        to.store(*word, Ordering::Relaxed);
                    }
                    written = true;
                }
                let new = (hash >> 32 << 32) | (u64::from(offered) + 1);
                match self.table[at].compare_exchange(0, new, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return Found::New,
                    Err(other) => entry = other,
                }
            }
            if entry >> 32 == hash >> 32 && self.stored::<K>(index(entry)) == *state {
                return Found::Old(index(entry));
            }
            at = next(at);
        }
    }
}

/// The index in an entry that is not free.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the innermost loop")]
#[allow(clippy::cast_possible_truncation, reason = "the lower half is the index and one")]
fn index(entry: u64) -> u32 {
    (entry as u32).wrapping_sub(1)
}
