//! What a model takes for the same, by ids: components in other numbers, and exchanged ones.

use std::sync::Arc;

use stateright::actor::Envelope;
use stateright::actor::Id;

use crate::book::Book;
use crate::checker::{Explorable, History};
use crate::content::hash_of;
use crate::independence::Independence;
use crate::local::Local;
use crate::normal::{NormalForm, Numbers};
use crate::pool::Pool;
use crate::rules::Image;
use crate::store::{flow_in_place, in_place};
use crate::symmetry::{Exchange, Symmetry};

/// What a model takes for the same.
pub(crate) struct Same<A: stateright::actor::Actor> {
    pub(crate) normal: Option<Arc<dyn NormalForm<A>>>,
    pub(crate) symmetry: Option<Arc<dyn Symmetry<A>>>,
    pub(crate) independence: Option<Arc<dyn Independence<A>>>,
    pub(crate) pool: Option<Arc<dyn Pool<A>>>,
}

impl<A: stateright::actor::Actor> Clone for Same<A> {
    fn clone(&self) -> Self {
        let Self { normal, symmetry, independence, pool } = self;
        Self {
            normal: normal.clone(),
            symmetry: symmetry.clone(),
            independence: independence.clone(),
            pool: pool.clone(),
        }
    }
}

impl<A: stateright::actor::Actor> Same<A> {
    pub(crate) const NOTHING: Self = Self { normal: None, symmetry: None, independence: None, pool: None };

    /// Whether each state stands for itself.
    pub(crate) fn is_nothing(&self) -> bool {
        self.normal.is_none() && self.symmetry.is_none() && self.pool.is_none()
    }
}

/// A component's content.
enum Content<A: Explorable> {
    Actor(usize, Local<A>),
    /// A flow's messages, in its order.
    Flow(Vec<Envelope<A::Msg>>),
    /// The last message of a duplicating network.
    Last(Envelope<A::Msg>),
    /// Nothing is named in it.
    Nothing,
}

impl<A: Explorable, C: Sync, H: History> Book<'_, A, C, H> {
    fn content(&self, component: usize, id: u32) -> Content<A> {
        let store = self.store();
        let envelope = |id: u32| store.envelopes.get(id).as_ref().clone();
        if component < store.shape.actors {
            Content::Actor(component, store.locals[component].get(id).as_ref().clone())
        } else if id == 0 || Some(component) == store.shape.history {
            Content::Nothing
        } else if Some(component) == store.shape.last {
            Content::Last(envelope(id - 1))
        } else {
            let flow = component - store.shape.flows;
            let messages = store.flows[flow].contents.get(id);
            Content::Flow(messages.iter().map(|id| envelope(*id)).collect())
        }
    }

    /// The component and id of a content.
    fn place(&self, content: Content<A>) -> Option<(usize, u32)> {
        match content {
            Content::Nothing => None,
            Content::Actor(actor, local) => {
                let mut store = self.store();
                Some((actor, store.local(actor, local, |of| self.weigh(actor, of))))
            }
            Content::Last(of) => {
                let mut store = self.store();
                let sent = store.envelope(of.src, of.dst, of.msg);
                Some((store.shape.last?, sent.envelope + 1))
            }
            Content::Flow(messages) => {
                let mut store = self.store();
                let sent: Vec<_> =
                    messages.into_iter().map(|of| store.envelope(of.src, of.dst, of.msg)).collect();
                let component = sent.first()?.component as usize;
                let flow = component - store.shape.flows;
                let id = sent.iter().fold(0, |content, one| store.push(flow, content, one.envelope));
                Some((component, id))
            }
        }
    }

    fn renumber(&self, content: &mut Content<A>, numbers: &mut dyn Numbers) {
        let Some(normal) = &self.same.normal else { return };
        match content {
            Content::Actor(actor, local) => {
                normal.state(*actor, Arc::make_mut(&mut local.state), numbers);
                local.timers.iter_mut().for_each(|timer| normal.timer(*actor, timer, numbers));
                local.timers.sort_unstable();
            }
            Content::Flow(messages) => {
                for of in messages {
                    normal.message(&mut of.msg, numbers);
                }
            }
            Content::Last(of) => normal.message(&mut of.msg, numbers),
            Content::Nothing => {}
        }
    }

    /// A component in the lowest numbers of a set.
    pub(crate) fn in_lowest(&self, component: usize, id: u32, set: u32) -> u32 {
        let mut content = self.content(component, id);
        self.renumber(&mut content, &mut self.lowest(set));
        self.place(content).map_or(id, |(_, id)| id)
    }

    /// Whether some exchange takes a component elsewhere.
    pub(crate) fn is_moved(&self, component: usize) -> bool {
        let Some(symmetry) = &self.same.symmetry else { return false };
        let (shape, ends) = {
            let store = self.store();
            let flow = component.checked_sub(store.shape.flows).map(|flow| &store.flows[flow]);
            (store.shape, flow.map(|flow| [flow.src, flow.dst]))
        };
        let moves = |actor: &usize| {
            *actor < shape.actors
                && (0..symmetry.exchanges()).any(|exchange| symmetry.actor(exchange, *actor) != *actor)
        };
        ends.map_or_else(|| moves(&component), |ends| ends.iter().any(moves))
    }

    fn exchanged_content(&self, component: usize, id: u32, exchange: Exchange) -> Content<A> {
        let mut content = self.content(component, id);
        if let Some(symmetry) = &self.same.symmetry {
            exchange_content(symmetry.as_ref(), exchange, &mut content);
        }
        content
    }

    /// A component that is not empty after an exchange.
    pub(crate) fn image(&self, component: usize, id: u32, exchange: Exchange) -> Image {
        let content = self.exchanged_content(component, id, exchange);
        let (component, id) = self.place(content).unwrap_or((component, id));
        Image { component: u32::try_from(component).unwrap_or(u32::MAX), id }
    }

    /// The hash of a component after an exchange, in its place there.
    pub(crate) fn image_hash(&self, component: usize, id: u32, exchange: Exchange) -> u64 {
        match self.exchanged_content(component, id, exchange) {
            Content::Nothing => self.store().hash(component, id),
            Content::Actor(actor, local) => in_place(actor, hash_of(&local)),
            Content::Last(of) => in_place(component, hash_of(&of)),
            Content::Flow(messages) => {
                let kind = self.store().kind;
                flow_in_place(kind.hash_of(messages.iter().map(hash_of)))
            }
        }
    }
}

fn exchange_content<A: Explorable>(symmetry: &dyn Symmetry<A>, exchange: Exchange, content: &mut Content<A>) {
    let message = |of: &mut Envelope<A::Msg>| {
        let to = |id: Id| Id::from(symmetry.actor(exchange, usize::from(id)));
        (of.src, of.dst) = (to(of.src), to(of.dst));
        symmetry.message(exchange, &mut of.msg);
    };
    match content {
        Content::Actor(actor, local) => {
            symmetry.state(exchange, *actor, Arc::make_mut(&mut local.state));
            local.timers.iter_mut().for_each(|timer| symmetry.timer(exchange, *actor, timer));
            local.timers.sort_unstable();
            *actor = symmetry.actor(exchange, *actor);
        }
        Content::Flow(messages) => messages.iter_mut().for_each(message),
        Content::Last(of) => message(of),
        Content::Nothing => {}
    }
}
