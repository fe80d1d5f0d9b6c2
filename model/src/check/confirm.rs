//! What a search says is walked again.

use ::stateright::Model as _;

use super::Counterexample;
use crate::actor::{GroupAction, GroupState, View, model_with};
use crate::property::PropertyId;
use crate::scenario::Scenario;

/// Walks the path again and cuts it where the property first fails.
pub(super) fn confirm(
    scenario: &Scenario,
    property: PropertyId,
    path: Vec<GroupAction>,
) -> Result<Counterexample, String> {
    let model = model_with(scenario, &[]);
    let violation =
        |state: &GroupState| View::new(scenario, state).and_then(|view| property.violation(&view));
    let mut state = model.init_states().into_iter().next().ok_or("the model has no first state")?;
    let mut steps = Vec::new();
    for action in path {
        if let Some(reason) = violation(&state) {
            return Ok(Counterexample { property, reason, steps, last: state });
        }
        let mut enabled = Vec::new();
        model.actions(&state, &mut enabled);
        let next = enabled.contains(&action).then(|| model.next_state(&state, action.clone())).flatten();
        let next = next.filter(|next| ::stateright::Model::within_boundary(&model, next));
        let Some(next) = next else {
            return Err(format!(
                "the path to a violation of {property} cannot be walked: {action:?} in step {}",
                steps.len() + 1
            ));
        };
        steps.push((state, action));
        state = next;
    }
    match violation(&state) {
        Some(reason) => Ok(Counterexample { property, reason, steps, last: state }),
        None => Err(format!("{property} holds at the end of the path that is to violate it")),
    }
}
