//! A state in other numbers: the same properties, and the same steps in those numbers.

mod whole;

use muster_model::actor::{GroupAction, GroupState, View, model_with};
use muster_model::mutation::Mutation;
use muster_model::renumber::{Renumbering, renumbered};
use muster_model::scenario::Scenario;
use muster_model::scenarios::showing;
use muster_model::types::{Generation, MemberId};
use whole::{Other, assert_same, states};

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

impl Other for Shift {
    fn state(&mut self, state: GroupState) -> GroupState {
        renumbered(state, self)
    }

    fn action(&mut self, action: GroupAction) -> GroupAction {
        renumbered(action, self)
    }
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
        for state in states(&model, 4_000) {
            let mut shift = Shift::of(&scenario, &state);
            shifted += usize::from(shift.generations > 0);
            some_violated += assert_same(&model, &state, &mut shift).0;
        }
    }
    assert!(some_violated > 0 && shifted > 1_000, "{some_violated} {shifted}");
}
