//! States of the original model, from component ids: for what is stated over whole states.

use std::sync::Arc;

use stateright::Expectation;
use stateright::Model;
use stateright::actor::{ActorModelState, Envelope, Id, Network, RandomChoices, Timers};

use crate::book::Book;
use crate::checker::{Explorable, History, Options};
use crate::judge::Judge;
use crate::local::Local;
use crate::parts::{PartProperty, Parts, Reads, parts_of};
use crate::report::ModelState;
use crate::store::Store;

/// One state of the model, which becomes another by its components that differ.
pub(crate) struct Witness<'a, A: Explorable, C, H: History> {
    book: &'a Book<'a, A, C, H>,
    options: &'a Options<A>,
    /// Of the state; `None` before the first.
    ids: Vec<Option<u32>>,
    locals: Vec<Option<Arc<Local<A>>>>,
    state: ModelState<A, H>,
    /// By actor: what was shown last of it, and its id.
    shown: Vec<Option<(u32, Arc<Local<A>>)>>,
}

impl<'a, A: Explorable, C: Sync, H: History> Witness<'a, A, C, H> {
    pub(crate) fn new(book: &'a Book<'a, A, C, H>, options: &'a Options<A>) -> Self {
        let network = match &book.model.init_network {
            Network::Ordered(_) => Network::new_ordered([]),
            Network::UnorderedNonDuplicating(_) => Network::new_unordered_nonduplicating([]),
            Network::UnorderedDuplicating(..) => Network::new_unordered_duplicating([]),
        };
        let actors = book.model.actors.len();
        let state = ActorModelState {
            actor_states: Vec::with_capacity(actors),
            network,
            timers_set: vec![Timers::new(); actors],
            random_choices: vec![RandomChoices::default(); actors],
            crashed: vec![false; actors],
            history: book.model.init_history.clone(),
            actor_storages: vec![None; actors],
        };
        Self { book, options, ids: Vec::new(), locals: vec![None; actors], state, shown: vec![None; actors] }
    }

    /// The state of these ids.
    pub(crate) fn state(&mut self, ids: &[u32]) -> &ModelState<A, H> {
        if self.ids.len() == ids.len() && self.ids.iter().zip(ids).all(|(had, id)| *had == Some(*id)) {
            return &self.state;
        }
        let store = self.book.store();
        if self.ids.len() < ids.len() {
            self.ids.resize(ids.len(), None);
        }
        // Components that were found later are empty here.
        for component in 0..self.ids.len() {
            let id = ids.get(component).copied().unwrap_or(0);
            let before = self.ids[component];
            if before == Some(id) {
                continue;
            }
            self.ids[component] = Some(id);
            if component < store.shape.actors {
                let local = store.locals[component].get(id);
                let had = self.locals[component].replace(Arc::clone(&local));
                become_local(&mut self.state, component, had.as_deref(), &local);
            } else if Some(component) == store.shape.history {
                self.state.history = store.histories.get(id).as_ref().clone();
            } else if Some(component) == store.shape.last {
                if let Network::UnorderedDuplicating(_, last) = &mut self.state.network {
                    *last = (id > 0).then(|| store.envelopes.get(id - 1).as_ref().clone());
                }
            } else {
                become_flow(
                    &mut self.state.network,
                    &store,
                    component - store.shape.flows,
                    before.unwrap_or(0),
                    id,
                );
            }
        }
        drop(store);
        &self.state
    }

    /// Gets the parts that are read of the state of these ids: actors' into `shown`, and the messages.
    fn show(&mut self, reads: &Reads, ids: &[u32]) -> Vec<Arc<Envelope<A::Msg>>> {
        let parts = self.shown.iter_mut().zip(ids).enumerate();
        for (actor, (shown, id)) in parts.filter(|(actor, _)| reads.actors.contains(actor)) {
            if shown.as_ref().is_none_or(|(shown, _)| shown != id) {
                *shown = Some((*id, self.book.store().locals[actor].get(*id)));
            }
        }
        if !reads.messages {
            return Vec::new();
        }
        let store = self.book.store();
        let contents = store.flows.iter().zip(ids.iter().skip(store.shape.flows));
        let contents = contents.map(|(flow, id)| flow.contents.get(*id));
        contents.flat_map(|of| of.iter().map(|id| store.envelopes.get(*id)).collect::<Vec<_>>()).collect()
    }

