//! Successors of which the others can be put off: those of one actor that nothing can give more to do.

use super::cached::{BOUND, Cached, FIRST, HARMLESS};
use super::draft::Draft;
use super::{Expander, Outgrown, Via};
use crate::layout::Layout;

/// What an [`Expander`] knows of the order of steps.
#[derive(Default)]
pub(super) struct Order {
    /// By sender and recipient: the flow's component, or 0.
    flows: Vec<Vec<usize>>,
    /// Components whose ends are in `flows`.
    known: usize,
    /// By actor and part: those that it may send to.
    sends_to: Vec<Vec<Option<u64>>>,
    /// The harmless steps of the actor that is looked at.
    harmless: Vec<u32>,
    /// Its successors: words and hash, flat.
    words: Vec<u64>,
    vias: Vec<Via>,
}

impl Expander<'_> {
    /// The same as [`Expander::expand`], or only some successors, from which a state that decides a property is reached
    /// if it is reached from all. `is_later`: whether a state is expanded after those that are expanded at this time.
    pub(crate) fn expand_reduced<const K: usize>(
        &mut self,
        layout: &Layout,
        words: &[u64; K],
        is_later: &mut impl FnMut(&[u64; K], u64) -> bool,
        sink: &mut impl FnMut(&[u64; K], u64, Via),
    ) -> Result<(), Outgrown> {
        let mut ids = std::mem::take(&mut self.ids);
        layout.unpack(words, &mut ids);
        let from = Draft { words: *words, hash: self.hash_of(&ids) };
        let mut order = std::mem::take(&mut self.order);
        let chosen = self.chosen(layout, &from, &ids, &mut order, is_later);
        if let Ok(true) = chosen {
            for (flat, via) in order.words.chunks_exact(K + 1).zip(&order.vias) {
                sink(&std::array::from_fn(|k| flat[k]), flat[K], *via);
            }
        }
        self.order = order;
        let done = match chosen {
            Ok(true) => Ok(()),
            Ok(false) => self.expand_some(layout, &from, &ids, Pick::All, sink),
            Err(outgrown) => Err(outgrown),
        };
        self.ids = ids;
        done
    }

    /// Whether some successors are enough; then they are in `order`.
    fn chosen<const K: usize>(
        &mut self,
        layout: &Layout,
        from: &Draft<K>,
        ids: &[u32],
        order: &mut Order,
        is_later: &mut impl FnMut(&[u64; K], u64) -> bool,
    ) -> Result<bool, Outgrown> {
        self.outgrown = false;
        for actor in 0..self.shape.actors {
            let span = self.autonomous(layout, actor, ids[actor]);
            for i in span.from..span.to {
                let step = self.steps[i as usize];
                if step.is(FIRST)
                    && self.takes(layout, from, ids, Pick::Step(actor, step), order, is_later)?
                {
                    return Ok(true);
                }
            }
        }
        for actor in 0..self.shape.actors {
            if self.has_all(ids, actor, order)
                && self.is_free(layout, ids, actor, order)
                && self.takes(layout, from, ids, Pick::Actor(actor), order, is_later)?
            {
                return Ok(true);
            }
        }
        if self.outgrown { Err(Outgrown) } else { Ok(false) }
    }

    /// Whether these successors are enough: a harmless step leads to what is expanded later.
    fn takes<const K: usize>(
        &mut self,
        layout: &Layout,
        from: &Draft<K>,
        ids: &[u32],
        pick: Pick,
        order: &mut Order,
        is_later: &mut impl FnMut(&[u64; K], u64) -> bool,
    ) -> Result<bool, Outgrown> {
        let Order { harmless, words: made, vias, .. } = order;
        made.clear();
        vias.clear();
        let mut later = false;
        let mut one = |words: &[u64; K], hash: u64, via: Via| {
            let is_harmless = match (pick, via) {
                (Pick::Actor(_), Via::Step(step)) => harmless.contains(&step),
                (Pick::Step(..), Via::Step(_)) => true,
                (Pick::All, Via::Step(_)) | (_, Via::Lost(_)) => false,
            };
            later = later || is_harmless && is_later(words, hash);
            made.extend(words);
            made.push(hash);
            vias.push(via);
        };
        self.expand_some(layout, from, ids, pick, &mut one)?;
        Ok(later)
    }

    /// Whether nothing that others do gives an actor more to do.
    fn has_all(&mut self, ids: &[u32], actor: usize, order: &mut Order) -> bool {
        self.learn_flows(ids.len(), order);
        let content = |from: usize, to: usize| match order.flows[from][to] {
            0 => 0,
            component => ids[component],
        };
        for other in (0..self.shape.actors).filter(|other| *other != actor) {
            if self.ordered && content(other, actor) != 0 {
                continue;
            }
            let asked = content(actor, other) != 0;
            if asked || self.sends_to(other, ids[other], &mut order.sends_to) >> actor & 1 == 1 {
                return false;
            }
        }
        true
    }

    fn sends_to(&self, actor: usize, local: u32, known: &mut Vec<Vec<Option<u64>>>) -> u64 {
        known.resize(self.shape.actors, Vec::new());
        let of = super::at(&mut known[actor], local, None);
        *of.get_or_insert_with(|| self.rules.may_send(actor, local))
    }

    fn learn_flows(&self, components: usize, order: &mut Order) {
        let actors = self.shape.actors;
        if order.flows.is_empty() {
            order.flows = vec![vec![0; actors]; actors];
            order.known = self.shape.flows;
        }
        for component in order.known..components {
            let (src, dst) = self.rules.ends(component);
            if src < actors && dst < actors {
                order.flows[src][dst] = component;
            }
        }
        order.known = order.known.max(components);
    }

    /// Whether no step of an actor is bound to its place, and some are harmless; these are noted.
    fn is_free(&mut self, layout: &Layout, ids: &[u32], actor: usize, order: &mut Order) -> bool {
        order.harmless.clear();
        let mut bound = false;
        let mut look = |step: Cached| {
            bound |= step.is(BOUND);
            if step.is(HARMLESS) {
                order.harmless.push(step.id);
            }
        };
        let span = self.autonomous(layout, actor, ids[actor]);
        for i in span.from..span.to {
            look(self.steps[i as usize]);
        }
        for other in 0..self.shape.actors {
            let component = order.flows[other][actor];
            if component == 0 || ids[component] == 0 {
                continue;
            }
            let span = self.deliverable(layout, component, ids[component]);
            for i in span.from..span.to {
                let envelope = self.deliverable[i as usize].envelope;
                look(self.deliver(layout, actor, ids[actor], envelope));
            }
        }
        !bound && !order.harmless.is_empty()
    }
}

/// Which successors.
#[derive(Clone, Copy)]
pub(super) enum Pick {
    All,
    /// An actor's: its own steps, messages to it, and their losses.
    Actor(usize),
    /// One step of an actor that sends nothing.
    Step(usize, Cached),
}
