//! Decides what has to happen in the end, on the states that a search in normal form stored.

use muster_checker::liveness::LivenessVerdict as Decided;

use super::Report;
use crate::actor::{GroupAction, GroupState, Node};
use crate::liveness::{LivenessId, property};
use crate::scenario::Scenario;

/// What is known of a property of behaviours.
#[derive(Clone, Debug)]
pub enum LivenessVerdict {
    /// Every fair behaviour has it, and all of them were seen.
    Holds,
    /// This one has it not.
    Violated(Box<Lasso>),
    /// No violation was found, and one may lie in what was not seen, or outside the bounds.
    Undecided,
}

/// A behaviour that goes round for ever.
#[derive(Clone, Debug)]
pub struct Lasso {
    /// The property that it has not.
    pub property: LivenessId,
    /// The steps, each with the state that it is taken in.
    pub steps: Vec<(GroupState, GroupAction)>,
    /// The state after the last step.
    pub last: GroupState,
    /// So many steps lead to the cycle, which the rest goes round: the last state is the one after so many steps, in
    /// other numbers. If none are left, nothing happens any more.
    pub back_to: usize,
}

/// What was explored, for the model's nodes.
pub(super) type Explored<'a, 'b> = &'b muster_checker::Explored<'a, Node, std::sync::Arc<Scenario>, ()>;

/// A verdict for each property; why not, if there is none.
pub(super) fn decide(
    scenario: &Scenario,
    explored: Explored<'_, '_>,
) -> Result<Vec<(LivenessId, LivenessVerdict)>, String> {
    let each = scenario.liveness.iter().map(|id| {
        let decided = explored.liveness(&property(scenario, *id)).map_err(|refused| refused.to_string())?;
        let verdict = match decided {
            Decided::Holds => LivenessVerdict::Holds,
            Decided::Undecided => LivenessVerdict::Undecided,
            Decided::Violated(behaviour) => {
                let mut states = behaviour.states;
                let last = states.pop().ok_or("a behaviour without states")?;
                let steps = states.into_iter().zip(behaviour.actions).collect();
                let back_to = behaviour.back_to;
                LivenessVerdict::Violated(Box::new(Lasso { property: *id, steps, last, back_to }))
            }
        };
        Ok((*id, verdict))
    });
    each.collect()
}

impl Report {
    /// The behaviours that have not what the scenario waits for.
    pub fn lassos(&self) -> impl Iterator<Item = &Lasso> {
        self.liveness.iter().filter_map(|(_, verdict)| match verdict {
            LivenessVerdict::Violated(lasso) => Some(lasso.as_ref()),
            LivenessVerdict::Holds | LivenessVerdict::Undecided => None,
        })
    }

    /// Whether what is waited for happens where the scenario expects it to, and only there.
    pub(super) fn liveness_is_as_expected(&self) -> bool {
        let expected = &self.scenario.expected_stuck;
        self.liveness.iter().all(|(id, verdict)| match verdict {
            LivenessVerdict::Holds => !expected.contains(id),
            LivenessVerdict::Violated(_) => expected.contains(id),
            LivenessVerdict::Undecided => false,
        })
    }
}
