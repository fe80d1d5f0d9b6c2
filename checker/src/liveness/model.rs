//! Properties of behaviours of an actor model.

use std::cell::RefCell;
use std::fmt;

use stateright::actor::Actor;

use super::region::Bits;
use super::steps::{BUDGETED, COUNTED, Step, mask_on_model, masked};
use super::{Fairness, Form, Graph, Lasso, MOST_CONSTRAINTS, Outcome, Property, StateTest, Strength, check};
use crate::checker::{Explorable, History};
use crate::expand::Via;
use crate::explored::Explored;
use crate::labels::Labels;
use crate::report::{Ending, ModelAction, ModelState, Refused};
use crate::stored::Stored;

type StateOf<'a, A, H> = Box<dyn Fn(&ModelState<A, H>) -> bool + 'a>;
type StepOf<'a, A> = Box<dyn Fn(&Step<'_, A>) -> bool + 'a>;

/// What is claimed.
pub(super) enum Claim<T, S> {
    Eventually(T),
    AlwaysEventually(T),
    EventuallyAlways(T),
    LeadsTo(T, T),
    FinitelyOften(S),
}

/// A claim on every fair behaviour of an actor model, and who is fair in it.
///
/// A behaviour may stay where it is for ever wherever fairness lets it; without any, nothing has to happen. Faults
/// that are within the model are never fair: no constraint is about them.
pub struct Liveness<'a, A: Actor, H> {
    name: String,
    pub(super) claim: Claim<StateOf<'a, A, H>, StepOf<'a, A>>,
    pub(super) fairness: Vec<(String, Strength, StepOf<'a, A>)>,
    pub(super) budgeted: StepOf<'a, A>,
}

impl<A: Actor, H> fmt::Debug for Liveness<'_, A, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fair: Vec<_> = self.fairness.iter().map(|(name, strength, _)| (name, strength)).collect();
        f.debug_struct("Liveness").field("name", &self.name).field("fairness", &fair).finish_non_exhaustive()
    }
}

impl<'a, A: Actor, H> Liveness<'a, A, H> {
    fn new(name: impl Into<String>, claim: Claim<StateOf<'a, A, H>, StepOf<'a, A>>) -> Self {
        Self { name: name.into(), claim, fairness: Vec::new(), budgeted: Box::new(|_| false) }
    }

    /// It comes to such a state.
    pub fn eventually(name: impl Into<String>, such: impl Fn(&ModelState<A, H>) -> bool + 'a) -> Self {
        Self::new(name, Claim::Eventually(Box::new(such)))
    }

    /// It comes to such a state again and again.
    pub fn always_eventually(name: impl Into<String>, such: impl Fn(&ModelState<A, H>) -> bool + 'a) -> Self {
        Self::new(name, Claim::AlwaysEventually(Box::new(such)))
    }

    /// From some moment on all of its states are such.
    pub fn eventually_always(name: impl Into<String>, such: impl Fn(&ModelState<A, H>) -> bool + 'a) -> Self {
        Self::new(name, Claim::EventuallyAlways(Box::new(such)))
    }

    /// Whenever it is in a state of the first kind, it is in one of the second then or later.
    pub fn leads_to(
        name: impl Into<String>,
        from: impl Fn(&ModelState<A, H>) -> bool + 'a,
        to: impl Fn(&ModelState<A, H>) -> bool + 'a,
    ) -> Self {
        Self::new(name, Claim::LeadsTo(Box::new(from), Box::new(to)))
    }

    /// It takes such steps only so many times, and then never again.
    pub fn finitely_often(name: impl Into<String>, such: impl Fn(&Step<'_, A>) -> bool + 'a) -> Self {
        Self::new(name, Claim::FinitelyOften(Box::new(such)))
    }

    /// One of these actions is taken again and again, if from some moment on one of them can be taken in every state.
    #[must_use]
    pub fn weakly_fair(
        self,
        name: impl Into<String>,
        actions: impl Fn(&ModelAction<A>) -> bool + 'a,
    ) -> Self {
        self.fair(name.into(), Strength::Weak, Box::new(move |step| actions(step.action)))
    }

    /// One of these actions is taken again and again, if again and again one of them can be taken.
    #[must_use]
    pub fn strongly_fair(
        self,
        name: impl Into<String>,
        actions: impl Fn(&ModelAction<A>) -> bool + 'a,
    ) -> Self {
        self.fair(name.into(), Strength::Strong, Box::new(move |step| actions(step.action)))
    }

    /// As [`Self::weakly_fair`], of steps that are told apart by the state of their actor too.
    #[must_use]
    pub fn weakly_fair_steps(
        self,
        name: impl Into<String>,
        steps: impl Fn(&Step<'_, A>) -> bool + 'a,
    ) -> Self {
        self.fair(name.into(), Strength::Weak, Box::new(steps))
    }

    fn fair(mut self, name: String, strength: Strength, steps: StepOf<'a, A>) -> Self {
        self.fairness.push((name, strength, steps));
        self
    }

    /// Of these actions the boundary is the budget: one that leaves it does not exist, and leaves nothing open.
    #[must_use]
    pub fn budgeted(mut self, actions: impl Fn(&ModelAction<A>) -> bool + 'a) -> Self {
        self.budgeted = Box::new(move |step| actions(step.action));
        self
    }
}

/// What is known of a property of behaviours; `S` is a state and `X` an action of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum LivenessVerdict<S, X> {
    /// Every fair behaviour within the boundary satisfies it, all of them were seen, and none leaves the boundary with
    /// something awaited.
    Holds,
    /// This one does not.
    Violated(Behaviour<S, X>),
    /// No violation was found, and one may lie in what was not seen.
    Undecided,
}

/// A behaviour of the original model that goes round for ever. Its steps were taken again with
/// [`stateright::Model::next_state`] before it was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour<S, X> {
    /// One more than there are actions; the last is the one that it comes back to, or under a normal form one that is
    /// the same in other numbers.
    pub states: Vec<S>,
    /// The action from each state to the next.
    pub actions: Vec<X>,
    /// Which of the states it comes back to, and goes on from for ever. If it is the last itself, it stays there.
    pub back_to: usize,
}

