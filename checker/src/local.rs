//! What an actor has to itself: its state, timers, open choices, storage, and whether it is crashed.
//!
//! Everything that an actor's step reads or writes besides messages and the history is in here, so a step is a
//! function from one of these and an input to another of these and the messages that are sent.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use stateright::actor::{Actor, ActorModelState, Command, Id, Out, is_no_op, is_no_op_with_timer};

use crate::checker::Explorable;

/// One actor's part of a state.
pub(crate) struct Local<A: Actor> {
    pub(crate) state: Arc<A::State>,
    /// Sorted; stateright keeps a set.
    pub(crate) timers: Vec<A::Timer>,
    /// Sorted by key; stateright keeps a map.
    pub(crate) choices: Vec<(String, Vec<A::Random>)>,
    pub(crate) crashed: bool,
    pub(crate) storage: Option<A::Storage>,
}

impl<A: Actor> Clone for Local<A> {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
            timers: self.timers.clone(),
            choices: self.choices.clone(),
            crashed: self.crashed,
            storage: self.storage.clone(),
        }
    }
}

impl<A: Actor> PartialEq for Local<A> {
    fn eq(&self, other: &Self) -> bool {
        self.crashed == other.crashed
            && self.timers == other.timers
            && self.choices == other.choices
            && self.storage == other.storage
            && (Arc::ptr_eq(&self.state, &other.state) || self.state == other.state)
    }
}

impl<A: Actor> Hash for Local<A> {
    fn hash<S: Hasher>(&self, hasher: &mut S) {
        self.state.hash(hasher);
        self.timers.hash(hasher);
        self.choices.hash(hasher);
        self.crashed.hash(hasher);
        self.storage.hash(hasher);
    }
}

/// What an actor does by itself.
#[derive(Debug)]
pub(crate) enum Input<A: Actor> {
    /// A timer fires.
    Timeout(A::Timer),
    /// It crashes.
    Crash,
    /// It recovers.
    Recover,
    /// A choice, by key, is made.
    Random(String, A::Random),
}

/// What a step leaves: the actor's part, and the messages that it sent, in order.
pub(crate) type Left<A> = (Local<A>, Vec<(Id, <A as Actor>::Msg)>);

impl<A: Explorable> Local<A> {
    /// Of a state of the model.
    pub(crate) fn of<H>(state: &ActorModelState<A, H>, index: usize) -> Self {
        let mut timers: Vec<A::Timer> = state.timers_set[index].iter().cloned().collect();
        timers.sort_unstable();
        let map = &state.random_choices[index].map;
        let mut choices: Vec<_> = map.iter().map(|(key, of)| (key.clone(), of.clone())).collect();
        choices.sort_unstable();
        Self {
            state: Arc::clone(&state.actor_states[index]),
            timers,
            choices,
            crashed: state.crashed[index],
            storage: state.actor_storages[index].clone(),
        }
    }

    /// Everything that the actor may do without a message, in stateright's order.
    pub(crate) fn inputs(&self, may_crash: bool) -> Vec<Input<A>> {
        let mut inputs: Vec<Input<A>> = self.timers.iter().cloned().map(Input::Timeout).collect();
        if self.crashed {
            inputs.push(Input::Recover);
        } else if may_crash {
            inputs.push(Input::Crash);
        }
        for (key, choices) in &self.choices {
            inputs.extend(choices.iter().map(|choice| Input::Random(key.clone(), choice.clone())));
        }
        inputs
    }

    /// A message arrives. `None`: nothing happens, as stateright sees it; on an ordered network it is consumed all the
    /// same (`consumes`).
    pub(crate) fn deliver(
        &self,
        actor: &A,
        id: Id,
        (src, msg): (Id, A::Msg),
        consumes: bool,
    ) -> Option<Left<A>> {
        if self.crashed {
            return None;
        }
        let (mut state, mut out) = (Cow::Borrowed(self.state.as_ref()), Out::new());
        actor.on_msg(id, &mut state, src, msg, &mut out);
        if is_no_op(&state, &out) && !consumes {
            return None;
        }
        Some(self.with(state).commanded(out))
    }

    /// The actor does something by itself. `None`: a timer that does nothing.
    pub(crate) fn take(&self, actor: &A, id: Id, input: &Input<A>) -> Option<Left<A>> {
        let mut out = Out::new();
        match input {
            Input::Timeout(timer) => {
                let mut state = Cow::Borrowed(self.state.as_ref());
                actor.on_timeout(id, &mut state, timer, &mut out);
                if is_no_op_with_timer(&state, &out, timer) {
                    return None;
                }
                let mut next = self.with(state);
                next.timers.retain(|t| t != timer);
                Some(next.commanded(out))
            }
            Input::Crash => {
                let next = Self { timers: Vec::new(), choices: Vec::new(), crashed: true, ..self.clone() };
                Some((next, Vec::new()))
            }
            Input::Recover => {
                let state = Arc::new(actor.on_start(id, &self.storage, &mut out));
                Some(Self { state, crashed: false, ..self.clone() }.commanded(out))
            }
            Input::Random(key, random) => {
                let mut state = Cow::Borrowed(self.state.as_ref());
                actor.on_random(id, &mut state, random, &mut out);
                let mut next = self.with(state);
                next.choices.retain(|(k, _)| k != key);
                Some(next.commanded(out))
            }
        }
    }

    fn with(&self, state: Cow<'_, A::State>) -> Self {
        match state {
            Cow::Borrowed(_) => self.clone(),
            Cow::Owned(state) => Self { state: Arc::new(state), ..self.clone() },
        }
    }

    fn commanded(mut self, out: Out<A>) -> Left<A> {
        let mut sent = Vec::new();
        for command in out {
            match command {
                Command::Send(dst, msg) => sent.push((dst, msg)),
                Command::SetTimer(timer, _) => {
                    if let Err(at) = self.timers.binary_search(&timer) {
                        self.timers.insert(at, timer);
                    }
                }
                Command::CancelTimer(timer) => self.timers.retain(|t| *t != timer),
                Command::ChooseRandom(key, random) => {
                    self.choices.retain(|(k, _)| *k != key);
                    if !random.is_empty() {
                        self.choices.push((key, random));
                        self.choices.sort_unstable();
                    }
                }
                Command::Save(storage) => self.storage = Some(storage),
            }
        }
        (self, sent)
    }
}
