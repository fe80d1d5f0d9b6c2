//! Notes that only count together.
//!
//! A model may keep, in the parts of several actors, what no step reads and properties read of all of them together: who
//! has ever done what, where only matters that somebody has. Two states that differ only in who noted it are the same. An
//! actor that takes no step keeps the notes of all, and the engine hands them over in each new state.

use std::sync::Arc;

use stateright::actor::Actor;

use crate::book::Book;
use crate::checker::{Explorable, History};
use crate::local::Local;

/// Notes that no step reads, no boundary counts, and every property reads as one with those of the keeper.
pub trait Pool<A: Actor>: Send + Sync {
    /// The actor that keeps them, by index. It takes no step, and nothing is sent to it; no exchange moves it.
    fn keeper(&self) -> usize;

    /// Whether an actor's state has notes. The keeper is not asked.
    fn has_notes(&self, actor: usize, state: &A::State) -> bool;

    /// Hands them over: the state has none after it.
    fn hand_over(&self, actor: usize, state: &mut A::State, keeper: &mut A::State);
}

impl<A: Explorable, C: Sync, H: History> Book<'_, A, C, H> {
    /// Whether a part has notes.
    pub(crate) fn has_notes_in(&self, actor: usize, local: u32) -> bool {
        let part = self.store().locals[actor].get(local);
        self.same.pool.as_ref().is_some_and(|pool| pool.has_notes(actor, &part.state))
    }

    /// A part without its notes, and the keeper's with them.
    pub(crate) fn handed_over(&self, actor: usize, local: u32, kept: u32) -> (u32, u32) {
        let Some(pool) = &self.same.pool else { return (local, kept) };
        let keeper = pool.keeper();
        let (part, keeps) = {
            let store = self.store();
            (store.locals[actor].get(local), store.locals[keeper].get(kept))
        };
        let (mut without, mut with) = (part.state.as_ref().clone(), keeps.state.as_ref().clone());
        pool.hand_over(actor, &mut without, &mut with);
        let without = Local { state: Arc::new(without), ..Local::clone(&part) };
        let with = Local { state: Arc::new(with), ..Local::clone(&keeps) };
        let mut store = self.store();
        let local = store.local(actor, without, |of| self.weigh(actor, of));
        (local, store.local(keeper, with, |of| self.weigh(keeper, of)))
    }
}