/// Decides a property on what was explored.
pub(crate) fn decide<A: Explorable, C: Sync, H: History>(
    explored: &Explored<'_, A, C, H>,
    property: &Liveness<'_, A, H>,
) -> Result<LivenessVerdict<ModelState<A, H>, ModelAction<A>>, Refused> {
    if property.fairness.len() > MOST_CONSTRAINTS {
        return Err(super::TooManyConstraints(property.name.clone()).into());
    }
    if explored.options.same.symmetry.is_some() {
        return Err(Refused::Symmetry(property.name.clone()));
    }
    let exhausted = explored.report.ending == Ending::Exhausted;
    let graph = explored.graph()?;
    let labels = RefCell::new(Labels::new(explored.book));
    let known = RefCell::new(Vec::new());
    let is_in = |constraint: usize, via: Via| {
        masked(property, &mut known.borrow_mut(), &mut labels.borrow_mut(), via) & 1 << constraint != 0
    };
    let is_in = &is_in;
    let fairness = property.fairness.iter().enumerate().map(|(i, (name, strength, _))| Fairness {
        name: name.clone(),
        strength: *strength,
        steps: Box::new(move |_, via: &Via| is_in(i, *via)),
    });
    let of_graph = Property {
        name: property.name.clone(),
        form: match &property.claim {
            Claim::FinitelyOften(_) => {
                Form::FinitelyOften(Box::new(move |_, via: &Via| is_in(COUNTED, *via)))
            }
            Claim::Eventually(such) => Form::Eventually(tested(explored, &graph, such)),
            Claim::AlwaysEventually(such) => Form::AlwaysEventually(tested(explored, &graph, such)),
            Claim::EventuallyAlways(such) => Form::EventuallyAlways(tested(explored, &graph, such)),
            Claim::LeadsTo(from, to) => {
                Form::LeadsTo(tested(explored, &graph, from), tested(explored, &graph, to))
            }
        },
        fairness: fairness.collect(),
        // What was not seen was cut by no budget.
        budgeted: Box::new(move |_, via: &Via| exhausted && is_in(BUDGETED, *via)),
    };
    let outcome = check(&graph, &of_graph)?;
    graph.is_whole()?;
    Ok(match outcome {
        Outcome::Holds if exhausted => LivenessVerdict::Holds,
        Outcome::Holds | Outcome::Undecided => LivenessVerdict::Undecided,
        Outcome::Violated(lasso) => {
            let behaviour = behaviour(explored, &graph, property, &lasso);
            let behaviour = behaviour.ok_or_else(|| Refused::NotConfirmed(property.name.clone()))?;
            LivenessVerdict::Violated(behaviour)
        }
    })
}

/// States are tested once each.
fn tested<A: Explorable, C: Sync, H: History>(
    explored: &Explored<'_, A, C, H>,
    graph: &Stored<'_>,
    such: &StateOf<'_, A, H>,
) -> StateTest<'static> {
    let mut bits = Bits::new(graph.len());
    let (mut witness, mut ids) = (explored.witness(), Vec::new());
    for state in graph.states() {
        graph.ids(state, &mut ids);
        if such(witness.state(&ids)) {
            bits.insert(state);
        }
    }
    Box::new(move |state| bits.contains(state))
}

/// The lasso on the model; `None`: the model does otherwise. Where states stand for others, the cycle comes back to one
/// that the same state stands for, and each step is as fair as the one that it is taken for.
fn behaviour<A: Explorable, C: Sync, H: History>(
    explored: &Explored<'_, A, C, H>,
    graph: &Stored<'_>,
    property: &Liveness<'_, A, H>,
    lasso: &Lasso<Via>,
) -> Option<Behaviour<ModelState<A, H>, ModelAction<A>>> {
    let steps = [&lasso.stem[..], &lasso.cycle[..]].concat();
    let mut labels = Labels::new(explored.book);
    let mut masks = (Vec::new(), Labels::new(explored.book));
    let mut alike = |via: Via, state: &ModelState<A, H>, action: &ModelAction<A>| {
        masked(property, &mut masks.0, &mut masks.1, via) == mask_on_model(property, state, action)
    };
    let (states, actions) = explored.walk((graph, &mut labels), lasso.first, &steps, &mut alike)?;
    Some(Behaviour { states, actions, back_to: lasso.stem.len() })
}
