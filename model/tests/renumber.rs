//! A state in other numbers: the same properties, and the same steps in those numbers.

use std::collections::{HashSet, VecDeque};

use muster_model::actor::{GroupState, View, model_with};
use muster_model::mutation::Mutation;
use muster_model::property::PropertyId;
use muster_model::renumber::{Renumbering, renumbered};
use muster_model::scenario::Scenario;
use muster_model::scenarios::showing;
use muster_model::types::{Generation, MemberId};
use stateright::Model;

/// Keeps order and equality, and the distance to the next one.
#[derive(Clone, Copy)]
struct Shift {
    generations: i8,
}

impl Shift {
    /// A group that has completed no join has generation 0, as a new one; all others may be renumbered.
    fn of(scenario: &Scenario, state: &GroupState) -> Self {
        let group = View::new(scenario, state).and_then(|view| view.coordinator.group.as_ref());
        Self { generations: if group.is_some_and(|g| g.generation > Generation::ZERO) { 3 } else { 0 } }
    }
}

impl Renumbering for Shift {
    fn member(&mut self, member: MemberId) -> MemberId {
        MemberId(member.0 + 5)
    }

    fn generation(&mut self, generation: Generation) -> Generation {
        Generation(generation.0 + self.generations)
    }
}

/// The first states, breadth first.
fn states(scenario: &Scenario, most: usize) -> Vec<GroupState> {
    let model = model_with(scenario, &[]);
    let mut queue: VecDeque<GroupState> = model.init_states().into();
    let (mut seen, mut states) = (HashSet::new(), Vec::new());
    while let Some(state) = queue.pop_front() {
        if states.len() == most {
            break;
        }
        let next = model.next_steps(&state).into_iter().map(|(_, next)| next);
        queue.extend(next.filter(|next| seen.insert(next.clone())));
        states.push(state);
    }
    states
}

fn violated(scenario: &Scenario, state: &GroupState) -> Vec<PropertyId> {
    let view = View::new(scenario, state);
    let fails = |p: &&PropertyId| view.as_ref().is_some_and(|view| p.violation(view).is_some());
    PropertyId::ALL.iter().filter(fails).copied().collect()
}

#[test]
fn other_numbers_make_no_difference() {
    let (mut some_violated, mut shifted) = (0, 0);
    for mutation in [
        Mutation::AcceptCommitOfUnknownMember,
        Mutation::KeepMemberThatLeaves,
        Mutation::AssignTwice,
        Mutation::AssignMovingAtOnce,
    ] {
        let scenario = showing(mutation).unwrap();
        let model = model_with(&scenario, &[]);
        for state in states(&scenario, 4_000) {
            let mut shift = Shift::of(&scenario, &state);
            shifted += usize::from(shift.generations > 0);
            let other = renumbered(state.clone(), &mut shift);
            let before = violated(&scenario, &state);
            some_violated += before.len();
            assert_eq!(before, violated(&scenario, &other));
            let mut actions = Vec::new();
            model.actions(&state, &mut actions);
            for action in actions {
                let next = model.next_state(&state, action.clone()).map(|next| renumbered(next, &mut shift));
                assert_eq!(next, model.next_state(&other, renumbered(action, &mut shift)));
            }
        }
    }
    assert!(some_violated > 0 && shifted > 1_000, "{some_violated} {shifted}");
}
