//! A stateright model by ids: local steps are taken once on its actors, and noted.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stateright::Model;
use stateright::actor::{ActorModel, Envelope, Id, LossyNetwork};

use crate::checker::{Explorable, History};
use crate::eyes::Eyes;
use crate::independence::Outlook;
use crate::local::Input;
use crate::parts::PartBoundary;
use crate::report::ModelState;
use crate::rules::{Deliverable, Effect, Image, Limits, Rules, Shape, Turn};
use crate::same::Same;
use crate::store::{Kind, Store};

/// The model, and what is known of it.
pub(crate) struct Book<'a, A: Explorable, C, H: History> {
    pub(crate) model: &'a ActorModel<A, C, H>,
    boundary: Option<&'a PartBoundary<A>>,
    pub(crate) same: Same<A>,
    pub(crate) eyes: Eyes<A>,
    /// A step was not as the model said of it.
    pub(crate) untrue: AtomicBool,
    store: Mutex<Store<A, H>>,
}

impl<'a, A: Explorable, C: Sync, H: History> Book<'a, A, C, H> {
    pub(crate) fn new(
        model: &'a ActorModel<A, C, H>,
        boundary: Option<&'a PartBoundary<A>>,
        same: Same<A>,
        eyes: Eyes<A>,
    ) -> Self {
        let store = Store::new(&model.init_network, model.actors.len(), model.max_crashes);
        Self { model, boundary, same, eyes, untrue: AtomicBool::new(false), store: Mutex::new(store) }
    }

    /// A panic of the model's own code leaves the store whole: nothing is half noted.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store<A, H>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ids of the model's first states, outside the boundary or not.
    pub(crate) fn first(&self) -> Vec<Vec<u32>> {
        let states = self.model.init_states();
        states.iter().map(|state| self.ids_of(state)).collect()
    }

    /// The ids of a state of the model.
    pub(crate) fn ids_of(&self, state: &ModelState<A, H>) -> Vec<u32> {
        self.store().import(state, |actor, of| self.weigh(actor, of))
    }

    pub(crate) fn weigh(&self, actor: usize, state: &A::State) -> u128 {
        self.boundary.map_or(0, |boundary| boundary.weight(actor, state))
    }
}

