//! The innermost loop where a state is one word: a successor is an exclusive or, and its hash follows from it.

use super::fused::{Fused, Reaching, UNKNOWN};
use super::{Expander, Outgrown};
use crate::layout::{Layout, Slot};

impl Expander<'_> {
    /// Calls `sink` with each successor of a state that is within the limits. Only where states are bundles in one word.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn expand_word(
        &mut self,
        layout: &Layout,
        word: u64,
        sink: &mut impl FnMut(u64),
    ) -> Result<(), Outgrown> {
        let Some(mut fused) = self.fused.take() else { return Err(Outgrown) };
        let done = fused.expand_word(self, layout, word, sink);
        self.fused = Some(fused);
        done
    }
}

impl Fused {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn expand_word(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        word: u64,
        sink: &mut impl FnMut(u64),
    ) -> Result<(), Outgrown> {
        (self.outgrown, expander.outgrown) = (false, false);
        self.begin();
        // All rows first: what is not in the cache is brought at the same time.
        for (group, slot) in layout.slots.iter().enumerate() {
            let id = slot.of(word);
            if self.rows[group].get(id as usize).is_none_or(|row| row.own == UNKNOWN) {
                self.learn_row(expander, layout, group, id);
            }
        }
        if self.outgrown {
            return Err(Outgrown);
        }
        for (group, slot) in layout.slots.iter().enumerate() {
            let Some(row) = self.rows[group].get(slot.of(word) as usize).copied() else { continue };
            let first = row.own as usize;
            for turn in &self.own[first..first + usize::from(row.owns)] {
                sink(word ^ moved(*turn, *slot));
            }
            for i in row.reaching..row.reaching + u32::from(row.reachings) {
                let step = self.reaching[i as usize];
                if step.flags == 0 || self.may_word(expander, layout, word, step) {
                    sink(self.reached_word(expander, layout, word, *slot, step));
                }
            }
            for i in row.heads..row.heads + u32::from(row.headed) {
                let head = self.heads[i as usize];
                let to = head.actor as usize;
                let other = layout.slots[to];
                let step = self.delivery(expander, layout, to, other.of(word), head.envelope);
                if step.flags == 0 || self.may_word(expander, layout, word, step) {
                    let draft = word ^ moved(head.turn, *slot);
                    sink(self.reached_word(expander, layout, draft, other, step));
                }
            }
        }
        if self.outgrown { Err(Outgrown) } else { Ok(()) }
    }

    #[inline(never)]
    fn may_word(&mut self, expander: &mut Expander<'_>, layout: &Layout, word: u64, step: Reaching) -> bool {
        self.is_allowed(expander, |group| layout.slots[group].of(word), step)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn reached_word(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        word: u64,
        slot: Slot,
        step: Reaching,
    ) -> u64 {
        let mut word = word ^ moved(step.turn, slot);
        for i in 0..u32::from(step.sends) {
            let (to, envelope) = self.sent[(step.first + i) as usize];
            let slot = layout.slots[to as usize];
            let change = self.push(expander, layout, to as usize, slot.of(word), envelope);
            word ^= moved(change.turn, slot);
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