    /// Whether this state decides a property: the model's come first.
    pub(crate) fn decided_by(&self, property: usize, state: &ModelState<A, H>) -> bool {
        if let Some(of) = self.over_parts(property) {
            return of.is_decided_by(&parts_of(state, &of.reads));
        }
        let model = self.book.model;
        let of = &model.properties[property];
        (of.condition)(model, state) == matches!(of.expectation, Expectation::Sometimes)
    }

    /// A property over parts; none: it is the model's.
    fn over_parts(&self, property: usize) -> Option<&'a PartProperty<A>> {
        let of_model = if self.options.model_properties { self.book.model.properties.len() } else { 0 };
        Some(&self.options.properties[property.checked_sub(of_model)?])
    }
}

impl<A: Explorable, C: Sync, H: History> Judge for Witness<'_, A, C, H> {
    fn is_within(&mut self, ids: &[u32]) -> bool {
        let model = self.book.model;
        Model::within_boundary(model, self.state(ids))
    }

    fn decides(&mut self, property: usize, ids: &[u32]) -> bool {
        let Some(of) = self.over_parts(property) else {
            self.state(ids);
            return self.decided_by(property, &self.state);
        };
        let messages = self.show(&of.reads, ids);
        let actors = self.shown.iter().enumerate().map(|(actor, shown)| {
            shown.as_ref().filter(|_| of.reads.actors.contains(&actor)).map(|(_, local)| &*local.state)
        });
        let messages = messages.iter().map(|of| Envelope { src: of.src, dst: of.dst, msg: &of.msg });
        let parts = Parts { actors: actors.collect(), messages: messages.collect() };
        of.is_decided_by(&parts)
    }
}

fn become_local<A: Explorable, H>(
    state: &mut ModelState<A, H>,
    actor: usize,
    had: Option<&Local<A>>,
    local: &Local<A>,
) {
    let actor_state = Arc::clone(&local.state);
    match state.actor_states.get_mut(actor) {
        Some(of) => *of = actor_state,
        None => state.actor_states.push(actor_state),
    }
    if had.is_none_or(|had| had.timers != local.timers) {
        let mut timers = Timers::new();
        for timer in &local.timers {
            timers.set(timer.clone());
        }
        state.timers_set[actor] = timers;
    }
    if had.is_none_or(|had| had.choices != local.choices) {
        let mut choices = RandomChoices::default();
        for (key, of) in &local.choices {
            choices.insert(key.clone(), of.clone());
        }
        state.random_choices[actor] = choices;
    }
    state.crashed[actor] = local.crashed;
    if had.is_none_or(|had| had.storage != local.storage) {
        state.actor_storages[actor].clone_from(&local.storage);
    }
}

fn become_flow<A: Explorable, H: History>(
    network: &mut Network<A::Msg>,
    store: &Store<A, H>,
    flow: usize,
    before: u32,
    after: u32,
) {
    let of = &store.flows[flow];
    let envelope = |id: u32| store.envelopes.get(id).as_ref().clone();
    let (had, has) = (of.contents.get(before), of.contents.get(after));
    match network {
        Network::Ordered(flows) => {
            let ends = (Id::from(of.src), Id::from(of.dst));
            if has.is_empty() {
                flows.remove(&ends);
            } else {
                flows.insert(ends, has.iter().map(|id| envelope(*id).msg).collect());
            }
        }
        Network::UnorderedNonDuplicating(bag) => {
            for id in had.iter() {
                bag.remove(&envelope(*id));
            }
            for id in has.iter() {
                *bag.entry(envelope(*id)).or_insert(0) += 1;
            }
        }
        Network::UnorderedDuplicating(set, _) => {
            for id in had.iter() {
                set.remove(&Envelope { ..envelope(*id) });
            }
            set.extend(has.iter().map(|id| envelope(*id)));
        }
    }
}
