//! A space that was explored, for questions that need all of it.

use std::fmt;

use stateright::Model;

use crate::book::Book;
use crate::canon::Canon;
use crate::checker::{Explorable, History, Options};
use crate::engine::same_ids;
use crate::expand::Via;
use crate::labels::Labels;
use crate::liveness::{Liveness, LivenessVerdict, decide};
use crate::orbits;
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

/// Whether a step of the model, from a state of it, is one that a stored step stands for.
pub(crate) type Like<'a, A, H> = dyn FnMut(Via, &ModelState<A, H>, &ModelAction<A>) -> bool + 'a;

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
        self.is_complete("liveness")?;
        decide(self, property)
    }

    /// What each actor does, in each part of its that was reached, on each input that it met there.
    pub fn relation(&self) -> Result<Relation<'_, A, C, H>, Refused> {
        self.is_complete("a transition relation")?;
        Relation::new(self)
    }

    /// How many states there are without symmetry: each stored one stands for those that exchanges make of it. Where
    /// there is a normal form too, they are counted in it.
    pub fn orbits(&self) -> Result<u64, Refused> {
        self.is_complete("the sum of orbits")?;
        Ok(orbits::sum(self.found, self.options.threads))
    }

    fn is_complete(&self, what: &'static str) -> Result<(), Refused> {
        if self.found.rules.is_reduced() { Err(Refused::PutOff(what)) } else { Ok(()) }
    }

    pub(crate) fn graph(&self) -> Result<Stored<'a>, Refused> {
        Stored::new(self.found)
    }

    pub(crate) fn witness(&self) -> Witness<'a, A, C, H> {
        Witness::new(self.book, self.options)
    }

    /// Takes steps on the original model, and compares the states that they lead to. Where states stand for others, the
    /// steps are between states that they stand for, and each has to be `like` the one that it is taken for.
    pub(crate) fn walk(
        &self,
        (graph, labels): (&Stored<'_>, &mut Labels<'_, A, C, H>),
        first: u32,
        steps: &[(Via, u32)],
        like: &mut Like<'_, A, H>,
    ) -> Option<Walk<A, H>> {
        let model = self.book.model;
        let (mut ids, mut same) = (Vec::new(), Same::new(self));
        graph.ids(first, &mut ids);
        let start = model.init_states().into_iter().find(|state| same.is(state, &ids))?;
        let (mut states, mut actions) = (vec![start], Vec::new());
        for (via, to) in steps {
            let label = labels.action(*via)?;
            let before = states.last()?;
            graph.ids(*to, &mut ids);
            let mut possible = Vec::new();
            model.actions(before, &mut possible);
            let mut is_meant = |action: &ModelAction<A>| {
                if same.canon.is_some() { like(*via, before, action) } else { label == *action }
            };
            possible.retain(&mut is_meant);
            let (action, next) = possible.into_iter().find_map(|action| {
                let next = model.next_state(before, action.clone())?;
                same.is(&next, &ids).then_some((action, next))
            })?;
            states.push(next);
            actions.push(action);
        }
        Some((states, actions))
    }
}

/// Whether a state of the model is one that a stored state stands for.
struct Same<'a, A: Explorable, C, H: History> {
    book: &'a Book<'a, A, C, H>,
    canon: Option<Canon<'a>>,
    witness: Witness<'a, A, C, H>,
}

impl<'a, A: Explorable, C: Sync, H: History> Same<'a, A, C, H> {
    fn new(explored: &Explored<'a, A, C, H>) -> Self {
        Self { book: explored.book, canon: Canon::new(explored.book), witness: explored.witness() }
    }

    fn is(&mut self, state: &ModelState<A, H>, stored: &[u32]) -> bool {
        match &mut self.canon {
            None => state == self.witness.state(stored),
            Some(canon) => {
                let mut ids = self.book.ids_of(state);
                canon.canonical(&mut ids);
                same_ids(&ids, stored)
            }
        }
    }
}
