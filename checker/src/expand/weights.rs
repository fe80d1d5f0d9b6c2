//! What states count against limits, and what an [`Expander`] takes.

use super::cached::Cached;
use super::{Expander, at};
use crate::canon::Canon;

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
        let actors = ids.iter().take(self.shape.actors).enumerate();
        let sum = actors.fold(0, |sum, (actor, local)| sum + self.weight(actor, *local).0);
        limits.hold(sum)
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

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let lists: usize = self.autonomous.iter().chain(&self.flows).map(|v| v.capacity() * 8).sum();
        let memos = self.delivered.bytes() + self.pushed.bytes() + self.last.bytes() + self.histories.bytes();
        let hashes: usize = self.hashes.iter().map(|v| v.capacity() * 16).sum();
        let canon = self.canon.as_ref().map_or(0, Canon::bytes);
        lists
            + memos
            + canon
            + hashes
            + self.steps.capacity() * size_of::<Cached>()
            + self.sent.capacity() * 8
    }
}
