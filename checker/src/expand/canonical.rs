//! Successors, each replaced by the state that stands for it.

use super::draft::Draft;
use super::{Expander, Outgrown, Via};
use crate::canon::Canon;
use crate::layout::Layout;

impl Expander<'_> {
    /// The same, each successor replaced by the state that stands for it, which has to be within the limits.
    pub(super) fn expand_canonical<const K: usize>(
        &mut self,
        layout: &Layout,
        from: &Draft<K>,
        ids: &[u32],
        canon: &mut Canon<'_>,
        sink: &mut impl FnMut(&[u64; K], u64, Via),
    ) -> Result<(), Outgrown> {
        let (limits, mut drafts) = (self.limits.take(), std::mem::take(&mut self.drafts));
        drafts.clear();
        let done = self.expand_ids(layout, from, ids, &mut |words: &[u64; K], _, via| {
            drafts.push((via, words.to_vec()));
        });
        self.limits = limits;
        let mut next = Vec::new();
        let mut one = |via: Via, words: &[u64]| {
            layout.unpack(words, &mut next);
            let hash = canon.canonical(&mut next);
            if !next.iter().enumerate().all(|(component, id)| layout.holds(component, *id)) {
                return Err(Outgrown);
            }
            if self.is_within(&next) {
                let mut words = [0; K];
                layout.pack(&next, &mut words);
                sink(&words, hash, via);
            }
            Ok(())
        };
        let done = done.and_then(|()| drafts.iter().try_for_each(|(via, words)| one(*via, words)));
        self.drafts = drafts;
        done
    }
}
