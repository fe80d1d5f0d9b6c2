//! The counters of components, as sets with ids: of each part and each message they are looked for once.

use crate::book::Book;
use crate::canon::NO_COUNTERS;
use crate::checker::{Explorable, History};
use crate::content::{Interner, hash_of};
use crate::expand::at;
use crate::local::Local;
use crate::normal::{NormalForm, Renumbered, Support};
use crate::store::Store;

/// No set has so large an id.
const UNKNOWN: u32 = u32::MAX;

/// Sets of counters, and what has them.
pub(crate) struct Counters {
    /// The first has none.
    sets: Interner<Support>,
    /// By actor and part.
    of_parts: Vec<Vec<u32>>,
    /// By envelope.
    of_envelopes: Vec<u32>,
}

impl Counters {
    pub(crate) fn new(actors: usize) -> Self {
        let mut sets = Interner::new();
        let none = Support::default();
        sets.id_of(hash_of(&none), none);
        Self { sets, of_parts: vec![Vec::new(); actors], of_envelopes: Vec::new() }
    }

    fn set(&mut self, support: Support) -> u32 {
        self.sets.id_of(hash_of(&support), support)
    }

    /// Whether all of a set is in one of two others, none above its source.
    fn holds(&self, (one, other): (u32, u32), set: u32) -> bool {
        let (one, other, set) = (self.sets.get(one), self.sets.get(other), self.sets.get(set));
        set.is_within(&one, &other)
    }

    /// Resident, in bytes, estimated.
    pub(crate) fn bytes(&self) -> usize {
        let parts: usize = self.of_parts.iter().map(Vec::capacity).sum();
        self.sets.bytes() + (parts + self.of_envelopes.capacity()) * 4
    }
}

/// The counters of a part.
fn of_local<A: Explorable>(normal: &dyn NormalForm<A>, actor: usize, local: &Local<A>) -> Support {
    let mut support = Support::default();
    normal.state(actor, &mut local.state.as_ref().clone(), &mut support);
    local.timers.iter().for_each(|timer| normal.timer(actor, &mut timer.clone(), &mut support));
    support
}

impl<A: Explorable, C: Sync, H: History> Book<'_, A, C, H> {
    fn set_of_part(&self, store: &mut Store<A, H>, actor: usize, part: u32) -> u32 {
        let known = *at(&mut store.counters.of_parts[actor], part, UNKNOWN);
        let Some(normal) = self.same.normal.as_ref().filter(|_| known == UNKNOWN) else { return known };
        let set = store.counters.set(of_local(normal.as_ref(), actor, &*store.locals[actor].get(part)));
        store.counters.of_parts[actor][part as usize] = set;
        set
    }

    fn set_of_envelope(&self, store: &mut Store<A, H>, envelope: u32) -> u32 {
        let known = *at(&mut store.counters.of_envelopes, envelope, UNKNOWN);
        let Some(normal) = self.same.normal.as_ref().filter(|_| known == UNKNOWN) else { return known };
        let mut support = Support::default();
        normal.message(&mut store.envelopes.get(envelope).msg.clone(), &mut support);
        let set = store.counters.set(support);
        store.counters.of_envelopes[envelope as usize] = set;
        set
    }

    /// The set of counters of a component.
    pub(crate) fn counters_in(&self, component: usize, id: u32) -> u32 {
        let mut store = self.store();
        let shape = store.shape;
        if component < shape.actors {
            return self.set_of_part(&mut store, component, id);
        }
        if shape.is_empty(component, id) || Some(component) == shape.history {
            return NO_COUNTERS;
        }
        if Some(component) == shape.last {
            return self.set_of_envelope(&mut store, id - 1);
        }
        let content = store.flows[component - shape.flows].contents.get(id);
        let sets: Vec<u32> = content.iter().map(|of| self.set_of_envelope(&mut store, *of)).collect();
        let all = sets.iter().fold(Support::default(), |all, set| all.and(&store.counters.sets.get(*set)));
        store.counters.set(all)
    }

    /// The union of two sets of counters.
    pub(crate) fn union_of(&self, one: u32, other: u32) -> u32 {
        let mut store = self.store();
        let (one, other) = (store.counters.sets.get(one), store.counters.sets.get(other));
        store.counters.set(one.and(&other))
    }

    pub(crate) fn lowest(&self, set: u32) -> Renumbered {
        let support = self.store().counters.sets.get(set);
        let normal = self.same.normal.as_ref();
        support.lowest(|kind| normal.map_or(0, |normal| normal.lowest(kind)))
    }

    pub(crate) fn has_lowest(&self, set: u32) -> bool {
        set == NO_COUNTERS || self.lowest(set).is_identity()
    }

    /// Whether a step makes counters: then what the lowest numbers are depends on when it is taken.
    pub(crate) fn makes_numbers(
        &self,
        store: &mut Store<A, H>,
        (actor, before, heard): (usize, u32, Option<u32>),
        (after, sent): (u32, &[u32]),
    ) -> bool {
        if self.same.normal.is_none() {
            return false;
        }
        let had = self.set_of_part(store, actor, before);
        let heard = heard.map_or(NO_COUNTERS, |envelope| self.set_of_envelope(store, envelope));
        let mut has = vec![self.set_of_part(store, actor, after)];
        has.extend(sent.iter().map(|envelope| self.set_of_envelope(store, *envelope)));
        has.into_iter().any(|set| set != had && !store.counters.holds((had, heard), set))
    }
}
