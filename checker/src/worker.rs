//! One thread of a round: batches of states, their successors, and which of these are new.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::expand::{Expander, Outgrown};
use crate::judge::{Judge, Watch};
use crate::layout::Layout;
use crate::space::{Found, View};

/// States that are expanded before their successors are looked up.
pub(crate) const BATCH: u64 = 64;
/// Indices that a thread takes at once.
pub(crate) const BLOCK: u64 = 256;
/// How far ahead of its use a place is brought into the cache, and a state.
const AHEAD: usize = 12;
/// The most entries of the cache of states that were just seen.
const RECENT: usize = 1 << 14;

/// States of one depth, by index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Level {
    /// Sorted, and not adjacent.
    pub(crate) ranges: Vec<(u64, u64)>,
    /// The position of each range's first state.
    starts: Vec<u64>,
    /// States.
    pub(crate) size: u64,
}

impl Level {
    pub(crate) fn new(mut found: Vec<(u64, u64)>) -> Self {
        found.sort_unstable();
        let mut level = Self::default();
        for (from, to) in found {
            match level.ranges.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                Some(_) | None => {
                    level.ranges.push((from, to));
                    level.starts.push(level.size);
                }
            }
            level.size += to - from;
        }
        level
    }

    /// The indices at these positions.
    pub(crate) fn indices(&self, (from, to): (u64, u64)) -> impl Iterator<Item = u64> {
        let first = self.starts.partition_point(|start| *start <= from).saturating_sub(1);
        let ranges = self.ranges.iter().zip(&self.starts).skip(first);
        ranges.take_while(move |(_, start)| **start < to).flat_map(move |(range, start)| {
            let (skip, end) = (from.saturating_sub(*start), to - start);
            range.0 + skip..range.1.min(range.0 + end)
        })
    }
}

/// What the threads of a round share.
pub(crate) struct Round<'a> {
    pub(crate) view: View<'a>,
    pub(crate) layout: &'a Layout,
    pub(crate) watches: &'a [Watch],
    /// By property: ones where a packed state has what it reads.
    pub(crate) masks: &'a [Vec<u64>],
    /// Properties that are not decided yet.
    pub(crate) open: Vec<usize>,
    /// The level that is expanded.
    pub(crate) level: &'a Level,
    /// The first position of the level that nobody took.
    pub(crate) next: &'a AtomicU64,
    /// Batches that were taken and not finished.
    pub(crate) redo: &'a Mutex<Vec<(u64, u64)>>,
    /// Indices that were handed out.
    pub(crate) cursor: &'a AtomicU64,
    pub(crate) unique: &'a AtomicU64,
    pub(crate) generated: &'a AtomicU64,
    /// New states that still have room.
    pub(crate) room: AtomicU64,
    /// Set: every thread ends after its batch.
    pub(crate) stop: AtomicBool,
    /// An id had no room in the layout.
    pub(crate) outgrown: AtomicBool,
    /// A batch had more successors than there is room for: so many.
    pub(crate) full: AtomicU64,
    /// Whether the boundary is asked of the judge.
    pub(crate) judged: bool,
}

/// A successor that waits to be looked up.
#[derive(Clone, Copy)]
struct Next<const K: usize> {
    words: [u64; K],
    hash: u64,
    /// Which of the batch it comes from.
    from: u32,
}

