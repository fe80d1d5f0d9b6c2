//! Successors of states of bundles: the innermost loop.
//!
//! What an actor does with its own flows is a list by bundle, and a successor is two exclusive ors. What goes from one
//! bundle to another, a message that is delivered or sent, is looked up by the other one's id.

use std::sync::Arc;

use super::allowed::Allowed;
use super::draft::Draft;
use super::looks::Looks;
use super::scripts::Scripts;
use super::{Expander, Outgrown, Via};
use crate::bundles::Bundles;
use crate::layout::Layout;
use crate::memo::Memo;
use crate::raw::prefetch;

/// A step that changes more than its own bundle, or that a limit may forbid.
#[derive(Clone, Copy, Default)]
pub(super) struct Reaching {
    pub(super) delta: u64,
    /// By what the bundle's id changes.
    pub(super) turn: u32,
    pub(super) step: u32,
    /// The number of what it changes of the sum of weights.
    pub(super) weighs: u32,
    /// Of the messages to other bundles, in [`Fused::sent`].
    pub(super) first: u32,
    pub(super) sends: u16,
    pub(super) flags: u16,
}

/// A message for another bundle's actor.
#[derive(Clone, Copy)]
pub(super) struct Head {
    /// What takes it off.
    pub(super) delta: u64,
    pub(super) turn: u32,
    pub(super) envelope: u32,
    pub(super) actor: u32,
}

/// What may happen in a bundle.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) hash: u64,
    /// First places in [`Fused::own`], [`Fused::reaching`] and [`Fused::heads`]; the first is [`UNKNOWN`] at first.
    pub(super) own: u32,
    pub(super) reaching: u32,
    pub(super) heads: u32,
    /// How many of each.
    pub(super) owns: u16,
    pub(super) reachings: u16,
    pub(super) headed: u16,
    /// Its actor's part.
    pub(super) local: u32,
}

pub(super) const UNKNOWN: u32 = u32::MAX;
pub(super) const NO_ROW: Row =
    Row { hash: 0, own: UNKNOWN, reaching: 0, heads: 0, owns: 0, reachings: 0, headed: 0, local: 0 };

/// By what an id changes, and the hash.
#[derive(Clone, Copy, Default)]
pub(super) struct Change {
    pub(super) turn: u32,
    pub(super) delta: u64,
}

/// What one thread knows of bundles.
pub(crate) struct Fused {
    pub(super) bundles: Arc<Bundles>,
    /// Room for every component, as bundles have room for them.
    pub(super) components: Layout,
    /// By group and id.
    pub(super) rows: Vec<Vec<Row>>,
    /// By what the id changes in a step that changes its own bundle and nothing else, and that no limit forbids.
    pub(super) own: Vec<u32>,
    /// By what the hash changes in each of `own`.
    pub(super) own_deltas: Vec<u64>,
    /// What each of `own` is.
    pub(super) own_via: Vec<Via>,
    pub(super) reaching: Vec<Reaching>,
    pub(super) heads: Vec<Head>,
    /// Group and envelope.
    pub(super) sent: Vec<(u32, u32)>,
    /// By group: id and envelope that its actor gets.
    pub(super) delivered: Vec<Memo<Reaching>>,
    /// By group: id and envelope that it is sent.
    pub(super) pushed: Vec<Memo<Change>>,
    /// By group: what ids stand for, as far as this thread asked.
    pub(super) tuples: Vec<Vec<u32>>,
    /// By view and group: what properties see of its actor.
    pub(super) seen: Vec<Vec<u32>>,
    pub(super) looks: Looks,
    /// Where a state is one word.
    pub(super) scripts: Scripts,
    pub(super) tuple: Vec<u32>,
    /// Of the state that is expanded: the bundles.
    now: Vec<u32>,
    pub(super) allowed: Allowed,
    pub(super) outgrown: bool,
}

impl Fused {
    pub(crate) fn new(bundles: Arc<Bundles>) -> Self {
        let mut fused = Self {
            components: Layout::default(),
            rows: Vec::new(),
            own: Vec::new(),
            own_deltas: Vec::new(),
            own_via: Vec::new(),
            reaching: Vec::new(),
            heads: Vec::new(),
            sent: Vec::new(),
            delivered: Vec::new(),
            pushed: Vec::new(),
            tuples: Vec::new(),
            seen: Vec::new(),
            looks: Looks::default(),
            scripts: Scripts::default(),
            tuple: Vec::new(),
            now: Vec::new(),
            allowed: Allowed::default(),
            outgrown: false,
            bundles: Arc::clone(&bundles),
        };
        fused.go_on_with(bundles);
        fused
    }

