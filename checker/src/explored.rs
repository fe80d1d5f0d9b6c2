//! A space that was explored, for questions that need all of it.

use std::fmt;

use stateright::Model;

use crate::book::Book;
use crate::checker::{Explorable, History, Options};
use crate::expand::Via;
use crate::labels::Labels;
use crate::liveness::{Graph, Liveness, LivenessVerdict, decide};
use crate::relation::Relation;
use crate::report::{ActorReport, ModelAction, ModelState, Refused};
use crate::stored::{Found, Stored};
use crate::witness::Witness;

/// What a run stored; see [`crate::Checker::explore`].
pub struct Explored<'a, A: Explorable, C, H: History> {
    pub(crate) book: &'a Book<'a, A, C, H>,
    pub(crate) options: &'a Options<A>,
    pub(crate) found: Found<'a>,
    pub(crate) report: &'a ActorReport<A, H>,
}

impl<A: Explorable, C, H: History> fmt::Debug for Explored<'_, A, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explored").field("unique", &self.report.unique).finish_non_exhaustive()
    }
}

/// Steps on the model: states, and the actions between them.
pub(crate) type Walk<A, H> = (Vec<ModelState<A, H>>, Vec<ModelAction<A>>);

impl<'a, A: Explorable, C: Sync, H: History> Explored<'a, A, C, H> {
    /// What [`crate::Checker::run`] would have told.
    pub fn report(&self) -> &ActorReport<A, H> {
        self.report
    }

    /// Decides a property of behaviours.
    pub fn liveness(
        &self,
        property: &Liveness<'_, A, H>,
    ) -> Result<LivenessVerdict<ModelState<A, H>, ModelAction<A>>, Refused> {
        decide(self, property)
    }

    /// What each actor does, in each part of its that was reached, on each input that it met there.
    pub fn relation(&self) -> Result<Relation<'_, A, C, H>, Refused> {
        Relation::new(self)
    }

    pub(crate) fn graph(&self) -> Result<Stored<'a>, Refused> {
        Stored::new(self.found)
    }

    pub(crate) fn witness(&self) -> Witness<'a, A, C, H> {
        Witness::new(self.book, self.options)
    }

    /// Takes steps on the original model, and compares the states that they lead to.
    pub(crate) fn walk(
        &self,
        (graph, labels): (&Stored<'_>, &mut Labels<'_, A, C, H>),
        first: u32,
        steps: &[(Via, u32)],
    ) -> Option<Walk<A, H>> {
        let model = self.book.model;
        let mut witness = self.witness();
        let mut ids = Vec::new();
        graph.ids(first, &mut ids);
        let mut states = vec![witness.state(&ids).clone()];
        if !graph.initial().contains(&first) || !model.init_states().contains(&states[0]) {
            return None;
        }
        let mut actions = Vec::new();
        for (via, to) in steps {
            let action = labels.action(*via)?;
            let mut possible = Vec::new();
            model.actions(states.last()?, &mut possible);
            let next = model.next_state(states.last()?, action.clone())?;
            graph.ids(*to, &mut ids);
            if !possible.contains(&action) || next != *witness.state(&ids) {
                return None;
            }
            states.push(next);
            actions.push(action);
        }
        Some((states, actions))
    }
}
