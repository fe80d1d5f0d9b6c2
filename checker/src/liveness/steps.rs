//! What a step of an actor model meets, in bits.

use std::fmt;

use stateright::actor::{Actor, ActorModelAction};

use super::MOST_CONSTRAINTS;
use super::model::{Claim, Liveness};
use crate::checker::{Explorable, History};
use crate::expand::Via;
use crate::labels::Labels;
use crate::report::{ModelAction, ModelState};

/// The bit, after those of the constraints, of a step that the boundary is the budget of.
pub(super) const BUDGETED: usize = MOST_CONSTRAINTS;
/// The bit of a step that counts.
pub(super) const COUNTED: usize = MOST_CONSTRAINTS + 1;

/// A step of the model, with what its actor goes by.
pub struct Step<'a, A: Actor> {
    /// What is done.
    pub action: &'a ModelAction<A>,
    /// The state, before the step, of the actor that takes it; `None`: no actor does.
    pub actor: Option<&'a A::State>,
}

impl<A: Actor> fmt::Debug for Step<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("action", self.action).field("actor", &self.actor).finish()
    }
}

/// Which constraints a step meets, one bit each; and one more bit if the boundary is its budget.
pub(super) fn masked<A: Explorable, C: Sync, H: History>(
    property: &Liveness<'_, A, H>,
    known: &mut Vec<Option<u64>>,
    labels: &mut Labels<'_, A, C, H>,
    via: Via,
) -> u64 {
    let index = match via {
        Via::Step(step) => step as usize * 2,
        Via::Lost(envelope) => envelope as usize * 2 + 1,
    };
    if let Some(Some(mask)) = known.get(index) {
        return *mask;
    }
    let actor = labels.actor(via);
    let mask = labels
        .action(via)
        .map_or(0, |action| mask_of(property, &Step { action: &action, actor: actor.as_deref() }));
    if known.len() <= index {
        known.resize(index + 1, None);
    }
    known[index] = Some(mask);
    mask
}

fn mask_of<A: Actor, H>(property: &Liveness<'_, A, H>, step: &Step<'_, A>) -> u64 {
    let constraints = property.fairness.iter().enumerate();
    let met = constraints.filter(|(_, (_, _, steps))| steps(step)).fold(0, |met, (i, _)| met | 1 << i);
    let counts = match &property.claim {
        Claim::FinitelyOften(such) => such(step),
        Claim::Eventually(_)
        | Claim::AlwaysEventually(_)
        | Claim::EventuallyAlways(_)
        | Claim::LeadsTo(..) => false,
    };
    met | u64::from((property.budgeted)(step)) << BUDGETED | u64::from(counts) << COUNTED
}

/// What a step of the original model meets.
pub(super) fn mask_on_model<A: Explorable, H: History>(
    property: &Liveness<'_, A, H>,
    state: &ModelState<A, H>,
    action: &ModelAction<A>,
) -> u64 {
    let actor = match action {
        ActorModelAction::Deliver { dst: actor, .. }
        | ActorModelAction::Timeout(actor, _)
        | ActorModelAction::Crash(actor)
        | ActorModelAction::Recover(actor)
        | ActorModelAction::SelectRandom { actor, .. } => Some(*actor),
        ActorModelAction::Drop(_) => None,
    };
    let actor = actor.and_then(|actor| state.actor_states.get(usize::from(actor)));
    mask_of(property, &Step { action, actor: actor.map(AsRef::as_ref) })
}
