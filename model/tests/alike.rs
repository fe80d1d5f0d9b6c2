//! What is taken for the same is the same: with partitions exchanged, and with what consumers processed in one ledger, a
//! state violates the same properties and takes the same steps.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use muster_checker::{Checker, Continue, Pool, Symmetry};
use muster_model::actor::{
    GroupAction, GroupState, NodeState, Timer, View, ledger_of, model_with, model_with_ledger,
};
use muster_model::check::boundary;
use muster_model::mutation::Mutation;
use muster_model::property::PropertyId;
use muster_model::reductions::{Alike, OneLedger};
use muster_model::scenario::Scenario;
use muster_model::scenarios::find;
use stateright::Model;
use stateright::actor::{Network, Timers};

/// The first states, breadth first.
fn states(scenario: &Scenario, most: usize) -> Vec<GroupState> {
    let model = model_with_ledger(scenario);
    let mut queue: VecDeque<GroupState> = model.init_states().into();
    let (mut seen, mut states) = (HashSet::new(), Vec::new());
    while let Some(state) = queue.pop_front().filter(|_| states.len() < most) {
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

/// The exchange that moves no consumer.
fn exchange(alike: &Alike) -> usize {
    let stays = |exchange: &usize| (0..3).all(|actor| alike.actor(*exchange, actor) == actor);
    (0..alike.exchanges()).find(stays).unwrap_or(usize::MAX)
}

fn exchanged(alike: &Alike, state: &GroupState) -> GroupState {
    let (mut after, of) = (state.clone(), exchange(alike));
    for (actor, node) in after.actor_states.iter_mut().enumerate() {
        alike.state(of, actor, Arc::make_mut(node));
    }
    for (actor, timers) in after.timers_set.iter_mut().enumerate() {
        let mut set = Timers::new();
        for timer in timers.iter() {
            set.set(exchanged_timer(alike, actor, *timer));
        }
        *timers = set;
    }
    if let Network::Ordered(flows) = &mut after.network {
        flows.values_mut().flatten().for_each(|message| alike.message(of, message));
    }
    after
}

fn exchanged_timer(alike: &Alike, actor: usize, mut timer: Timer) -> Timer {
    alike.timer(exchange(alike), actor, &mut timer);
    timer
}

fn exchanged_action(alike: &Alike, action: &GroupAction) -> GroupAction {
    let mut action = action.clone();
    match &mut action {
        GroupAction::Deliver { msg, .. } => alike.message(exchange(alike), msg),
        GroupAction::Timeout(id, timer) => *timer = exchanged_timer(alike, usize::from(*id), *timer),
        GroupAction::Drop(_)
        | GroupAction::Crash(_)
        | GroupAction::Recover(_)
        | GroupAction::SelectRandom { .. } => {}
    }
    action
}

#[test]
fn partitions_that_nobody_tells_apart_may_be_exchanged() {
    let (mut differs, mut some_violated) = (0, 0);
    for mutation in [None, Some(Mutation::AnswerOffsetPastCommitted), Some(Mutation::SkipPartition)] {
        // Two consumers share three partitions, of which the first two always go to one of them.
        let scenario = Scenario { mutation, ..find("three_partitions").unwrap() };
        let (alike, model) = (Alike::of(&scenario), model_with_ledger(&scenario));
        for state in states(&scenario, 4_000) {
            let other = exchanged(&alike, &state);
            differs += usize::from(other != state);
            let before = violated(&scenario, &state);
            some_violated += before.len();
            assert_eq!(before, violated(&scenario, &other));
            let mut actions = Vec::new();
            model.actions(&state, &mut actions);
            for action in actions {
                let next = model.next_state(&state, action.clone()).map(|next| exchanged(&alike, &next));
                assert_eq!(next, model.next_state(&other, exchanged_action(&alike, &action)), "{action:?}");
            }
        }
    }
    assert!(differs > 1_000 && some_violated > 0, "{differs} {some_violated}");
}

fn handed_over(ledger: OneLedger, state: &GroupState) -> GroupState {
    let mut after = state.clone();
    let mut keeper = NodeState::clone(&after.actor_states[ledger.keeper()]);
    for (actor, node) in
        after.actor_states.iter_mut().enumerate().filter(|(actor, _)| *actor != ledger.keeper())
    {
        if ledger.has_notes(actor, node) {
            ledger.hand_over(actor, Arc::make_mut(node), &mut keeper);
        }
    }
    after.actor_states[ledger.keeper()] = Arc::new(keeper);
    after
}

#[test]
fn who_processed_a_record_makes_no_difference() {
    let (mut differs, mut some_violated) = (0, 0);
    for mutation in [None, Some(Mutation::CommitBeforeProcessing), Some(Mutation::AnswerOffsetPastCommitted)]
    {
        let scenario = Scenario { mutation, ..find("basic").unwrap() };
        let (ledger, model) = (OneLedger::of(&scenario), model_with_ledger(&scenario));
        for state in states(&scenario, 20_000) {
            let other = handed_over(ledger, &state);
            differs += usize::from(other != state);
            let before = violated(&scenario, &state);
            some_violated += before.len();
            assert_eq!(before, violated(&scenario, &other));
            let mut actions = Vec::new();
            model.actions(&state, &mut actions);
            for action in actions {
                let next = model.next_state(&state, action.clone()).map(|next| handed_over(ledger, &next));
                let of_other = model.next_state(&other, action).map(|next| handed_over(ledger, &next));
                assert_eq!(next, of_other);
            }
        }
    }
    assert!(differs > 1_000 && some_violated > 0, "{differs} {some_violated}");
}

#[test]
fn a_ledger_changes_nothing_where_nothing_is_handed_over() {
    let scenario = find("basic").unwrap();
    let unique = |model| {
        let report = Checker::new(&model).boundary(boundary(&scenario)).run(&mut |_| Continue::Yes);
        report.unwrap().unique
    };
    assert_eq!(unique(model_with_ledger(&scenario)), unique(model_with(&scenario, &[])));
    assert_eq!(ledger_of(&scenario), 3);
}

#[test]
fn every_exchange_is_counted() {
    for (name, exchanges) in [
        ("basic", 1),
        // The first two partitions go together.
        ("three_partitions", 3),
        // A group of one has both, but two consumers have one each.
        ("three_consumers", 5),
        ("two_topics", 0),
    ] {
        assert_eq!(Alike::of(&find(name).unwrap()).exchanges(), exchanges, "{name}");
    }
}

/// Symmetry alone: the sets of exchanged states add up to what there is without it.
#[test]
fn exchanged_states_add_up() {
    let mut scenario = find("three_partitions").unwrap();
    (scenario.bounds.records, scenario.bounds.generations) = (1, 2);
    let model = model_with(&scenario, &[]);
    let checker = || Checker::new(&model).boundary(boundary(&scenario));
    let whole = checker().run(&mut |_| Continue::Yes).unwrap().unique;
    let counted = checker()
        .symmetry(Alike::of(&scenario))
        .explore(&mut |_| Continue::Yes, |explored| (explored.report().unique, explored.orbits().unwrap()));
    let (stored, sum) = counted.unwrap();
    assert_eq!(sum, whole);
    assert!(stored * 3 < whole, "{stored} of {whole}");
}
