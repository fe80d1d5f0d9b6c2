//! What may happen in bundles where a state is one word, as the innermost loop reads it: lists of numbers in one place.
//!
//! A script is: how many steps of each kind; by what the bundle's id changes in each step that changes nothing else;
//! the steps that reach other bundles or that a limit may forbid; and the messages for actors of other bundles.

use super::fuse::{Learnt, Made, bounded};
use super::fused::{Fused, UNKNOWN};
use super::{Expander, at, key};
use crate::layout::Layout;
use crate::memo::Memo;
use crate::raw::prefetch;

/// Numbers before what changes nothing else: how many there are of each kind, and where the messages start.
const FRONT: u32 = 3;
/// Numbers of a step before what it sends: the change of the id, flags and count, the number of what it weighs.
const STEP: u32 = 3;
/// Numbers of a message: what takes it off, the envelope, the actor.
pub(super) const HEAD: u32 = 3;

/// The front of a script.
#[derive(Clone, Copy)]
pub(super) struct Script {
    pub(super) owns: u32,
    pub(super) reachings: u32,
    pub(super) heads: u32,
    pub(super) first_reaching: u32,
    pub(super) first_head: u32,
}

/// A step that reaches other bundles, or that a limit may forbid.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// By what the bundle's id changes.
    pub(super) turn: u32,
    /// Messages to other bundles.
    pub(super) sends: u32,
    pub(super) flags: u16,
    /// The number of what it changes of the sum of weights.
    pub(super) weighs: u32,
    /// Where what it sends starts.
    first: u32,
}

impl Step {
    /// Where the next one starts.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn end(self) -> u32 {
        self.first + 2 * self.sends
    }
}

/// What one thread knows of scripts.
#[derive(Default)]
pub(super) struct Scripts {
    code: Vec<u32>,
    /// By group and id.
    by_bundle: Vec<Vec<u32>>,
    /// Of the batch that is expanded.
    pub(super) starts: Vec<u32>,
    /// By group: where the step is, by id and envelope that its actor gets.
    pub(super) delivered: Vec<Memo<u32>>,
    /// By group: by what the id changes, by id and envelope that it is sent.
    pub(super) pushed: Vec<Memo<u32>>,
    /// By group and id, of those in which some actor weighs something: what it weighs.
    weights: Vec<Vec<u128>>,
    /// Groups in which some actor weighs something.
    weighty: Vec<usize>,
}

impl Scripts {
    /// So many groups, no fewer than before.
    pub(super) fn make_room(&mut self, groups: usize) {
        self.by_bundle.resize_with(groups, Vec::new);
        self.delivered.resize_with(groups, Memo::new);
        self.pushed.resize_with(groups, Memo::new);
        self.weights.resize_with(groups, Vec::new);
    }

    /// Where a bundle's script starts, or [`UNKNOWN`].
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn start(&self, group: usize, id: u32) -> u32 {
        self.by_bundle[group].get(id as usize).copied().unwrap_or(UNKNOWN)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn prefetch(&self, start: u32) {
        prefetch(&self.code, start as usize);
    }

    /// So many numbers from there on.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn numbers<const N: usize>(&self, at: u32) -> [u32; N] {
        self.code[at as usize..].first_chunk().copied().unwrap_or([0; N])
    }

    /// A message for another bundle's actor: what takes it off, envelope, and actor.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn head(&self, at: u32) -> [u32; HEAD as usize] {
        self.numbers(at)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn script(&self, start: u32) -> Script {
        let [counts, heads, to_heads] = self.numbers(start);
        let (owns, reachings) = (counts & 0xFFFF, counts >> 16);
        let first_reaching = start + FRONT + owns;
        Script { owns, reachings, heads, first_reaching, first_head: start + to_heads }
    }

    /// By what the id changes in each step that changes nothing else.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn own(&self, start: u32, script: Script) -> &[u32] {
        &self.code[(start + FRONT) as usize..(start + FRONT + script.owns) as usize]
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    #[allow(clippy::cast_possible_truncation, reason = "the upper half")]
    pub(super) fn step(&self, at: u32) -> Step {
        let [turn, counts, weighs] = self.numbers(at);
        Step { turn, sends: counts & 0xFFFF, flags: (counts >> 16) as u16, weighs, first: at + STEP }
    }

