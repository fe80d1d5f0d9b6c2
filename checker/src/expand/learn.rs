//! What an [`Expander`] does not know yet: asked of the rules, and kept.

use super::cached::{BOUND, CRASH, Cached, FIRST, HARMLESS, NOTHING, WEIGHS};
use super::{Expander, Span, UNKNOWN, at, key, span};
use crate::layout::Layout;
use crate::rules::{Effect, Turn};

impl Expander<'_> {
    /// The hash of a state.
    pub(crate) fn hash_of(&mut self, ids: &[u32]) -> u64 {
        ids.iter().enumerate().fold(0, |hash, (component, id)| hash ^ self.hash(component, *id))
    }

    /// The same of a packed state, unpacked into `ids`.
    pub(crate) fn hash_of_packed(&mut self, layout: &Layout, words: &[u64], ids: &mut Vec<u32>) -> u64 {
        self.unpack(layout, words, ids);
        self.hash_of(ids)
    }

    #[inline]
    pub(super) fn hash(&mut self, component: usize, id: u32) -> u64 {
        if let Some(Some(hash)) = self.hashes.get(component).and_then(|of| of.get(id as usize)) {
            return *hash;
        }
        let hash = self.rules.hash(component, id);
        if self.hashes.len() <= component {
            self.hashes.resize(component + 1, Vec::new());
        }
        *at(&mut self.hashes[component], id, None) = Some(hash);
        hash
    }

    #[cold]
    pub(super) fn learn_delivery(
        &mut self,
        layout: &Layout,
        actor: usize,
        local: u32,
        envelope: u32,
    ) -> Cached {
        let nothing = Cached { flags: NOTHING, ..Cached::default() };
        let step = match self.rules.deliver(actor, local, envelope) {
            None => nothing,
            Some(effect) => match self.cached(layout, (actor, local), &effect) {
                Some(step) => step,
                None => return nothing,
            },
        };
        self.delivered.insert(key(local, envelope), step);
        step
    }

    /// `None`: an id has no room.
    fn cached(&mut self, layout: &Layout, (actor, before): (usize, u32), effect: &Effect) -> Option<Cached> {
        let Turn { id: local, delta } = effect.local;
        if !layout.holds(actor, local) || !effect.sent.iter().all(|s| layout.holds(s.component as usize, 0)) {
            self.outgrown = true;
            return None;
        }
        let first = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        let sends = u16::try_from(effect.sent.len()).unwrap_or(u16::MAX);
        assert!(effect.sent.len() <= usize::from(sends), "a step sends more than 65535 messages");
        self.sent.extend(&effect.sent);
        let weighs = self.limits.is_some() && self.weight(actor, before).0 != self.weight(actor, local).0;
        let is = |yes: bool, flag: u16| if yes { flag } else { 0 };
        let free = effect.freedom;
        let flags = is(weighs, WEIGHS) | is(effect.crash, CRASH) | is(free.harmless, HARMLESS);
        let flags = flags | is(free.first, FIRST) | is(free.bound, BOUND);
        Some(Cached { local, id: effect.id, delta, first, sends, flags })
    }

    #[cold]
    pub(super) fn learn_autonomous(&mut self, layout: &Layout, actor: usize, local: u32) -> Span {
        let effects = self.rules.autonomous(actor, local);
        let steps = effects.iter().map(|effect| self.cached(layout, (actor, local), effect));
        let Some(steps) = steps.collect::<Option<Vec<Cached>>>() else { return span(0, 0) };
        let from = self.steps.len();
        self.steps.extend(steps);
        let span = span(from, self.steps.len());
        *at(&mut self.autonomous[actor], local, UNKNOWN) = span;
        span
    }

    #[cold]
    pub(super) fn learn_deliverable(&mut self, layout: &Layout, component: usize, content: u32) -> Span {
        let messages = self.rules.deliverable(component, content);
        let turns = messages.iter().flat_map(|m| m.lost.iter().chain([&m.delivered]));
        if !turns.into_iter().all(|turn| layout.holds(component, turn.id)) {
            self.outgrown = true;
            return span(0, 0);
        }
        let from = self.deliverable.len();
        self.deliverable.extend(messages);
        let span = span(from, self.deliverable.len());
        let flow = component - self.shape.flows;
        if self.flows.len() <= flow {
            self.flows.resize(flow + 1, Vec::new());
        }
        *at(&mut self.flows[flow], content, UNKNOWN) = span;
        span
    }

    /// The turn, if its id has room.
    fn fitting(&mut self, layout: &Layout, component: usize, turn: Turn) -> Option<Turn> {
        let fits = layout.holds(component, turn.id);
        self.outgrown |= !fits;
        fits.then_some(turn)
    }

    #[cold]
    pub(super) fn push(&mut self, layout: &Layout, component: usize, content: u32, envelope: u32) -> Turn {
        let turn = self.rules.push(component, content, envelope);
        let fitting = self.fitting(layout, component, turn);
        fitting.inspect(|turn| self.pushed.insert(key(content, envelope), *turn)).unwrap_or_default()
    }

    pub(super) fn last(&mut self, layout: &Layout, before: u32, envelope: u32) -> Turn {
        if let Some(turn) = self.last.get(key(before, envelope)) {
            return turn;
        }
        let turn = self.rules.last(before, envelope);
        let fitting = self.fitting(layout, self.shape.last.unwrap_or(0), turn);
        fitting.inspect(|turn| self.last.insert(key(before, envelope), *turn)).unwrap_or_default()
    }

    #[cold]
    pub(super) fn history(&mut self, layout: &Layout, before: u32, step: u32) -> Turn {
        let turn = self.rules.history(before, step);
        let fitting = self.fitting(layout, self.shape.history.unwrap_or(0), turn);
        fitting.inspect(|turn| self.histories.insert(key(before, step), *turn)).unwrap_or_default()
    }
}