impl<A: Explorable, C: Sync, H: History> Rules for Book<'_, A, C, H> {
    fn shape(&self) -> Shape {
        self.store().shape
    }

    fn counts(&self) -> Vec<usize> {
        self.store().counts()
    }

    fn ends(&self, component: usize) -> (usize, usize) {
        let store = self.store();
        let flow = &store.flows[component - store.shape.flows];
        (flow.src, flow.dst)
    }

    fn flow_of(&self, envelope: u32) -> usize {
        let store = self.store();
        store.flow_of[envelope as usize] as usize + store.shape.flows
    }

    fn seen(&self, view: usize, actor: usize, local: u32) -> u32 {
        self.seen_through(view, actor, local)
    }

    fn said(&self, component: usize, content: u32) -> u64 {
        self.said_of(component, content)
    }

    fn is_ordered(&self) -> bool {
        self.store().kind == Kind::Ordered
    }

    fn is_reduced(&self) -> bool {
        self.steps_commute()
    }

    fn outlook(&self, actor: usize, local: u32) -> Outlook {
        self.outlook_of(actor, local)
    }

    fn hash(&self, component: usize, id: u32) -> u64 {
        self.store().hash(component, id)
    }

    fn autonomous(&self, actor: usize, local: u32) -> Vec<Effect> {
        let effects = |store: &Store<A, H>, steps: &Vec<u32>| {
            steps.iter().map(|step| store.steps[*step as usize].effect.clone()).collect()
        };
        let part = {
            let store = self.store();
            if let Some(steps) = store.taken.get(&(actor, local)) {
                return effects(&store, steps);
            }
            store.locals[actor].get(local)
        };
        let run = &self.model.actors[actor];
        let inputs: Vec<Input<A>> = part.inputs(self.model.max_crashes > 0);
        let left = inputs.iter().filter_map(|input| {
            let timer = if let Input::Timeout(timer) = input { Some(timer) } else { None };
            Some((timer, part.take(run, Id::from(actor), input)?))
        });
        let left: Vec<_> = left.collect();
        let mut store = self.store();
        // Another thread may have been faster; what it noted is the same.
        if !store.taken.contains_key(&(actor, local)) {
            let steps = left
                .into_iter()
                .map(|(timer, left)| self.note(&mut store, (actor, local), (None, timer), left));
            let steps = steps.collect();
            store.taken.insert((actor, local), steps);
        }
        store.taken.get(&(actor, local)).map(|steps| effects(&store, steps)).unwrap_or_default()
    }

    fn deliver(&self, actor: usize, local: u32, envelope: u32) -> Option<Effect> {
        let key = (actor, local, envelope);
        let effect =
            |store: &Store<A, H>, step: Option<u32>| Some(store.steps[step? as usize].effect.clone());
        let (part, sent, consumes) = {
            let store = self.store();
            if let Some(step) = store.delivered.get(&key) {
                return effect(&store, *step);
            }
            (store.locals[actor].get(local), store.envelopes.get(envelope), store.kind == Kind::Ordered)
        };
        let message = (sent.src, sent.msg.clone());
        let left = part.deliver(&self.model.actors[actor], Id::from(actor), message, consumes);
        let mut store = self.store();
        if let Some(step) = store.delivered.get(&key) {
            return effect(&store, *step);
        }
        let step = left.map(|left| self.note(&mut store, (actor, local), (Some(envelope), None), left));
        store.delivered.insert(key, step);
        effect(&store, step)
    }

    fn deliverable(&self, component: usize, content: u32) -> Vec<Deliverable> {
        let mut store = self.store();
        let flow = component - store.shape.flows;
        let mut envelopes = store.flows[flow].contents.get(content).as_ref().clone();
        match store.kind {
            Kind::Ordered => envelopes.truncate(1),
            Kind::Bag | Kind::Set => envelopes.dedup(),
        }
        let actor = u32::try_from(store.flows[flow].dst).ok();
        let actor = actor.filter(|dst| (*dst as usize) < store.shape.actors);
        let lossy = matches!(self.model.lossy_network, LossyNetwork::Yes);
        let one = |envelope: u32| {
            let without = store.without(flow, content, envelope);
            let removed = store.turn(component, content, without);
            let stays = Turn { id: content, delta: 0 };
            let delivered = if store.kind == Kind::Set { stays } else { removed };
            Deliverable { envelope, actor, delivered, lost: lossy.then_some(removed) }
        };
        envelopes.into_iter().map(one).collect()
    }

    fn push(&self, component: usize, content: u32, envelope: u32) -> Turn {
        let mut store = self.store();
        let flow = component - store.shape.flows;
        let after = store.push(flow, content, envelope);
        store.turn(component, content, after)
    }

    fn last(&self, before: u32, envelope: u32) -> Turn {
        let store = self.store();
        let component = store.shape.last.unwrap_or(0);
        store.turn(component, before, envelope + 1)
    }

    fn history(&self, before: u32, effect: u32) -> Turn {
        let (mut history, heard, src, sent) = {
            let store = self.store();
            let step = &store.steps[effect as usize];
            let heard = step.heard.map(|envelope| store.envelopes.get(envelope));
            let sent: Vec<_> = step.effect.sent.iter().map(|s| store.envelopes.get(s.envelope)).collect();
            (store.histories.get(before).as_ref().clone(), heard, Id::from(step.actor as usize), sent)
        };
        if let Some(heard) = heard {
            let envelope = Envelope { src: heard.src, dst: heard.dst, msg: &heard.msg };
            history = (self.model.record_msg_in)(&self.model.cfg, &history, envelope).unwrap_or(history);
        }
        for message in sent {
            let envelope = Envelope { src, dst: message.dst, msg: &message.msg };
            history = (self.model.record_msg_out)(&self.model.cfg, &history, envelope).unwrap_or(history);
        }
        let mut store = self.store();
        let after = store.history(history);
        let component = store.shape.history.unwrap_or(0);
        store.turn(component, before, after)
    }

    fn weight(&self, actor: usize, local: u32) -> u128 {
        self.store().weights[actor][local as usize]
    }

    fn is_crashed(&self, actor: usize, local: u32) -> bool {
        self.store().locals[actor].get(local).crashed
    }

    fn limits(&self) -> Option<Limits> {
        self.boundary.map(|boundary| Limits::new(&boundary.limits))
    }

    fn has_counters(&self) -> bool {
        self.same.normal.is_some()
    }

    fn counters(&self, component: usize, id: u32) -> u32 {
        self.counters_in(component, id)
    }

    fn all_counters(&self, one: u32, other: u32) -> u32 {
        self.union_of(one, other)
    }

    fn is_lowest(&self, set: u32) -> bool {
        self.has_lowest(set)
    }

    fn numbered(&self, component: usize, id: u32, set: u32) -> u32 {
        self.in_lowest(component, id, set)
    }

    fn keeper(&self) -> Option<usize> {
        self.same.pool.as_ref().map(|pool| pool.keeper())
    }

    fn has_notes(&self, actor: usize, local: u32) -> bool {
        self.has_notes_in(actor, local)
    }

    fn hand_over(&self, actor: usize, local: u32, kept: u32) -> (u32, u32) {
        self.handed_over(actor, local, kept)
    }

    fn exchanges(&self) -> usize {
        self.same.symmetry.as_ref().map_or(0, |symmetry| symmetry.exchanges())
    }

    fn moves(&self, component: usize) -> bool {
        self.is_moved(component)
    }

    fn exchanged(&self, component: usize, id: u32, exchange: usize) -> Image {
        self.image(component, id, exchange)
    }

    fn exchanged_hash(&self, component: usize, id: u32, exchange: usize) -> u64 {
        self.image_hash(component, id, exchange)
    }

    fn bytes(&self) -> usize {
        self.store().bytes()
    }
}