/// One thread's own.
pub(crate) struct Worker<'a> {
    pub(crate) expander: Expander<'a>,
    pub(crate) judge: Box<dyn Judge + 'a>,
    /// Of the block that it fills: first index not told, next index, end.
    block: (u64, u64, u64),
    /// What it found of the next level.
    found: Vec<(u64, u64)>,
    /// By property: the state of the next level that decides it, of least hash: hash and index.
    pub(crate) deciding: Vec<Option<(u64, u32)>>,
    /// By property: whether what it reads decides it.
    known: Vec<HashMap<Vec<u64>, bool>>,
    ids: Vec<u32>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(expander: Expander<'a>, judge: Box<dyn Judge + 'a>, properties: usize) -> Self {
        Self {
            expander,
            judge,
            block: (0, 0, 0),
            found: Vec::new(),
            deciding: vec![None; properties],
            known: vec![HashMap::new(); properties],
            ids: Vec::new(),
        }
    }

    /// What was found of the next level since this was asked.
    pub(crate) fn take_found(&mut self) -> Vec<(u64, u64)> {
        self.tell();
        std::mem::take(&mut self.found)
    }

    /// Takes back what was taken.
    pub(crate) fn give_found(&mut self, found: Vec<(u64, u64)>) {
        self.found.extend(found);
    }

    /// The layout is another one.
    pub(crate) fn forget_layout(&mut self) {
        self.known.iter_mut().for_each(HashMap::clear);
    }

    fn tell(&mut self) {
        let (first, next, _) = self.block;
        if first < next {
            self.found.push((first, next));
            self.block.0 = next;
        }
    }

    /// The index of the next new state.
    #[allow(clippy::cast_possible_truncation, reason = "a space has fewer than 2^32 states")]
    fn offer(&mut self, cursor: &AtomicU64) -> u32 {
        if self.block.1 == self.block.2 {
            self.tell();
            let first = cursor.fetch_add(BLOCK, Ordering::Relaxed);
            self.block = (first, first, first + BLOCK);
        }
        self.block.1 as u32
    }

    /// Puts a first state in.
    pub(crate) fn start<const K: usize>(&mut self, round: &Round<'_>, words: &[u64; K], ids: &[u32]) {
        let hash = self.expander.hash_of(ids);
        if self.expander.is_within(ids) && (!round.judged || self.judge.is_within(ids)) {
            let index = self.offer(round.cursor);
            round.generated.fetch_add(1, Ordering::Relaxed);
            if round.view.insert(hash, words, index) == Found::New {
                self.block.1 += 1;
                round.unique.fetch_add(1, Ordering::Relaxed);
                self.judge_new(round, words, hash, &[u64::MAX; K], index);
            }
        }
    }

    /// Expands batches until none is left or the round ends. `tick` is asked after each whether to go on.
    pub(crate) fn work<const K: usize>(&mut self, round: &Round<'_>, tick: &mut dyn FnMut() -> bool) {
        let recent = (round.level.size.min(1 << 20) as usize * 8).next_power_of_two().clamp(64, RECENT);
        let mut recent = vec![[u64::MAX; K]; recent];
        let mut batch: Vec<[u64; K]> = Vec::new();
        let mut nexts: Vec<Next<K>> = Vec::new();
        while !round.stop.load(Ordering::Relaxed) && tick() {
            let Some(positions) = take(round) else { return };
            load(round, positions, &mut batch);
            let Ok((len, seen)) = self.successors(round, &batch, &mut recent, &mut nexts) else {
                round.outgrown.store(true, Ordering::Relaxed);
                return give_back(round, positions);
            };
            let claim = len as u64;
            let enough = |room: u64| room.checked_sub(claim);
            if round.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough).is_err() {
                round.full.fetch_max(claim, Ordering::Relaxed);
                return give_back(round, positions);
            }
            let (within, new) = self.resolve(round, &batch, &mut recent, &nexts[..len]);
            round.room.fetch_add(claim - new, Ordering::Relaxed);
            round.unique.fetch_add(new, Ordering::Relaxed);
            round.generated.fetch_add(seen + within, Ordering::Relaxed);
        }
        round.stop.store(true, Ordering::Relaxed);
    }

    /// The successors of a batch: how many were not just seen, which come first in `nexts`, and how many were.
    fn successors<const K: usize>(
        &mut self,
        round: &Round<'_>,
        batch: &[[u64; K]],
        recent: &mut [[u64; K]],
        nexts: &mut Vec<Next<K>>,
    ) -> Result<(usize, u64), Outgrown> {
        let (view, judged, mask) = (round.view, round.judged, recent.len() - 1);
        let (mut total, mut len) = (0, 0);
        for (words, from) in batch.iter().zip(0..) {
            self.expander.expand(round.layout, words, &mut |words: &[u64; K], hash, _| {
                let slot = &mut recent[recent_at(hash, mask)];
                // Half of them were just seen, and no processor guesses which: nothing here is a branch that depends
                // on it. What was seen is overwritten by the next.
                let differs = slot.iter().zip(words).fold(0, |bits, (a, b)| bits | (a ^ b)) != 0;
                if !judged {
                    *slot = *words;
                }
                view.prefetch_place(if differs { hash } else { 0 });
                if len == nexts.len() {
                    nexts.resize(2 * len + 64, Next { words: *words, hash, from });
                }
                nexts[len] = Next { words: *words, hash, from };
                len += usize::from(differs);
                total += 1;
            })?;
        }
        Ok((len, total - len as u64))
    }

    /// Looks successors up: how many are within the boundary, and how many are new.
    fn resolve<const K: usize>(
        &mut self,
        round: &Round<'_>,
        batch: &[[u64; K]],
        recent: &mut [[u64; K]],
        nexts: &[Next<K>],
    ) -> (u64, u64) {
        let (mut within, mut new) = (0, 0);
        for next in nexts.iter().take(AHEAD) {
            round.view.prefetch_state::<K>(next.hash);
        }
        for (i, next) in nexts.iter().enumerate() {
            if let Some(ahead) = nexts.get(i + AHEAD) {
                round.view.prefetch_state::<K>(ahead.hash);
            }
            if round.judged {
                if !round.view.contains(next.hash, &next.words) {
                    round.layout.unpack(&next.words, &mut self.ids);
                    if !self.judge.is_within(&self.ids) {
                        continue;
                    }
                }
                let mask = recent.len() - 1;
                recent[recent_at(next.hash, mask)] = next.words;
            }
            within += 1;
            let index = self.offer(round.cursor);
            if round.view.insert(next.hash, &next.words, index) == Found::New {
                self.block.1 += 1;
                new += 1;
                if !round.open.is_empty() {
                    let parent = &batch[next.from as usize];
                    let changed = std::array::from_fn(|k| parent[k] ^ next.words[k]);
                    self.judge_new(round, &next.words, next.hash, &changed, index);
                }
            }
        }
        (within, new)
    }

    /// Whether a new state decides a property that its parent did not.
    fn judge_new<const K: usize>(
        &mut self,
        round: &Round<'_>,
        words: &[u64; K],
        hash: u64,
        changed: &[u64; K],
        index: u32,
    ) {
        let mut unpacked = false;
        for property in &round.open {
            let watch = &round.watches[*property];
            let mask = &round.masks[*property];
            if watch.reads.is_some() {
                if mask.iter().zip(changed).all(|(mask, changed)| mask & changed == 0) {
                    continue;
                }
                let read: Vec<u64> = mask.iter().zip(words).map(|(mask, word)| mask & word).collect();
                match self.known[*property].get(&read) {
                    Some(false) => continue,
                    Some(true) => {
                        least(&mut self.deciding[*property], hash, index);
                        continue;
                    }
                    None => {}
                }
            }
            if !unpacked {
                round.layout.unpack(words, &mut self.ids);
                unpacked = true;
            }
            let decides = self.judge.decides(*property, &self.ids);
            if watch.reads.is_some() {
                let read = mask.iter().zip(words).map(|(mask, word)| mask & word).collect();
                self.known[*property].insert(read, decides);
            }
            if decides {
                least(&mut self.deciding[*property], hash, index);
            }
        }
    }
}