    /// Goes on with the same bundles and some more: what is known stays.
    pub(crate) fn go_on_with(&mut self, bundles: Arc<Bundles>) {
        let groups = bundles.len();
        self.components = Layout::boundless(bundles.components());
        self.rows.resize_with(groups, Vec::new);
        self.delivered.resize_with(groups, Memo::new);
        self.pushed.resize_with(groups, Memo::new);
        self.scripts.make_room(groups);
        self.tuples.resize_with(groups, Vec::new);
        // It is numbered by how many groups there are.
        self.seen.clear();
        self.bundles = bundles;
    }

    /// Calls `sink` with each successor of a state that is within the limits.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn expand<const K: usize>(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        words: &[u64; K],
        sink: &mut impl FnMut(&[u64; K], u64, Via),
    ) -> Result<(), Outgrown> {
        (self.outgrown, expander.outgrown) = (false, false);
        let mut hash = 0;
        self.now.clear();
        self.begin();
        for (group, slot) in layout.slots.iter().enumerate() {
            let id = slot.id(words);
            hash ^= match self.rows[group].get(id as usize) {
                Some(row) if row.own != UNKNOWN => row.hash,
                Some(_) | None => self.learn_row(expander, layout, group, id),
            };
            self.now.push(id);
        }
        if self.outgrown {
            return Err(Outgrown);
        }
        let from = Draft { words: *words, hash };
        for group in 0..self.now.len() {
            let Some(row) = self.rows[group].get(self.now[group] as usize) else { continue };
            let first = row.own as usize;
            let own = first..first + usize::from(row.owns);
            let reaching = row.reaching..row.reaching + u32::from(row.reachings);
            let heads = row.heads..row.heads + u32::from(row.headed);
            let changes = self.own[own.clone()].iter().zip(&self.own_deltas[own.clone()]);
            for ((turn, delta), via) in changes.zip(&self.own_via[own]) {
                let draft = from.changed(layout, group, *turn, *delta);
                sink(&draft.words, draft.hash, *via);
            }
            for i in reaching {
                let step = self.reaching[i as usize];
                if step.flags == 0 || self.may(expander, step) {
                    let draft = self.reached(expander, layout, from, group, step);
                    sink(&draft.words, draft.hash, Via::Step(step.step));
                }
            }
            for i in heads {
                let head = self.heads[i as usize];
                let to = head.actor as usize;
                let step = self.delivery(expander, layout, to, self.now[to], head.envelope);
                if step.flags == 0 || self.may(expander, step) {
                    let draft = from.changed(layout, group, head.turn, head.delta);
                    let draft = self.reached(expander, layout, draft, to, step);
                    sink(&draft.words, draft.hash, Via::Step(step.step));
                }
            }
        }
        if self.outgrown { Err(Outgrown) } else { Ok(()) }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    fn reached<const K: usize>(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        draft: Draft<K>,
        group: usize,
        step: Reaching,
    ) -> Draft<K> {
        let mut draft = draft.changed(layout, group, step.turn, step.delta);
        for i in 0..u32::from(step.sends) {
            let (to, envelope) = self.sent[(step.first + i) as usize];
            let to = to as usize;
            let id = draft.id(layout, to);
            let change = self.push(expander, layout, to, id, envelope);
            draft = draft.changed(layout, to, change.turn, change.delta);
        }
        draft
    }

    #[inline(never)]
    fn may(&mut self, expander: &mut Expander<'_>, step: Reaching) -> bool {
        let now = std::mem::take(&mut self.now);
        let may = self.is_allowed(expander, |group| now[group], step);
        self.now = now;
        may
    }

    /// Starts to bring what is known of a state that is expanded next.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn foresee(&self, layout: &Layout, words: &[u64]) {
        for (group, slot) in layout.slots.iter().enumerate() {
            let Some(row) = self.rows[group].get(slot.id(words) as usize) else { continue };
            if row.headed > 0
                && let Some(head) = self.heads.get(row.heads as usize)
            {
                let to = head.actor as usize;
                self.delivered[to].prefetch(super::key(layout.slots[to].id(words), head.envelope));
            }
            if row.reachings > 0 {
                prefetch(&self.reaching, row.reaching as usize);
            }
            prefetch(&self.own, row.own as usize);
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn delivery(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        actor: usize,
        id: u32,
        envelope: u32,
    ) -> Reaching {
        match self.delivered[actor].look_up(super::key(id, envelope)) {
            Some(step) => step,
            None => self.learn_delivery(expander, layout, actor, id, envelope),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(super) fn push(
        &mut self,
        expander: &mut Expander<'_>,
        layout: &Layout,
        group: usize,
        id: u32,
        envelope: u32,
    ) -> Change {
        match self.pushed[group].look_up(super::key(id, envelope)) {
            Some(change) => change,
            None => self.learn_push(expander, layout, group, id, envelope),
        }
    }
}
