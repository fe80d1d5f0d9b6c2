//! One thread of a round: batches of states, their successors, and which of these are new.

mod direct;
mod judging;

use std::sync::atomic::{AtomicU64, Ordering};

use crate::asked::Asked;
use crate::expand::{Expander, Outgrown};
use crate::judge::{Judge, Watch};
use crate::round::{BLOCK, Round, claim, give_back, load, take};
use crate::space::Found;
use crate::tree::{Roots, most_nodes};
use judging::New;

/// How far ahead of its use a place is brought into the cache, and a state.
const AHEAD: usize = 12;
/// The most entries of the cache of states that were just seen.
const RECENT: usize = 1 << 14;

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
    asked: Asked,
    ids: Vec<u32>,
    roots: Roots,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(mut expander: Expander<'a>, judge: Box<dyn Judge + 'a>, watches: &[Watch]) -> Self {
        let asked = Asked::new(watches);
        expander.views = asked.views();
        Self {
            expander,
            judge,
            block: (0, 0, 0),
            found: Vec::new(),
            deciding: vec![None; watches.len()],
            asked,
            ids: Vec::new(),
            roots: Roots::new(),
        }
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        self.expander.bytes() + self.asked.bytes()
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
        self.asked.forget_messages();
        self.roots.forget();
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

    /// Whether a state is new; then it is in, under this index.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn insert<const K: usize>(&mut self, round: &Round<'_>, hash: u64, words: &[u64; K], index: u32) -> bool {
        let found = match round.view.nodes {
            None => round.view.insert(hash, words, index),
            Some(nodes) => round.view.insert(hash, &[self.roots.root(nodes, words)], index),
        };
        found == Found::New
    }

    /// Puts a first state in.
    pub(crate) fn start<const K: usize>(&mut self, round: &Round<'_>, words: &[u64; K], ids: &[u32]) {
        let hash = self.expander.hash_of(ids);
        self.asked.open(&round.open);
        if self.expander.is_within(ids) && (!round.judged || self.judge.is_within(ids)) {
            let index = self.offer(round.cursor);
            round.generated.fetch_add(1, Ordering::Relaxed);
            if self.insert(round, hash, words, index) {
                self.block.1 += 1;
                round.unique.fetch_add(1, Ordering::Relaxed);
                self.judge_new(round, &New { words, hash: Some(hash), parent: None, index });
            }
        }
    }

    /// Expands batches until none is left or the round ends. `tick` is asked after each whether to go on.
    pub(crate) fn work<const K: usize>(&mut self, round: &Round<'_>, tick: &mut dyn FnMut() -> bool) {
        let recent = (round.level.size.min(1 << 20) as usize * 8).next_power_of_two().clamp(64, RECENT);
        let mut recent = vec![[u64::MAX; K]; recent];
        let mut batch: Vec<[u64; K]> = Vec::new();
        self.asked.open(&round.open);
        let mut nexts: Vec<Next<K>> = Vec::new();
        while !round.stop.load(Ordering::Relaxed) && tick() {
            let Some(positions) = take(round) else { return };
            load(round, positions, &mut batch);
            let Ok((len, seen)) = self.successors(round, &batch, &mut recent, &mut nexts) else {
                round.outgrown.store(true, Ordering::Relaxed);
                return give_back(round, positions);
            };
            let claims = (len as u64, len as u64 * most_nodes(K));
            if !claim(&round.room, &round.full, claims.0)
                || !claim(&round.node_room, &round.nodes_full, claims.1)
            {
                return give_back(round, positions);
            }
            let (within, new) = self.resolve(round, &batch, &mut recent, &nexts[..len]);
            round.room.fetch_add(claims.0 - new, Ordering::Relaxed);
            let nodes = self.roots.take_added();
            round.node_room.fetch_add(claims.1 - nodes, Ordering::Relaxed);
            if let Some(of) = round.view.nodes {
                of.unique.fetch_add(nodes, Ordering::Relaxed);
            }
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
            if let Some(next) = batch.get(from as usize + 1) {
                self.expander.foresee(round.layout, next);
            }
            let mut sink = |words: &[u64; K], hash: u64, _| {
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
            };
            self.expander.expand(round.layout, words, &mut sink)?;
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
            round.view.prefetch_state(next.hash);
        }
        for (i, next) in nexts.iter().enumerate() {
            if let Some(ahead) = nexts.get(i + AHEAD) {
                round.view.prefetch_state(ahead.hash);
            }
            if round.judged {
                if round.view.find(next.hash, &next.words).is_none() {
                    self.expander.unpack(round.layout, &next.words, &mut self.ids);
                    if !self.judge.is_within(&self.ids) {
                        continue;
                    }
                }
                let mask = recent.len() - 1;
                recent[recent_at(next.hash, mask)] = next.words;
            }
            within += 1;
            let index = self.offer(round.cursor);
            if self.insert(round, next.hash, &next.words, index) {
                self.block.1 += 1;
                new += 1;
                if !round.open.is_empty() {
                    let parent = &batch[next.from as usize];
                    let (words, hash) = (&next.words, Some(next.hash));
                    self.judge_new(round, &New { words, hash, parent: Some(parent), index });
                }
            }
        }
        (within, new)
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "masked")]
fn recent_at(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}
