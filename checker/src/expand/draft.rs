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
    pub(super) fn turned(mut self, layout: &Layout, component: usize, before: u32, turn: Turn) -> Self {
        let slot = layout.slots[component];
        let change = u64::from(before ^ turn.id) << slot.shift;
        if K <= 4 {
            // Without an index the words stay in registers.
            for (word, k) in self.words.iter_mut().zip(0..) {
                *word ^= if k == slot.word { change } else { 0 };
            }
        } else {
            self.words[slot.word as usize] ^= change;
        }
        self.hash ^= turn.delta;
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
