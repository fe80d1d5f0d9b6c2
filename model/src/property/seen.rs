//! What properties of many actors read of each actor's state, where that is little: states that differ in nothing else
//! are asked about once.

use std::collections::BTreeMap;

use super::PropertyId;
use crate::actor::NodeState;
use crate::consumer::{Consumer, ConsumerPhase, FaultCount};
use crate::coordinator::{Coordinator, Ghost, Group, Parked, Phase};

/// An actor's state with everything made equal that the property does not read; `None`: it reads most of it.
pub(crate) fn seeing(property: PropertyId) -> Option<fn(&NodeState) -> NodeState> {
    match property {
        PropertyId::LiveOwnersDisjoint => Some(ownership),
        PropertyId::NoRecordSkipped => Some(records),
        PropertyId::AssignmentDisjoint => Some(messages),
        PropertyId::OneOwnerPerGeneration
        | PropertyId::AssignmentComplete
        | PropertyId::EvenAssignment
        | PropertyId::CommittedOffsetMonotonic
        | PropertyId::StaleCommitFenced
        | PropertyId::GenerationMonotonic
        | PropertyId::OneLeader => None,
    }
}

/// Who is alive, as which member, and owns what since when; who is a member, and what was handed out last.
fn ownership(node: &NodeState) -> NodeState {
    match node {
        NodeState::Coordinator(of) => NodeState::Coordinator(Coordinator {
            group: of.group.as_ref().map(members),
            ghost: Ghost { synced: of.ghost.synced, ..Ghost::default() },
            ..without_counts(of)
        }),
        NodeState::Consumer(of) => NodeState::Consumer(Consumer {
            member: of.member,
            applied: of.applied,
            owned: of.owned.keys().map(|partition| (*partition, None)).collect(),
            ..without_requests(of)
        }),
    }
}

/// What is committed, and what was processed.
fn records(node: &NodeState) -> NodeState {
    match node {
        NodeState::Coordinator(of) => NodeState::Coordinator(Coordinator {
            offsets: of.offsets.clone(),
            group: None,
            ghost: Ghost::default(),
            ..without_counts(of)
        }),
        NodeState::Consumer(of) => {
            let processed = of.processed.clone();
            NodeState::Consumer(Consumer { processed, owned: BTreeMap::new(), ..without_requests(of) })
        }
    }
}

/// Nothing of any actor.
fn messages(node: &NodeState) -> NodeState {
    match node {
        NodeState::Coordinator(_) => NodeState::Coordinator(Coordinator::new()),
        NodeState::Consumer(of) => NodeState::Consumer(of.clone()),
    }
}

/// Its members, by name only.
fn members(group: &Group) -> Group {
    let mut seen = Group { phase: Phase::Empty, ..group.clone() };
    seen.generation = Group::new().generation;
    seen.member_added = false;
    seen.leaders.clear();
    seen.pending.clear();
    for member in seen.members.values_mut() {
        member.parked = Parked::default();
        member.assignment = None;
        (member.is_new, member.pending_sync, member.dead) = (false, false, false);
    }
    seen
}

fn without_counts(of: &Coordinator) -> Coordinator {
    Coordinator {
        log: None,
        issued: 0,
        expired: 0,
        prefer_last: false,
        offsets: BTreeMap::new(),
        ..of.clone()
    }
}

fn without_requests(of: &Consumer) -> Consumer {
    Consumer {
        phase: if of.is_live() { ConsumerPhase::Stable } else { ConsumerPhase::Closed },
        member: None,
        generation: crate::types::Generation::NONE,
        applied: crate::types::Generation::NONE,
        connection: 0,
        awaits: None,
        outbox: None,
        abandoned: None,
        kept: BTreeMap::new(),
        taking_up: Vec::new(),
        processed: BTreeMap::new(),
        faults: FaultCount::default(),
        ..of.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashSet, VecDeque};
    use std::sync::Arc;

    use stateright::Model;

    use crate::actor::{GroupState, View, model_with};
    use crate::mutation::Mutation;
    use crate::scenario::Scenario;
    use crate::scenarios;

    fn seen_of(state: &GroupState, seeing: fn(&NodeState) -> NodeState) -> GroupState {
        let mut seen = state.clone();
        seen.actor_states = state.actor_states.iter().map(|node| Arc::new(seeing(node))).collect();
        seen
    }

    /// How many states violate a property, and how many were looked at.
    fn agree(scenario: &Scenario, most: usize) -> (usize, usize) {
        let model = model_with(scenario, &[]);
        let mut queue: VecDeque<GroupState> = model.init_states().into();
        let (mut known, mut violated, mut looked) = (HashSet::new(), 0, 0);
        while let Some(state) = queue.pop_front().filter(|_| looked < most) {
            looked += 1;
            for property in PropertyId::ALL {
                let Some(seeing) = seeing(*property) else { continue };
                let seen = seen_of(&state, seeing);
                let whole = View::new(scenario, &state).and_then(|view| property.violation(&view)).is_some();
                let view = View::new(scenario, &seen).and_then(|view| property.violation(&view)).is_some();
                assert_eq!(whole, view, "{property} {state:?}");
                violated += usize::from(whole);
            }
            let mut actions = Vec::new();
            model.actions(&state, &mut actions);
            let next = actions.into_iter().filter_map(|action| model.next_state(&state, action));
            let next = next.filter(|next| Model::within_boundary(&model, next));
            queue.extend(next.filter(|next| known.insert(stateright::fingerprint(next))));
        }
        (violated, looked)
    }

    #[test]
    fn a_property_says_the_same_of_what_is_seen() {
        let crash = scenarios::find("crash").unwrap();
        assert_eq!(agree(&crash, 3000), (0, 3000));
        let mut violated = 0;
        for mutation in Mutation::ALL {
            let breaks = mutation.breaks().iter().any(|property| seeing(*property).is_some());
            if breaks {
                violated += agree(&scenarios::showing(*mutation).unwrap(), 4000).0;
            }
        }
        assert!(violated > 100, "{violated}");
    }
}
