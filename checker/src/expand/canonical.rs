//! Successors, each replaced by the state that stands for it.

use super::draft::Draft;
use super::reduced::{Alone, Pick};
use super::{Expander, Outgrown, Via};
use crate::canon::Canon;
use crate::layout::Layout;
use crate::rules::Turn;

/// States of which it is remembered what stands for them: steps that commute lead to the same one again and again.
const REMEMBERED: usize = 1 << 12;

/// Successors that wait to be replaced, and room for one.
#[derive(Default)]
pub(super) struct Drafts {
    /// Flat: the words and the hash of each.
    words: Vec<u64>,
    vias: Vec<Via>,
    ids: Vec<u32>,
    /// Flat, by hash: the words of a state, those of the state that stands for it, its hash, and whether it is within the
    /// limits. Words of ones are no state.
    known: Vec<u64>,
}

impl Drafts {
    /// The layout is another one.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    pub(super) fn bytes(&self) -> usize {
        self.known.capacity() * 8
    }
}

impl Expander<'_> {
    /// Calls `sink` with some successors of a state.
    pub(super) fn expand_some<const K: usize>(
        &mut self,
        layout: &Layout,
        from: &Draft<K>,
        ids: &[u32],
        pick: Pick,
        sink: &mut impl FnMut(&[u64; K], u64, Via),
    ) -> Result<(), Outgrown> {
        let Some(mut canon) = self.canon.take() else {
            return self.expand_plain(layout, from, ids, pick, sink);
        };
        let done = self.expand_canonical(layout, from, ids, pick, &mut canon, sink);
        self.canon = Some(canon);
        done
    }

    fn expand_plain<const K: usize>(
        &mut self,
        layout: &Layout,
        from: &Draft<K>,
        ids: &[u32],
        pick: Pick,
        sink: &mut impl FnMut(&[u64; K], u64, Via),
    ) -> Result<(), Outgrown> {
        match pick {
            Pick::All => self.expand_ids(layout, from, ids, |_| true, sink),
            Pick::Actor(actor) => self.expand_ids(layout, from, ids, |of| of == actor, sink),
            Pick::Alone(Alone { actor, step, heard }) => {
                let turn = Turn { id: step.local, delta: step.delta };
                let mut draft = from.turned(layout, actor, ids[actor], turn);
                if let Some((flow, left)) = heard {
                    draft = draft.turned(layout, flow, ids[flow], left);
                }
                sink(&draft.words, draft.hash, Via::Step(step.id));
                Ok(())
            }
        }
    }

    /// The same, each successor replaced by the state that stands for it, which has to be within the limits.
    fn expand_canonical<const K: usize>(
        &mut self,
        layout: &Layout,
        from: &Draft<K>,
        ids: &[u32],
        pick: Pick,
        canon: &mut Canon<'_>,
        sink: &mut impl FnMut(&[u64; K], u64, Via),
    ) -> Result<(), Outgrown> {
        let (limits, mut drafts) = (self.limits.take(), std::mem::take(&mut self.drafts));
        drafts.words.clear();
        drafts.vias.clear();
        let done = self.expand_plain(layout, from, ids, pick, &mut |words: &[u64; K], hash, via| {
            drafts.vias.push(via);
            drafts.words.extend(words);
            drafts.words.push(hash);
        });
        self.limits = limits;
        let Drafts { words: flat, vias, ids: next, known } = &mut drafts;
        let entry = 2 * K + 2;
        known.resize(REMEMBERED * entry, u64::MAX);
        let mut one = |via: Via, draft: &[u64]| {
            let (words, hash) = (&draft[..K], draft[K]);
            let first = place(hash) * entry;
            let known = &mut known[first..first + entry];
            if known[..K] != *words {
                layout.unpack(words, next);
                let hash = canon.canonical(next);
                if !next.iter().enumerate().all(|(component, id)| layout.holds(component, *id)) {
                    return Err(Outgrown);
                }
                layout.pack(next, &mut known[K..2 * K]);
                known[..K].copy_from_slice(words);
                known[2 * K] = hash;
                known[2 * K + 1] = self.is_within(next).into();
            }
            if known[2 * K + 1] == 1 {
                sink(&std::array::from_fn(|k| known[K + k]), known[2 * K], via);
            }
            Ok(())
        };
        let done = done.and_then(|()| {
            vias.iter().zip(flat.chunks_exact(K + 1)).try_for_each(|(via, draft)| one(*via, draft))
        });
        self.drafts = drafts;
        done
    }
}

/// Where a state is remembered.
#[allow(clippy::cast_possible_truncation, reason = "masked")]
fn place(hash: u64) -> usize {
    (hash >> 32) as usize & (REMEMBERED - 1)
}
