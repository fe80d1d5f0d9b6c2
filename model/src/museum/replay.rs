//! A committed trace, walked again on the model.

use stateright::Model as _;

use super::Bug;
use crate::actor::{GroupAction, GroupModel, GroupState, View, model_with};
use crate::narrate::{Told, retell};
use crate::scenario::Scenario;
use crate::trace::{Step, Trace};

/// Steps that only the search needs, and no file tells, between two that it does.
const MOST_GHOSTS: usize = 3;

/// A trace that was walked to its end.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The steps, each with the state that it is taken in.
    pub steps: Vec<(GroupState, GroupAction)>,
    /// The state at the end.
    pub last: GroupState,
    /// Why it violates the property.
    pub reason: String,
}

/// Why a trace does not show its defect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The defect is not one that the model shows.
    #[error("the model does not show it")]
    Unshown,
    /// No step of the model is told so.
    #[error("the model takes no such step as step {0} of the trace")]
    Step(usize),
    /// The property holds at the end.
    #[error("the last state keeps the property")]
    Holds,
}

/// Takes the steps of a trace on the model with the defect; the last state violates the property.
pub fn replay(bug: &Bug, trace: &Trace) -> Result<Replayed, Mismatch> {
    let (Some(scenario), Some(shown)) = (bug.scenario(), bug.shown()) else { return Err(Mismatch::Unshown) };
    let model = model_with(&scenario, &[]);
    let first = model.init_states().into_iter().next().ok_or(Mismatch::Step(0))?;
    let mut walk = Walk { scenario: &scenario, model: &model, steps: Vec::new(), last: first };
    for (number, step) in trace.steps.iter().enumerate() {
        walk = walk.follow(step, MOST_GHOSTS).ok_or(Mismatch::Step(number + 1))?;
    }
    let Walk { steps, last, .. } = walk;
    let reason = View::new(&scenario, &last).and_then(|view| shown.property.violation(&view));
    reason.map(|reason| Replayed { steps, last, reason }).ok_or(Mismatch::Holds)
}

#[derive(Clone)]
struct Walk<'a> {
    scenario: &'a Scenario,
    model: &'a GroupModel,
    steps: Vec<(GroupState, GroupAction)>,
    last: GroupState,
}

impl Walk<'_> {
    /// The walk with the step, and with the ghosts without which it is not possible.
    fn follow(&self, step: &Step, ghosts: usize) -> Option<Self> {
        let mut actions = Vec::new();
        self.model.actions(&self.last, &mut actions);
        let told = |action: &GroupAction| retell(self.scenario, &self.last, action);
        let tells = |action: &&GroupAction| told(action).into_step().as_ref() == Some(step);
        if let Some(found) = actions.iter().find(tells) {
            return self.after(found);
        }
        let mut ghostly = actions.iter().filter(|a| ghosts > 0 && matches!(told(a), Told::Ghost));
        ghostly.find_map(|ghost| self.after(ghost)?.follow(step, ghosts - 1))
    }

    fn after(&self, action: &GroupAction) -> Option<Self> {
        let next = self.model.next_state(&self.last, action.clone())?;
        if !stateright::Model::within_boundary(self.model, &next) {
            return None;
        }
        let mut longer = self.clone();
        longer.steps.push((std::mem::replace(&mut longer.last, next), action.clone()));
        Some(longer)
    }
}
