//! Local transitions: each that a search of whole states sees, and no other, each with a shortest way to it.

use std::collections::{BTreeMap, HashSet};

use muster_checker::{ActorPart, Checker, Continue, Storage};
use stateright::Model;
use stateright::actor::{ActorModel, ActorModelAction, Id, LossyNetwork, Network};

use crate::actors::{mutex, small};
use crate::agreement::{Checkable, Comparable, Given};
use crate::baseline::StateOf;

/// What an actor is before, what happens, and what it is after, in words; and how many steps come before it.
type Seen = BTreeMap<String, usize>;

fn actor_of<M, T, R>(action: &ActorModelAction<M, T, R>) -> Option<usize> {
    match action {
        ActorModelAction::Deliver { dst, .. } => Some(usize::from(*dst)),
        ActorModelAction::Timeout(id, _) | ActorModelAction::Crash(id) | ActorModelAction::Recover(id) => {
            Some(usize::from(*id))
        }
        ActorModelAction::SelectRandom { actor, .. } => Some(usize::from(*actor)),
        ActorModelAction::Drop(_) => None,
    }
}

fn part<A: Checkable, H>(state: &StateOf<A, H>, actor: usize) -> String {
    let mut timers: Vec<A::Timer> = state.timers_set[actor].iter().cloned().collect();
    timers.sort();
    let mut choices: Vec<_> =
        state.random_choices[actor].map.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    choices.sort();
    let part = ActorPart::<A> {
        state: state.actor_states[actor].clone(),
        timers,
        choices,
        crashed: state.crashed[actor],
        storage: state.actor_storages[actor].clone(),
    };
    format!("{part:?}")
}

/// By whole states, level by level.
fn seen<A: Checkable, C: Given, H: Comparable>(model: &ActorModel<A, C, H>) -> Seen {
    let (mut seen, mut depth) = (Seen::new(), 0);
    let mut level = model.init_states();
    let mut known: HashSet<_> = level.iter().cloned().collect();
    while !level.is_empty() {
        let mut next = Vec::new();
        for state in &level {
            for (action, after) in
                model.next_steps(state).into_iter().filter(|(_, s)| model.within_boundary(s))
            {
                if let Some(actor) = actor_of(&action) {
                    let words = format!("{} {action:?} {}", part(state, actor), part(&after, actor));
                    seen.entry(words).or_insert(depth);
                }
                if known.insert(after.clone()) {
                    next.push(after);
                }
            }
        }
        (level, depth) = (next, depth + 1);
    }
    seen
}

/// By the engine; each witness is walked.
fn told<A: Checkable, C: Given, H: Comparable>(
    model: &ActorModel<A, C, H>,
    (threads, storage): (usize, Storage),
) -> Seen {
    let told =
        Checker::new(model).threads(threads).storage(storage).explore(&mut |_| Continue::Yes, |explored| {
            let relation = explored.relation().unwrap();
            let transitions = relation.transitions().iter().enumerate().map(|(i, transition)| {
                let witness = relation.witness(i).unwrap();
                assert_eq!(witness.actions.len(), transition.depth + 1);
                assert_eq!(witness.actions.last(), Some(&transition.input));
                let ends = &witness.states[transition.depth..];
                assert_eq!(model.next_state(&ends[0], transition.input.clone()).as_ref(), Some(&ends[1]));
                let (before, after) = (format!("{:?}", transition.before), format!("{:?}", transition.after));
                assert_eq!(part(&ends[0], transition.actor), before);
                assert_eq!(part(&ends[1], transition.actor), after);
                assert_eq!(
                    sent_between::<A, H>(&ends[0], &ends[1], &transition.input),
                    transition.sent.len()
                );
                (format!("{before} {:?} {after}", transition.input), transition.depth)
            });
            transitions.collect::<Vec<_>>()
        });
    let told = told.unwrap();
    let as_map: Seen = told.iter().cloned().collect();
    assert_eq!(as_map.len(), told.len(), "a transition is told twice");
    as_map
}

/// How many more messages are in flight than if nothing had been sent, on a network that keeps count.
fn sent_between<A: Checkable, H: Comparable>(
    before: &StateOf<A, H>,
    after: &StateOf<A, H>,
    input: &ActorModelAction<A::Msg, A::Timer, A::Random>,
) -> usize {
    let consumed = usize::from(matches!(input, ActorModelAction::Deliver { .. }));
    after.network.len() + consumed - before.network.len()
}

/// How many transitions there are: the engine, however it is run, tells exactly those.
fn agreed<A: Checkable, C: Given, H: Comparable>(model: &ActorModel<A, C, H>) -> usize {
    let truth = seen(model);
    for way in [(1, Storage::Fast), (2, Storage::Compact)] {
        assert_eq!(told(model, way), truth);
    }
    truth.len()
}

#[test]
fn of_a_lock() {
    assert_eq!(agreed(&mutex::model(2, 2, true)), 78);
}

#[test]
fn of_actors_that_crash_over_networks_that_lose() {
    let of = |network: Network<()>| small::counters(network, LossyNetwork::Yes, 1, 3);
    assert_eq!(agreed(&of(Network::new_ordered([]))), 44);
    // A message that changes nothing stays where it is on this one.
    assert!(agreed(&of(Network::new_unordered_nonduplicating([]))) < 44);
}

#[test]
fn of_random_choices() {
    assert_eq!(agreed(&small::dice(3, 2, true)), 39);
}

#[test]
fn a_transition_that_is_not_there_has_no_witness() {
    let model = small::waiters(2, true);
    let told = Checker::new(&model).explore(&mut |_| Continue::Yes, |explored| {
        let relation = explored.relation().unwrap();
        let first = &relation.transitions()[0];
        assert_eq!(
            (first.depth, &first.input),
            (0, &ActorModelAction::Timeout(Id::from(first.actor), first.actor))
        );
        (relation.transitions().len(), relation.witness(1).is_some(), relation.witness(2).is_some())
    });
    assert_eq!(told.unwrap(), (2, true, false));
}
