//! What a step by ids is on the model.

use std::collections::HashMap;
use std::sync::Arc;

use stateright::actor::{ActorModelAction, Id};

use crate::book::Book;
use crate::checker::{Explorable, History};
use crate::expand::Via;
use crate::local::Input;
use crate::report::ModelAction;

/// Actions of steps, each made once.
pub(crate) struct Labels<'a, A: Explorable, C, H: History> {
    book: &'a Book<'a, A, C, H>,
    /// By step: the actor's part that it is from.
    before: Vec<u32>,
    /// By autonomous step: which it is of those from that part.
    position: HashMap<u32, usize>,
}

impl<'a, A: Explorable, C: Sync, H: History> Labels<'a, A, C, H> {
    pub(crate) fn new(book: &'a Book<'a, A, C, H>) -> Self {
        Self { book, before: Vec::new(), position: HashMap::new() }
    }

    /// The part of its actor that a step is from; `None`: there is no such step.
    pub(crate) fn before(&mut self, step: u32) -> Option<u32> {
        if step as usize >= self.before.len() {
            self.learn();
        }
        self.before.get(step as usize).copied()
    }

    /// Steps know what they lead to; what leads to them is in the memo's keys.
    fn learn(&mut self) {
        let store = self.book.store();
        self.before = vec![0; store.steps.len()];
        for ((_, local, _), step) in &store.delivered {
            if let Some(step) = step {
                self.before[*step as usize] = *local;
            }
        }
        for ((_, local), steps) in &store.taken {
            for (position, step) in steps.iter().enumerate() {
                self.before[*step as usize] = *local;
                self.position.insert(*step, position);
            }
        }
    }

    /// The state of the actor that takes a step, before it; `None`: no actor takes it.
    pub(crate) fn actor(&mut self, via: Via) -> Option<Arc<A::State>> {
        let Via::Step(step) = via else { return None };
        let before = self.before(step)?;
        let store = self.book.store();
        let actor = store.steps.get(step as usize)?.actor as usize;
        Some(Arc::clone(&store.locals[actor].get(before).state))
    }

    /// The action; `None`: there is no such step.
    pub(crate) fn action(&mut self, via: Via) -> Option<ModelAction<A>> {
        match via {
            Via::Lost(envelope) => {
                let envelope = self.book.store().envelopes.get(envelope);
                Some(ActorModelAction::Drop(envelope.as_ref().clone()))
            }
            Via::Step(step) => {
                let before = self.before(step)?;
                let (actor, heard) = {
                    let store = self.book.store();
                    let noted = store.steps.get(step as usize)?;
                    (noted.actor as usize, noted.heard.map(|envelope| store.envelopes.get(envelope)))
                };
                match heard {
                    Some(heard) => {
                        let msg = heard.msg.clone();
                        Some(ActorModelAction::Deliver { src: heard.src, dst: heard.dst, msg })
                    }
                    None => self.autonomous(actor, before, *self.position.get(&step)?),
                }
            }
        }
    }

    fn autonomous(&self, actor: usize, before: u32, position: usize) -> Option<ModelAction<A>> {
        let part = self.book.store().locals[actor].get(before);
        let run = &self.book.model.actors[actor];
        let id = Id::from(actor);
        let inputs = part.inputs(self.book.model.max_crashes > 0).into_iter();
        // Those that do something, as when they were noted.
        let input = inputs.filter(|input| part.take(run, id, input).is_some()).nth(position)?;
        Some(match input {
            Input::Timeout(timer) => ActorModelAction::Timeout(id, timer),
            Input::Crash => ActorModelAction::Crash(id),
            Input::Recover => ActorModelAction::Recover(id),
            Input::Random(key, random) => ActorModelAction::SelectRandom { actor: id, key, random },
        })
    }
}
