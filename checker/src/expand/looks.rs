//! What properties see of states: whether they see a difference between two states of bundles, one number a bundle for all
//! that is seen of it, and what is said of messages by themselves.

use std::collections::HashMap;

use super::fuse::bounded;
use super::fused::{Fused, UNKNOWN};
use super::{Expander, at};
use crate::layout::Layout;

/// What one thread knows of how bundles look.
#[derive(Default)]
pub(super) struct Looks {
    /// By bundle and id: the number of how it looks.
    by_bundle: Vec<Vec<u32>>,
    /// By bundle: the numbers of what is seen of its actor through each view, and said of its messages.
    numbers: Vec<HashMap<(Vec<u32>, u64), u32>>,
}

impl Looks {
    pub(super) fn bytes(&self) -> usize {
        self.by_bundle.iter().map(|of| of.capacity() * 4).sum()
    }

    /// The number of how a bundle looks, if it is known.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "asked of every new state")]
    fn get(&self, group: usize, id: u32) -> Option<u32> {
        let look = *self.by_bundle.get(group)?.get(id as usize)?;
        (look != UNKNOWN).then_some(look)
    }
}

impl Expander<'_> {
    /// Whether properties see no difference between two packed states; `false` if that is not known at once.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "asked of every new state")]
    pub(crate) fn look_alike<const K: usize>(
        &mut self,
        layout: &Layout,
        one: &[u64; K],
        other: &[u64; K],
    ) -> bool {
        if self.fused.is_none() {
            return false;
        }
        layout.slots.iter().enumerate().all(|(group, slot)| {
            let (one, other) = (slot.id(one), slot.id(other));
            one == other || self.look(group, one) == self.look(group, other)
        })
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "asked of every new state")]
    fn look(&mut self, group: usize, id: u32) -> u32 {
        let known = self.fused.as_ref().and_then(|fused| fused.looks.get(group, id));
        known.unwrap_or_else(|| self.learn_look(group, id))
    }

    #[cold]
    fn learn_look(&mut self, group: usize, id: u32) -> u32 {
        let Some(mut fused) = self.fused.take() else { return UNKNOWN };
        let views = self.views.get(group).filter(|_| group < self.shape.actors);
        let views = views.into_iter().flatten();
        let seen: Vec<u32> = views.map(|view| fused.seen(self.rules, *view, group, id)).collect();
        let said = self.said_in(&mut fused, group, id);
        let Looks { by_bundle, numbers } = &mut fused.looks;
        let known = at(numbers, bounded(group), HashMap::new());
        let next = bounded(known.len());
        let look = *known.entry((seen, said)).or_insert(next);
        *at(at(by_bundle, bounded(group), Vec::new()), id, UNKNOWN) = look;
        self.fused = Some(fused);
        look
    }

    /// What is said of the messages of a bundle, each by itself.
    fn said_in(&mut self, fused: &mut Fused, group: usize, id: u32) -> u64 {
        let bundles = std::sync::Arc::clone(&fused.bundles);
        let tuple = fused.tuple_of(group, id);
        let first = self.shape.flows;
        let flows = bundles.members(group).iter().zip(tuple).filter(|(of, _)| **of >= first);
        flows.fold(0, |bits, (component, content)| bits | self.said_of(*component, *content))
    }

    /// What is said of a flow's messages.
    #[inline]
    fn said_of(&mut self, component: usize, content: u32) -> u64 {
        if content == 0 {
            return 0;
        }
        let flow = component - self.shape.flows;
        if self.said.len() <= flow {
            self.said.resize(flow + 1, Vec::new());
        }
        let rules = self.rules;
        *at(&mut self.said[flow], content, None).get_or_insert_with(|| rules.said(component, content))
    }

    /// Which properties that are said of each message by itself a state decides, a bit each. Messages that were in flight
    /// before may be left out.
    #[inline]
    pub(crate) fn said<const K: usize>(
        &mut self,
        layout: &Layout,
        words: &[u64; K],
        before: Option<&[u64; K]>,
    ) -> u64 {
        let mut fused = self.fused.take();
        let first = if fused.is_some() { 0 } else { self.shape.flows };
        let mut bits = 0;
        for (place, slot) in layout.slots.iter().enumerate().skip(first) {
            let id = slot.id(words);
            if before.is_some_and(|before| slot.id(before) == id) {
                continue;
            }
            bits |= match &mut fused {
                None => self.said_of(place, id),
                Some(fused) => self.said_in(fused, place, id),
            };
        }
        self.fused = fused;
        bits
    }
}
