//! What a property reads of actors' states is enough of them: it says the same of what is seen as of the whole.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use muster_model::actor::{GroupState, View, model_with};
use muster_model::mutation::Mutation;
use muster_model::property::{PropertyId, Scope, Sight};
use muster_model::scenario::Scenario;
use muster_model::scenarios::{shipped, showing};
use stateright::Model;

fn violates(scenario: &Scenario, property: PropertyId, state: &GroupState) -> bool {
    View::new(scenario, state).is_some_and(|view| property.violation(&view).is_some())
}

fn seen(scenario: &Scenario, sight: Sight, state: &GroupState) -> GroupState {
    let mut seen = state.clone();
    for node in &mut seen.actor_states {
        *node = Arc::new(sight.of(scenario, node));
    }
    seen
}

/// By property: in how many states it is violated.
type Violated = BTreeMap<PropertyId, usize>;

fn assert_says_the_same(scenario: &Scenario, state: &GroupState, violated: &mut Violated) {
    for property in PropertyId::ALL {
        let whole = violates(scenario, *property, state);
        *violated.entry(*property).or_default() += usize::from(whole);
        let sight = property.sight(scenario);
        if sight != Sight::Everything {
            let of_seen = violates(scenario, *property, &seen(scenario, sight, state));
            assert_eq!(of_seen, whole, "{}: {property}, {state:?}", scenario.name);
        }
        let view = View::new(scenario, state).into_iter();
        let broken = view.flat_map(|view| view.messages().map(|m| property.broken_by(m)).collect::<Vec<_>>());
        let by_message = broken.flatten().next().is_some();
        assert_eq!(by_message, whole && property.scope() == Scope::Messages, "{property}");
    }
}

/// The states within so many steps of these, as far as so many.
fn around(scenario: &Scenario, from: Vec<GroupState>, most: usize, violated: &mut Violated) {
    let model = model_with(scenario, &[]);
    let (mut queue, mut known) = (VecDeque::from(from), HashSet::new());
    while let Some(state) = queue.pop_front().filter(|_| known.len() < most) {
        assert_says_the_same(scenario, &state, violated);
        let next = model.next_steps(&state).into_iter().map(|(_, next)| next);
        queue.extend(next.filter(|next| known.insert(next.clone())));
    }
}

#[test]
fn what_is_seen_is_enough() {
    let mut violated = Violated::new();
    for scenario in shipped() {
        around(&scenario, model_with(&scenario, &[]).init_states(), 3_000, &mut violated);
    }
    for mutation in Mutation::ALL {
        let scenario = showing(*mutation).unwrap();
        for property in mutation.breaks() {
            let found = muster_model::check::find_violation(&scenario, *property, &mut |_| {
                muster_model::check::Continue::Yes
            });
            let found = found.unwrap().unwrap();
            around(&scenario, vec![found.last], 500, &mut violated);
        }
    }
    for property in PropertyId::ALL {
        assert!(violated[property] > 0, "{property} is violated nowhere");
    }
}
