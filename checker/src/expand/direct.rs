//! The innermost loop where a state is one word: a successor is an exclusive or, and its hash follows from it.
//!
//! What may happen in a bundle is one list of numbers, a script. Those of a batch's states are sought out first, so
//! that what is not in the cache is brought at the same time.

use super::cached::{CRASH, NOTHING, WEIGHS};
use super::fused::{Fused, UNKNOWN};
use super::scripts::{HEAD, Step};
use super::{Expander, Outgrown, key};
use crate::layout::{Layout, Slot};

/// How many states ahead what is delivered in a state is brought into the cache.
const AHEAD: usize = 3;

impl Expander<'_> {
    /// Calls `sink` with each successor of a batch's states that is within the limits, and with `None` after the last
    /// one of each state. Only where states are bundles in one word.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn expand_words(
        &mut self,
        layout: &Layout,
        batch: &[[u64; 1]],
        sink: &mut impl FnMut(Option<u64>),
    ) -> Result<(), Outgrown> {
        let Some(mut fused) = self.fused.take() else { return Err(Outgrown) };
        let done = fused.expand_words(self, layout, batch, sink);
        self.fused = Some(fused);
        done
    }
}

impl Fused {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn expand_words(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        batch: &[[u64; 1]],
        sink: &mut impl FnMut(Option<u64>),
    ) -> Result<(), Outgrown> {
        (self.outgrown, expander.outgrown) = (false, false);
        let mut starts = std::mem::take(&mut self.scripts.starts);
        self.seek(expander, layout, batch, &mut starts);
        let groups = layout.slots.len();
        if !self.outgrown {
            let mut ahead = batch.iter().zip(starts.chunks_exact(groups)).skip(AHEAD);
            for ([word], starts) in batch.iter().zip(starts.chunks_exact(groups)) {
                if let Some(([word], starts)) = ahead.next() {
                    self.foresee_word(layout, *word, starts);
                }
                self.expand_word(expander, layout, *word, starts, sink);
                sink(None);
            }
        }
        self.scripts.starts = starts;
        if self.outgrown { Err(Outgrown) } else { Ok(()) }
    }

    /// Where the scripts of all bundles of these states start, each state's one after the other.
    fn seek(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        batch: &[[u64; 1]],
        starts: &mut Vec<u32>,
    ) {
        starts.clear();
        for [word] in batch {
            for (group, slot) in layout.slots.iter().enumerate() {
                let id = slot.of(*word);
                let start = match self.scripts.start(group, id) {
                    UNKNOWN => self.learn_script(expander, layout, group, id),
                    start => start,
                };
                self.scripts.prefetch(start);
                starts.push(start);
            }
        }
    }

    /// Starts to bring what is delivered in a state.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn foresee_word(&self, layout: &Layout, word: u64, starts: &[u32]) {
        for start in starts {
            let script = self.scripts.script(*start);
            if script.heads > 0 {
                let [_, envelope, to] = self.scripts.head(script.first_head);
                let to = to as usize;
                self.scripts.delivered[to].prefetch(key(layout.slots[to].of(word), envelope));
            }
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn expand_word(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        word: u64,
        starts: &[u32],
        sink: &mut impl FnMut(Option<u64>),
    ) {
        for (slot, start) in layout.slots.iter().zip(starts) {
            let script = self.scripts.script(*start);
            for turn in self.scripts.own(*start, script) {
                sink(Some(word ^ moved(*turn, *slot)));
            }
            let mut at = script.first_reaching;
            for _ in 0..script.reachings {
                let step = self.scripts.step(at);
                if step.flags == 0 || self.may_word(expander, layout, word, step) {
                    sink(Some(self.reached_word(expander, layout, word, *slot, step)));
                }
                at = step.end();
            }
            for head in 0..script.heads {
                let [turn, envelope, to] = self.scripts.head(script.first_head + head * HEAD);
                let to = to as usize;
                let other = layout.slots[to];
                let id = other.of(word);
                let step = match self.scripts.delivered[to].look_up(key(id, envelope)) {
                    Some(at) => self.scripts.step(at),
                    None => self.learn_word_delivery(expander, layout, (to, id), envelope),
                };
                if step.flags == 0 || self.may_word(expander, layout, word, step) {
                    let draft = word ^ moved(turn, *slot);
                    sink(Some(self.reached_word(expander, layout, draft, other, step)));
                }
            }
        }
    }

    /// Whether a step is one, and within the limits.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn may_word(&mut self, expander: &mut Expander<'_>, layout: &Layout, word: u64, step: Step) -> bool {
        let is = |flag| step.flags & flag != 0;
        if is(NOTHING) {
            return false;
        }
        let is_within = match expander.limits.filter(|_| is(WEIGHS)) {
            Some(limits) => {
                let sum = self.scripts.sum(|group| layout.slots[group].of(word));
                limits.hold(sum.wrapping_add(self.change(step.weighs)))
            }
            None => true,
        };
        is_within && (!is(CRASH) || self.may_crash_word(expander, layout, word))
    }

    #[inline(never)]
    fn may_crash_word(&mut self, expander: &mut Expander<'_>, layout: &Layout, word: u64) -> bool {
        let mut locals = Vec::with_capacity(expander.shape.actors);
        for actor in 0..expander.shape.actors {
            locals.push(self.local(actor, layout.slots[actor].of(word)));
        }
        expander.may_crash(&locals)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn reached_word(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        word: u64,
        slot: Slot,
        step: Step,
    ) -> u64 {
        let mut word = word ^ moved(step.turn, slot);
        for i in 0..step.sends {
            let (to, envelope) = self.scripts.sent(step, i);
            let slot = layout.slots[to];
            let id = slot.of(word);
            let turn = match self.scripts.pushed[to].look_up(key(id, envelope)) {
                Some(turn) => turn,
                None => self.learn_word_push(expander, layout, (to, id), envelope),
            };
            word ^= moved(turn, slot);
        }
        word
    }
}

/// By what a word changes when an id in it changes by so much.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the innermost loop")]
fn moved(turn: u32, slot: Slot) -> u64 {
    u64::from(turn) << slot.shift
}
