//! The work of a thread where the table holds the states themselves.

use std::sync::atomic::Ordering;

use super::Worker;
use super::judging::New;
use crate::expand::Outgrown;
use crate::round::{BATCH, Round, claim, give_back, load, take_many};
use crate::space::direct::hash;

/// Bits of a place among the states that were just seen.
const RECENT: u32 = 14;
/// States that were just seen.
type Recent = [u64; 1 << RECENT];

/// Where a state lies among those that were just seen.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the innermost loop")]
#[allow(clippy::cast_possible_truncation, reason = "the upper bits only")]
fn recent_at(hash: u64) -> usize {
    (hash >> (64 - RECENT)) as usize
}

/// A batch, and its successors one after the other.
#[derive(Default)]
struct Made {
    batch: Vec<[u64; 1]>,
    nexts: Vec<u64>,
    /// By state of the batch: where its successors end.
    ends: Vec<usize>,
}

impl Worker<'_> {
    /// Expands batches until none is left or the round ends. `tick` is asked after each whether to go on.
    pub(crate) fn work_direct(&mut self, round: &Round<'_>, tick: &mut dyn FnMut() -> bool) {
        let mut recent = vec![u64::MAX; 1 << RECENT];
        let Some(recent) = recent.first_chunk_mut() else { return };
        let mut made = Made::default();
        let mut mine = (0, 0);
        self.asked.open(&round.open);
        while !round.stop.load(Ordering::Relaxed) && tick() {
            if mine.0 == mine.1 {
                let Some(positions) = take_many(round) else { return };
                mine = positions;
            }
            let end = mine.1.min(mine.0 + BATCH);
            load(round, (mine.0, end), &mut made.batch);
            let Ok(seen) = self.make(round, recent, &mut made) else {
                round.outgrown.store(true, Ordering::Relaxed);
                return give_back(round, mine);
            };
            let claimed = made.ends.last().map_or(0, |len| *len as u64);
            if !claim(&round.room, &round.full, claimed) {
                return give_back(round, mine);
            }
            let (within, new) = if round.alone {
                self.put::<true>(round, recent, &made)
            } else {
                self.put::<false>(round, recent, &made)
            };
            mine.0 = end;
            round.room.fetch_add(claimed - new, Ordering::Relaxed);
            round.unique.fetch_add(new, Ordering::Relaxed);
            round.generated.fetch_add(seen + within, Ordering::Relaxed);
        }
        if mine.0 < mine.1 {
            give_back(round, mine);
        }
        round.stop.store(true, Ordering::Relaxed);
    }

    /// Makes the successors of a batch, but for those that were just seen: how many these are.
    fn make(&mut self, round: &Round<'_>, recent: &mut Recent, made: &mut Made) -> Result<u64, Outgrown> {
        let (view, judged) = (round.view, round.judged);
        let Made { batch, nexts, ends } = made;
        let (mut total, mut len) = (0, 0);
        ends.clear();
        self.expander.expand_words(round.layout, batch, &mut |next| {
            let Some(next) = next else { return ends.push(len) };
            let hash = hash(next);
            let slot = &mut recent[recent_at(hash)];
            // Half of them were just seen, and no processor guesses which: nothing here is a branch that depends
            // on it. What was seen is overwritten by the next.
            let differs = *slot != next;
            if !judged {
                *slot = next;
            }
            view.prefetch_word(if differs { hash } else { 0 });
            if len == nexts.len() {
                nexts.resize(2 * len + 64, 0);
            }
            nexts[len] = next;
            len += usize::from(differs);
            total += 1;
        })?;
        Ok(total - len as u64)
    }

    /// Puts successors in: how many are within the boundary, and how many are new.
    fn put<const ALONE: bool>(&mut self, round: &Round<'_>, recent: &mut Recent, made: &Made) -> (u64, u64) {
        let (mut within, mut new, mut first) = (0, 0, 0);
        for (parent, end) in made.batch.iter().zip(&made.ends) {
            for next in &made.nexts[first..*end] {
                let hash = hash(*next);
                if round.judged {
                    if round.view.place_of(*next).is_none() {
                        self.expander.unpack(round.layout, &[*next], &mut self.ids);
                        if !self.judge.is_within(&self.ids) {
                            continue;
                        }
                    }
                    recent[recent_at(hash)] = *next;
                }
                within += 1;
                if round.view.put::<ALONE>(*next, hash) {
                    let index = self.offer(round.cursor);
                    round.view.keep(index, *next);
                    self.block.1 += 1;
                    new += 1;
                    if !round.open.is_empty() {
                        self.judge_new(
                            round,
                            &New { words: &[*next], hash: None, parent: Some(parent), index },
                        );
                    }
                }
            }
            first = *end;
        }
        (within, new)
    }
}
