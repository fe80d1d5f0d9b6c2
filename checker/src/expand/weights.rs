//! What states count against limits, and what an [`Expander`] takes.

use std::sync::Arc;

use super::cached::Cached;
use super::{Expander, Fused, at};
use crate::bundles::Bundles;
use crate::canon::Canon;
use crate::layout::Layout;

impl Expander<'_> {
    /// An actor's weight, and whether it is crashed.
    pub(super) fn weight(&mut self, actor: usize, local: u32) -> (u128, bool) {
        if let Some(Some(weight)) = self.weights[actor].get(local as usize) {
            return *weight;
        }
        let weight = (self.rules.weight(actor, local), self.rules.is_crashed(actor, local));
        *at(&mut self.weights[actor], local, None) = Some(weight);
        weight
    }

    /// Whether the sum of the actors' weights is within the limits.
    pub(crate) fn is_within(&mut self, ids: &[u32]) -> bool {
        let Some(limits) = self.limits else { return true };
        limits.hold(self.sum(ids))
    }

    /// The sum of the actors' weights.
    pub(super) fn sum(&mut self, ids: &[u32]) -> u128 {
        let actors = ids.iter().take(self.shape.actors).enumerate();
        actors.fold(0, |sum, (actor, local)| sum + self.weight(actor, *local).0)
    }

    /// Whether the state is within the limits when an actor's part becomes another.
    pub(super) fn may(&mut self, ids: &[u32], actor: usize, after: u32) -> bool {
        let Some(limits) = self.limits else { return true };
        let actors = ids[..self.shape.actors].iter().enumerate();
        let sum = actors
            .fold(0, |sum, (of, local)| sum + self.weight(of, if of == actor { after } else { *local }).0);
        limits.hold(sum)
    }

    /// Whether another actor may crash.
    pub(super) fn may_crash(&mut self, ids: &[u32]) -> bool {
        let actors = ids[..self.shape.actors].iter().enumerate();
        actors.filter(|(actor, local)| self.weight(*actor, **local).1).count() < self.shape.max_crashes
    }

    /// The layout is another one. States are packed by these bundles from here on, the same as before or the first.
    pub(crate) fn fuse(&mut self, bundles: Option<&Arc<Bundles>>) {
        self.drafts.forget();
        match (bundles, &mut self.fused) {
            (None, fused) => *fused = None,
            (Some(bundles), Some(fused)) => fused.go_on_with(Arc::clone(bundles)),
            (Some(bundles), None) => self.fused = Some(Box::new(Fused::new(Arc::clone(bundles)))),
        }
    }

    /// Starts to bring what is known of a state that is expanded next.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn foresee(&self, layout: &Layout, words: &[u64]) {
        if let Some(fused) = &self.fused {
            fused.foresee(layout, words);
        }
    }

    /// The ids of a packed state's components.
    pub(crate) fn unpack(&mut self, layout: &Layout, words: &[u64], ids: &mut Vec<u32>) {
        match &mut self.fused {
            None => layout.unpack(words, ids),
            Some(fused) => fused.unpack(layout, words, ids),
        }
    }

    /// What properties see of an actor through a view, by an id.
    #[inline]
    pub(crate) fn seen(&mut self, layout: &Layout, words: &[u64], view: usize, actor: usize) -> u32 {
        let Some(id) = layout.slots.get(actor).map(|slot| slot.id(words)) else { return 0 };
        if actor >= self.shape.actors {
            return 0;
        }
        if let Some(fused) = &mut self.fused {
            return fused.seen(self.rules, view, actor, id);
        }
        let of = view * self.shape.actors + actor;
        if self.seen.len() <= of {
            self.seen.resize(of + 1, Vec::new());
        }
        let seen = at(&mut self.seen[of], id, u32::MAX);
        if *seen == u32::MAX {
            *seen = self.rules.seen(view, actor, id);
        }
        *seen
    }

    /// Whether what is seen of an actor is the same in two packed states.
    #[inline]
    pub(crate) fn sees_same<const K: usize>(
        &mut self,
        layout: &Layout,
        (view, actor): (usize, usize),
        one: &[u64; K],
        other: &[u64; K],
    ) -> bool {
        let is_same = layout.slots.get(actor).is_none_or(|slot| slot.id(one) == slot.id(other));
        is_same || self.seen(layout, one, view, actor) == self.seen(layout, other, view, actor)
    }

    /// The first component that holds messages.
    pub(crate) fn first_message(&self) -> usize {
        self.shape.first_message()
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let lists: usize = self.autonomous.iter().chain(&self.flows).map(|v| v.capacity() * 8).sum();
        let memos = self.delivered.bytes() + self.pushed.bytes() + self.last.bytes() + self.histories.bytes();
        let hashes: usize = self.hashes.iter().map(|v| v.capacity() * 16).sum();
        let canon = self.canon.as_ref().map_or(0, Canon::bytes);
        let fused = self.fused.as_ref().map_or(0, |fused| fused.bytes());
        fused
            + lists
            + memos
            + canon
            + self.drafts.bytes()
            + hashes
            + self.steps.capacity() * size_of::<Cached>()
            + self.sent.capacity() * 8
    }
}
