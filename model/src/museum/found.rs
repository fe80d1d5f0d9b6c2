//! A path that shows a defect.

use crate::actor::{GroupAction, GroupState};
use crate::check::{Counterexample, Lasso};
use crate::narrate::Narration;

use super::Bug;

/// A path to what a defect breaks, or round and round in it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The steps, each with the state that it is taken in.
    pub steps: Vec<(GroupState, GroupAction)>,
    /// The state at the end.
    pub last: GroupState,
    /// Why it breaks the property.
    pub reason: String,
}

impl Found {
    pub(super) fn of_counterexample(found: Counterexample) -> Self {
        let Counterexample { reason, steps, last, .. } = found;
        Self { steps, last, reason }
    }

    pub(super) fn of_lasso(lasso: Lasso) -> Self {
        let Lasso { steps, last, back_to, .. } = lasso;
        let reason = if back_to == steps.len() {
            "nothing happens any more".to_owned()
        } else {
            format!("the last {} of {} steps repeat for ever", steps.len() - back_to, steps.len())
        };
        Self { steps, last, reason }
    }

    /// The path as a trace, with what changes in each step; `None`: the model does not show the defect.
    pub fn narration(&self, bug: &Bug) -> Option<Narration> {
        let (scenario, shown) = (bug.scenario()?, bug.shown()?);
        let mut told = Narration::of_path(&scenario, &self.steps, &self.last);
        bug.id.clone_into(&mut told.trace.name);
        told.trace.violates = Some(shown.property.id().to_owned());
        told.reason = Some(self.reason.clone());
        Some(told)
    }
}