    /// A message that a step sends: group and envelope.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn sent(&self, step: Step, message: u32) -> (usize, u32) {
        let [group, envelope] = self.numbers(step.first + 2 * message);
        (group as usize, envelope)
    }

    /// The sum of weights of a state's actors.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn sum(&self, now: impl Fn(usize) -> u32) -> u128 {
        let weights = self.weighty.iter().map(|group| {
            // What was not learnt since some actor weighs something weighs nothing.
            self.weights[*group].get(now(*group) as usize).copied().unwrap_or(0)
        });
        weights.fold(0, u128::wrapping_add)
    }

    fn write_step(&mut self, made: &Made) -> u32 {
        let first = bounded(self.code.len());
        let step = made.step;
        self.code.extend([step.turn, u32::from(step.sends) | u32::from(step.flags) << 16, step.weighs]);
        self.code.extend(made.sent.iter().flat_map(|(group, envelope)| [*group, *envelope]));
        first
    }

    fn write(&mut self, learnt: &Learnt) -> u32 {
        let Learnt { own, reaching, heads, .. } = learnt;
        let first = bounded(self.code.len());
        let few = |count: usize| u32::from(super::fuse::few(count));
        self.code.extend([few(own.len()) | few(reaching.len()) << 16, few(heads.len()), 0]);
        self.code.extend(own.iter().map(|(turn, _)| turn));
        for made in reaching {
            self.write_step(made);
        }
        let place = first as usize + FRONT as usize - 1;
        self.code[place] = bounded(self.code.len()) - first;
        self.code.extend(heads.iter().flat_map(|head| [head.turn, head.envelope, head.actor]));
        assert!(self.code.len() < UNKNOWN as usize, "more than 2^32 numbers of what may happen in bundles");
        first
    }

    /// Resident, in bytes, estimated.
    pub(super) fn bytes(&self) -> usize {
        let by_bundle: usize = self.by_bundle.iter().map(Vec::capacity).sum();
        let memos: usize = self.delivered.iter().chain(&self.pushed).map(Memo::bytes).sum();
        let weights: usize = self.weights.iter().map(|of| of.capacity() * size_of::<u128>()).sum();
        (by_bundle + self.code.capacity() + self.starts.capacity()) * 4 + memos + weights
    }
}

impl Fused {
    /// Where the script of a bundle starts; if it is outgrown, [`UNKNOWN`].
    #[cold]
    pub(super) fn learn_script(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        group: usize,
        id: u32,
    ) -> u32 {
        let Some(learnt) = self.learnt(expander, layout, group, id) else { return UNKNOWN };
        if group < expander.shape.actors {
            let weight = expander.weight(group, learnt.local).0;
            let Scripts { weights, weighty, .. } = &mut self.scripts;
            if weight != 0 && !weighty.contains(&group) {
                weighty.push(group);
            }
            if weight != 0 {
                *at(&mut weights[group], id, 0) = weight;
            }
        }
        let start = self.scripts.write(&learnt);
        *at(&mut self.scripts.by_bundle[group], id, UNKNOWN) = start;
        start
    }

    #[cold]
    pub(super) fn learn_word_delivery(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        (actor, id): (usize, u32),
        envelope: u32,
    ) -> Step {
        let made = self.made_of(expander, layout, (actor, id), envelope);
        let at = self.scripts.write_step(&made.unwrap_or_default());
        if !self.outgrown {
            self.scripts.delivered[actor].insert(key(id, envelope), at);
        }
        self.scripts.step(at)
    }

    #[cold]
    pub(super) fn learn_word_push(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        (group, id): (usize, u32),
        envelope: u32,
    ) -> u32 {
        let change = self.pushed_to(expander, layout, (group, id), envelope).unwrap_or_default();
        if !self.outgrown {
            self.scripts.pushed[group].insert(key(id, envelope), change.turn);
        }
        change.turn
    }
}
