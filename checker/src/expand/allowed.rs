//! Whether a step of bundles is within the limits: sums of weights, by what each step adds.

use super::Expander;
use super::cached::{CRASH, NOTHING, WEIGHS};
use super::fused::{Fused, Reaching};

/// What one thread knows of weights, and of the state that is expanded.
#[derive(Default)]
pub(super) struct Allowed {
    /// By what a step changes the sum, each once; it wraps.
    changes: Vec<u128>,
    /// The sum of the actors' weights, if it was asked for.
    sum: Option<u128>,
    /// The actors' parts, if they were asked for.
    locals: Vec<u32>,
}

impl Fused {
    /// Another state is expanded.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn begin(&mut self) {
        self.allowed.sum = None;
        self.allowed.locals.clear();
    }

    /// The number of what a step changes of the sum, when an actor's part becomes another.
    pub(super) fn weighs(
        &mut self,
        expander: &mut Expander<'_>,
        actor: usize,
        before: u32,
        after: u32,
    ) -> u32 {
        let after = expander.weight(actor, after).0;
        let change = after.wrapping_sub(expander.weight(actor, before).0);
        // Few steps weigh, and most of them the same.
        let changes = &mut self.allowed.changes;
        let known = changes.iter().position(|known| *known == change).unwrap_or(changes.len());
        if known == changes.len() {
            changes.push(change);
        }
        super::fuse::bounded(known)
    }

    /// What a step changes of the sum, by its number.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn change(&self, weighs: u32) -> u128 {
        self.allowed.changes[weighs as usize]
    }

    /// Whether a step is one, and within the limits; `now` tells the bundles of the state.
    #[inline]
    pub(super) fn is_allowed(
        &mut self,
        expander: &mut Expander<'_>,
        now: impl Fn(usize) -> u32,
        step: Reaching,
    ) -> bool {
        let is = |flag| step.flags & flag != 0;
        if is(NOTHING) {
            return false;
        }
        let sum = match self.allowed.sum {
            _ if !is(WEIGHS) => None,
            None => Some(self.sum(expander, &now)),
            sum => sum,
        };
        let after = sum.map(|sum| sum.wrapping_add(self.allowed.changes[step.weighs as usize]));
        let is_within = match (after, expander.limits) {
            (Some(after), Some(limits)) => limits.hold(after),
            (Some(_) | None, _) => true,
        };
        is_within && (!is(CRASH) || self.may_crash(expander, now))
    }

    #[inline(never)]
    fn sum(&mut self, expander: &mut Expander<'_>, now: impl Fn(usize) -> u32) -> u128 {
        self.ask_locals(expander, now);
        let sum = expander.sum(&self.allowed.locals);
        self.allowed.sum = Some(sum);
        sum
    }

    #[inline(never)]
    fn may_crash(&mut self, expander: &mut Expander<'_>, now: impl Fn(usize) -> u32) -> bool {
        self.ask_locals(expander, now);
        expander.may_crash(&self.allowed.locals)
    }

    fn ask_locals(&mut self, expander: &Expander<'_>, now: impl Fn(usize) -> u32) {
        if self.allowed.locals.is_empty() {
            let local = |actor: usize| self.rows[actor][now(actor) as usize].local;
            self.allowed.locals.extend((0..expander.shape.actors).map(local));
        }
    }
}
