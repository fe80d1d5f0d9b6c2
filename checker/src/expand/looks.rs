//! Whether properties see a difference between two states of bundles: one number an actor for all that is seen of it.

use std::collections::HashMap;

use super::fused::{Fused, UNKNOWN};
use super::{Expander, at};
use crate::layout::Layout;
use crate::rules::Rules;

/// What one thread knows of how actors look.
#[derive(Default)]
pub(super) struct Looks {
    /// Through which actors are seen.
    views: Vec<usize>,
    /// By actor and bundle: the number of how it looks.
    by_bundle: Vec<Vec<u32>>,
    /// By actor: the numbers of what is seen of it through each view.
    numbers: Vec<HashMap<Vec<u32>, u32>>,
}

impl Looks {
    pub(super) fn bytes(&self) -> usize {
        self.by_bundle.iter().map(|of| of.capacity() * 4).sum()
    }
}

impl Expander<'_> {
    /// Whether these actors look the same through these views in two packed states; `false` if that is not known at once.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "asked of every new state")]
    pub(crate) fn look_alike<const K: usize>(
        &mut self,
        layout: &Layout,
        (views, actors): (&[usize], &[usize]),
        one: &[u64; K],
        other: &[u64; K],
    ) -> bool {
        let rules = self.rules;
        let Some(fused) = &mut self.fused else { return false };
        if fused.looks.views != views {
            fused.looks = Looks { views: views.to_vec(), ..Looks::default() };
        }
        actors.iter().filter(|actor| **actor < self.shape.actors).all(|actor| {
            let (actor, slot) = (*actor, layout.slots[*actor]);
            let (one, other) = (slot.id(one), slot.id(other));
            one == other || fused.look(rules, actor, one) == fused.look(rules, actor, other)
        })
    }
}

impl Fused {
    /// The number of how an actor looks in a bundle.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "asked of every new state")]
    fn look(&mut self, rules: &dyn Rules, actor: usize, id: u32) -> u32 {
        match self.looks.by_bundle.get(actor).and_then(|of| of.get(id as usize)) {
            Some(look) if *look != UNKNOWN => *look,
            Some(_) | None => self.learn_look(rules, actor, id),
        }
    }

    #[cold]
    fn learn_look(&mut self, rules: &dyn Rules, actor: usize, id: u32) -> u32 {
        let views = std::mem::take(&mut self.looks.views);
        let seen: Vec<u32> = views.iter().map(|view| self.seen(rules, *view, actor, id)).collect();
        let Looks { by_bundle, numbers, .. } = &mut self.looks;
        let known = at(numbers, super::fuse::bounded(actor), HashMap::new());
        let next = super::fuse::bounded(known.len());
        let look = *known.entry(seen).or_insert(next);
        *at(at(by_bundle, super::fuse::bounded(actor), Vec::new()), id, UNKNOWN) = look;
        self.looks.views = views;
        look
    }
}
