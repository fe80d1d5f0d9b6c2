//! Successors, each replaced by the state that stands for it.

use super::draft::Draft;
use super::reduced::Pick;
use super::{Expander, Outgrown, Via};
use crate::canon::Canon;
use crate::layout::Layout;
use crate::rules::Turn;

/// Successors that wait to be replaced, and room for one.
#[derive(Default)]
pub(super) struct Drafts {
    /// Flat: the words of each.
    words: Vec<u64>,
    vias: Vec<Via>,
    ids: Vec<u32>,
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
            Pick::Step(actor, step) => {
                let turn = Turn { id: step.local, delta: step.delta };
                let draft = from.turned(layout, actor, ids[actor], turn);
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
        let done = self.expand_plain(layout, from, ids, pick, &mut |words: &[u64; K], _, via| {
            drafts.vias.push(via);
            drafts.words.extend(words);
        });
        self.limits = limits;
        let Drafts { words: flat, vias, ids: next } = &mut drafts;
        let mut one = |via: Via, words: &[u64]| {
            layout.unpack(words, next);
            let hash = canon.canonical(next);
            if !next.iter().enumerate().all(|(component, id)| layout.holds(component, *id)) {
                return Err(Outgrown);
            }
            if self.is_within(next) {
                let mut words = [0; K];
                layout.pack(next, &mut words);
                sink(&words, hash, via);
            }
            Ok(())
        };
        let done = done.and_then(|()| {
            vias.iter().zip(flat.chunks_exact(K)).try_for_each(|(via, words)| one(*via, words))
        });
        self.drafts = drafts;
        done
    }
}