fn least(best: &mut Option<(u64, u32)>, hash: u64, index: u32) {
    if best.is_none_or(|best| hash < best.0) {
        *best = Some((hash, index));
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "masked")]
fn recent_at(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}

/// The next batch's positions.
fn take(round: &Round<'_>) -> Option<(u64, u64)> {
    if let Some(positions) = round.redo.lock().unwrap_or_else(PoisonError::into_inner).pop() {
        return Some(positions);
    }
    let from = round.next.fetch_add(BATCH, Ordering::Relaxed);
    (from < round.level.size).then(|| (from, (from + BATCH).min(round.level.size)))
}

/// A batch that was not finished.
fn give_back(round: &Round<'_>, positions: (u64, u64)) {
    round.redo.lock().unwrap_or_else(PoisonError::into_inner).push(positions);
    round.stop.store(true, Ordering::Relaxed);
}

#[allow(clippy::cast_possible_truncation, reason = "a space has fewer than 2^32 states")]
fn load<const K: usize>(round: &Round<'_>, positions: (u64, u64), batch: &mut Vec<[u64; K]>) {
    batch.clear();
    batch.extend(round.level.indices(positions).map(|index| round.view.state::<K>(index as u32)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_a_level_are_found_in_its_ranges() {
        let level = Level::new(vec![(10, 12), (0, 3), (12, 15), (20, 21)]);
        assert_eq!((level.ranges.len(), level.size), (3, 9));
        assert_eq!(level.indices((0, 9)).collect::<Vec<_>>(), [0, 1, 2, 10, 11, 12, 13, 14, 20]);
        assert_eq!(level.indices((2, 5)).collect::<Vec<_>>(), [2, 10, 11]);
        assert_eq!(level.indices((8, 9)).collect::<Vec<_>>(), [20]);
    }
}
