//! What the ids of bundles stand for, as far as a [`Fused`] asked.

use super::fused::{Fused, Head, Reaching, Row, UNKNOWN};
use super::{Via, at};
use crate::layout::Layout;
use crate::rules::Rules;

impl Fused {
    /// What an id stands for.
    pub(super) fn tuple_of(&mut self, group: usize, id: u32) -> &[u32] {
        let width = self.bundles.members(group).len();
        let first = id as usize * width;
        if self.tuples[group].get(first).is_none_or(|first| *first == UNKNOWN) {
            let mut tuple = std::mem::take(&mut self.tuple);
            self.bundles.tuple(group, id, &mut tuple);
            self.know(group, id, &tuple);
            self.tuple = tuple;
        }
        &self.tuples[group][first..first + width]
    }

    pub(super) fn know(&mut self, group: usize, id: u32, tuple: &[u32]) {
        let first = id as usize * tuple.len();
        let known = &mut self.tuples[group];
        if known.len() < first + tuple.len() {
            known.resize(first + tuple.len(), UNKNOWN);
        }
        known[first..first + tuple.len()].copy_from_slice(tuple);
    }

    /// An actor's part in its bundle.
    pub(super) fn local(&mut self, actor: usize, id: u32) -> u32 {
        self.tuple_of(actor, id)[0]
    }

    /// What properties see of an actor in its bundle.
    #[inline]
    pub(super) fn seen(&mut self, rules: &dyn Rules, view: usize, actor: usize, id: u32) -> u32 {
        let of = view * self.bundles.len() + actor;
        match self.seen.get(of).and_then(|seen| seen.get(id as usize)) {
            Some(seen) if *seen != UNKNOWN => *seen,
            Some(_) | None => {
                let local = self.local(actor, id);
                let seen = rules.seen(view, actor, local);
                if self.seen.len() <= of {
                    self.seen.resize(of + 1, Vec::new());
                }
                *at(&mut self.seen[of], id, UNKNOWN) = seen;
                seen
            }
        }
    }

    /// The components' ids.
    pub(super) fn unpack(&mut self, layout: &Layout, words: &[u64], ids: &mut Vec<u32>) {
        ids.clear();
        ids.resize(self.bundles.components(), 0);
        for (group, slot) in layout.slots.iter().enumerate() {
            let bundles = std::sync::Arc::clone(&self.bundles);
            let tuple = self.tuple_of(group, slot.id(words));
            for (component, id) in bundles.members(group).iter().zip(tuple) {
                ids[*component] = *id;
            }
        }
    }

    /// Resident, in bytes, estimated.
    pub(super) fn bytes(&self) -> usize {
        let rows: usize = self.rows.iter().map(|rows| rows.capacity() * size_of::<Row>()).sum();
        let tuples: usize = self.tuples.iter().chain(&self.seen).map(|of| of.capacity() * 4).sum();
        let own = self.own.capacity() * (4 + 8 + size_of::<Via>());
        let steps = self.reaching.capacity() * size_of::<Reaching>() + self.sent.capacity() * 8;
        let memos: usize = self.delivered.iter().map(crate::memo::Memo::bytes).sum();
        let pushed: usize = self.pushed.iter().map(crate::memo::Memo::bytes).sum();
        rows + self.looks.bytes()
            + self.scripts.bytes()
            + tuples
            + own
            + steps
            + memos
            + pushed
            + self.heads.capacity() * size_of::<Head>()
    }
}
