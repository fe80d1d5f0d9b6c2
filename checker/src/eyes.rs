//! What properties see: of actors' states through views, and of each message by itself.

use std::sync::Arc;

use stateright::actor::{Actor, Envelope};

use crate::book::Book;
use crate::checker::{Explorable, History, Options};
use crate::content::{Interner, hash_of};
use crate::parts::{MessageCondition, Seeing};

/// The most properties that are said of each message by itself; of others, all messages are read.
const MOST: usize = 64;

/// Through what properties see, each once.
pub(crate) struct Eyes<A: Actor> {
    views: Vec<Seeing<A>>,
    each: Vec<MessageCondition<A>>,
}

impl<A: Explorable> Eyes<A> {
    pub(crate) fn of(options: &Options<A>) -> Self {
        let mut views: Vec<Seeing<A>> = Vec::new();
        for seeing in options.properties.iter().filter_map(|p| p.seeing.as_ref()) {
            if !views.iter().any(|view| Arc::ptr_eq(view, seeing)) {
                views.push(Arc::clone(seeing));
            }
        }
        let each = options.properties.iter().filter_map(|p| p.each.clone()).take(MOST);
        Self { views, each: each.collect() }
    }

    /// The number of a view; 0 sees everything.
    pub(crate) fn view(&self, of: Option<&Seeing<A>>) -> usize {
        let position = self.views.iter().position(|view| of.is_some_and(|of| Arc::ptr_eq(view, of)));
        position.map_or(0, |position| position + 1)
    }

    /// The bit of what is said of each message.
    pub(crate) fn bit(&self, of: Option<&MessageCondition<A>>) -> Option<u32> {
        let position = self.each.iter().position(|each| of.is_some_and(|of| Arc::ptr_eq(each, of)));
        u32::try_from(position?).ok()
    }
}

impl<A: Explorable, C: Sync, H: History> Book<'_, A, C, H> {
    /// What properties see of an actor's part through a view, by an id.
    pub(crate) fn seen_through(&self, view: usize, actor: usize, local: u32) -> u32 {
        let state = Arc::clone(&self.store().locals[actor].get(local).state);
        let view_of = view.checked_sub(1).and_then(|view| self.eyes.views.get(view));
        let seen = view_of.map_or_else(|| Arc::clone(&state), |see| Arc::new(see(actor, &state)));
        let hash = hash_of(&*seen);
        let mut store = self.store();
        let of = view * store.shape.actors + actor;
        while store.seen.len() <= of {
            store.seen.push(Interner::new());
        }
        store.seen[of].id_of(hash, seen)
    }

    /// Which properties of each message by itself some message of a flow decides, a bit each.
    pub(crate) fn said_of(&self, component: usize, content: u32) -> u64 {
        if self.eyes.each.is_empty() {
            return 0;
        }
        let messages: Vec<_> = {
            let store = self.store();
            let content = store.flows[component - store.shape.flows].contents.get(content);
            content.iter().map(|id| store.envelopes.get(*id)).collect()
        };
        let holds = |each: &MessageCondition<A>| {
            messages.iter().all(|of| each(Envelope { src: of.src, dst: of.dst, msg: &of.msg }))
        };
        let all = self.eyes.each.iter().enumerate();
        all.fold(0, |bits, (bit, each)| bits | u64::from(!holds(each)) << bit)
    }
}
