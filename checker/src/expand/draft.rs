//! A packed state while it is changed.

use crate::layout::Layout;
use crate::rules::Turn;

/// A packed state that is being changed.
#[derive(Clone, Copy)]
pub(super) struct Draft<const K: usize> {
    pub(super) words: [u64; K],
    pub(super) hash: u64,
}

impl<const K: usize> Draft<K> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn turned(self, layout: &Layout, component: usize, before: u32, turn: Turn) -> Self {
        self.changed(layout, component, before ^ turn.id, turn.delta)
    }

    /// By so much an id and the hash change.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn changed(mut self, layout: &Layout, place: usize, turn: u32, delta: u64) -> Self {
        let slot = layout.slots[place];
        let change = u64::from(turn) << slot.shift;
        if K <= 4 {
            // Without an index the words stay in registers.
            for (word, k) in self.words.iter_mut().zip(0..) {
                *word ^= if k == slot.word { change } else { 0 };
            }
        } else {
            self.words[slot.word as usize] ^= change;
        }
        self.hash ^= delta;
        self
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    #[allow(clippy::cast_possible_truncation, reason = "a mask has at most 32 bits")]
    pub(super) fn id(&self, layout: &Layout, component: usize) -> u32 {
        let slot = layout.slots[component];
        let word = if K <= 4 {
            self.words.iter().zip(0..).fold(0, |found, (word, k)| if k == slot.word { *word } else { found })
        } else {
            self.words[slot.word as usize]
        };
        ((word >> slot.shift) & slot.mask) as u32
    }
}
