//! Whole states of a model, to hold what is said of them against.

use std::collections::{HashSet, VecDeque};

use muster_model::actor::{GroupAction, GroupModel, GroupState, View};
use muster_model::property::PropertyId;
use stateright::Model;

/// The first states, breadth first.
pub(crate) fn states(model: &GroupModel, most: usize) -> Vec<GroupState> {
    let mut queue: VecDeque<GroupState> = model.init_states().into();
    let (mut seen, mut states) = (HashSet::new(), Vec::new());
    while let Some(state) = queue.pop_front().filter(|_| states.len() < most) {
        let next = model.next_steps(&state).into_iter().map(|(_, next)| next);
        queue.extend(next.filter(|next| seen.insert(next.clone())));
        states.push(state);
    }
    states
}

/// What is taken for the same: another state in place of one, and another step in place of one.
pub(crate) trait Other {
    /// What stands for a state.
    fn state(&mut self, state: GroupState) -> GroupState;
    /// What stands for a step.
    fn action(&mut self, action: GroupAction) -> GroupAction;
    /// What stands for a state that such a step leads to from what stands for another: itself, if steps keep that.
    fn after(&mut self, next: GroupState) -> GroupState {
        next
    }
}

/// A state and the other one violate the same properties, and take the same steps to states that are the same. How many
/// are violated, and whether the other differs.
pub(crate) fn assert_same(model: &GroupModel, state: &GroupState, of: &mut impl Other) -> (usize, bool) {
    let other = of.state(state.clone());
    let before = violated(model, state);
    assert_eq!(before, violated(model, &other));
    let mut actions = Vec::new();
    model.actions(state, &mut actions);
    for action in actions {
        let next = model.next_state(state, action.clone()).map(|next| of.state(next));
        let of_other = model.next_state(&other, of.action(action.clone()));
        assert_eq!(next, of_other.map(|next| of.after(next)), "{action:?}");
    }
    (before.len(), other != *state)
}

fn violated(model: &GroupModel, state: &GroupState) -> Vec<PropertyId> {
    let view = View::new(&model.cfg, state);
    let fails = |p: &&PropertyId| view.as_ref().is_some_and(|view| p.violation(view).is_some());
    PropertyId::ALL.iter().filter(fails).copied().collect()
}
