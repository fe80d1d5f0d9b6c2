//! What is taken for the same is the same: with partitions exchanged, and with what consumers processed in one ledger, a
//! state violates the same properties and takes the same steps.

mod whole;

use std::sync::Arc;

use muster_checker::{Checker, Continue, Pool, Symmetry};
use muster_model::actor::{
    GroupAction, GroupState, NodeState, Timer, ledger_of, model_with, model_with_ledger,
};
use muster_model::check::boundary;
use muster_model::mutation::Mutation;
use muster_model::reductions::{Alike, OneLedger};
use muster_model::scenario::Scenario;
use muster_model::scenarios::find;
use stateright::actor::{Network, Timers};
use whole::{Other, assert_same, states};

/// The exchange that moves no consumer.
fn exchange(alike: &Alike) -> usize {
    let stays = |exchange: &usize| (0..3).all(|actor| alike.actor(*exchange, actor) == actor);
    (0..alike.exchanges()).find(stays).unwrap_or(usize::MAX)
}

fn exchanged(alike: &Alike, mut after: GroupState) -> GroupState {
    let of = exchange(alike);
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

fn exchanged_action(alike: &Alike, mut action: GroupAction) -> GroupAction {
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

impl Other for &Alike {
    fn state(&mut self, state: GroupState) -> GroupState {
        exchanged(self, state)
    }

    fn action(&mut self, action: GroupAction) -> GroupAction {
        exchanged_action(self, action)
    }
}

#[test]
fn partitions_that_nobody_tells_apart_may_be_exchanged() {
    let (mut differs, mut some_violated) = (0, 0);
    for mutation in [None, Some(Mutation::AnswerOffsetPastCommitted), Some(Mutation::SkipPartition)] {
        // Two consumers share three partitions, of which the first two always go to one of them.
        let scenario = Scenario { mutation, ..find("three_partitions").unwrap() };
        let (alike, model) = (Alike::of(&scenario), model_with_ledger(&scenario));
        for state in states(&model, 4_000) {
            let (violated, other) = assert_same(&model, &state, &mut &alike);
            some_violated += violated;
            differs += usize::from(other);
        }
    }
    assert!(differs > 1_000 && some_violated > 0, "{differs} {some_violated}");
}

fn handed_over(ledger: OneLedger, mut after: GroupState) -> GroupState {
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

/// A step notes what is handed over after it.
impl Other for OneLedger {
    fn state(&mut self, state: GroupState) -> GroupState {
        handed_over(*self, state)
    }

    fn action(&mut self, action: GroupAction) -> GroupAction {
        action
    }

    fn after(&mut self, next: GroupState) -> GroupState {
        handed_over(*self, next)
    }
}

#[test]
fn who_processed_a_record_makes_no_difference() {
    let (mut differs, mut some_violated) = (0, 0);
    for mutation in [None, Some(Mutation::CommitBeforeProcessing), Some(Mutation::AnswerOffsetPastCommitted)]
    {
        let scenario = Scenario { mutation, ..find("basic").unwrap() };
        let (mut ledger, model) = (OneLedger::of(&scenario), model_with_ledger(&scenario));
        for state in states(&model, 20_000) {
            let (violated, other) = assert_same(&model, &state, &mut ledger);
            some_violated += violated;
            differs += usize::from(other);
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
