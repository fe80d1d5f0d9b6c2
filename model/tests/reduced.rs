//! `--reduce`: the verdicts and the lengths of counterexamples are those of the whole space, and what the model says of
//! the independence of its steps is so in every step of it.

use std::collections::{HashMap, HashSet, VecDeque};

use muster_checker::{Cause, Checker, Continue as On, Independence, LocalStep, Relation, Transition};
use muster_model::actor::{GroupAction, GroupState, Node, NodeState, Timer, View, model_with};
use muster_model::check::{
    Continue, Counterexample, Options, Progress, boundary, check_with, find_violation, find_violation_with,
};
use muster_model::mutation::Mutation;
use muster_model::property::PropertyId;
use muster_model::reductions::{Harmless, are_plain};
use muster_model::scenario::Scenario;
use muster_model::scenarios::{find, shipped, showing};
use stateright::Model;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn on(_: Progress) -> Continue {
    Continue::Yes
}

fn reduced() -> Options {
    Options { reduce: true, ..Options::default() }
}

#[test]
fn every_shipped_scenario_has_its_verdicts_in_fewer_states() {
    let mut sizes = Vec::new();
    for scenario in shipped() {
        let report = check_with(&scenario, &reduced(), &mut on);
        assert_eq!(report.undecided, None, "{}", scenario.name);
        assert!(report.is_as_expected(), "{}", scenario.name);
        if are_plain(&scenario) {
            sizes.push((scenario.name, report.states));
        }
    }
    let expected: Vec<(String, usize)> = SIZES.iter().map(|(n, states)| ((*n).to_owned(), *states)).collect();
    assert_eq!(sizes, expected);
}

/// Unique states that are left. Which actor's steps are taken hangs on which of exchanged states is kept.
const SIZES: [(&str, usize); 12] = [
    ("basic", 1_171),
    ("three_records", 1_055),
    ("three_partitions", 31_699),
    ("two_topics", 21_657),
    ("three_consumers", 3_259),
    ("crash", 24_859),
    ("give_up", 65_890),
    ("expire", 16_233),
    ("leave", 12_315),
    ("discovery", 17_942),
    ("release_3_9", 15_603),
    ("round_robin", 1_170),
];

#[test]
fn each_defect_breaks_the_same_in_as_many_steps() {
    for mutation in Mutation::ALL {
        let scenario = showing(*mutation).unwrap();
        for property in mutation.breaks() {
            let steps = |found: Option<Counterexample>| found.map(|c| c.steps.len());
            let whole = steps(find_violation(&scenario, *property, &mut on).unwrap());
            let less = steps(find_violation_with(&scenario, *property, &reduced(), &mut on).unwrap());
            assert!(whole.is_some() && whole == less, "{mutation}, {property}: {whole:?} and {less:?}");
        }
    }
}

#[test]
fn a_defect_that_breaks_nothing_breaks_nothing() {
    for mutation in Mutation::ALL.iter().filter(|m| m.breaks().is_empty()) {
        let scenario = find("basic").unwrap().with_mutation(*mutation);
        let report = check_with(&scenario, &reduced(), &mut on);
        assert!(report.violations().next().is_none() && report.undecided.is_none(), "{mutation}");
    }
}

type Part = (usize, NodeState, Vec<Timer>);

fn part(of: &Transition<Node>) -> Part {
    (of.actor, NodeState::clone(&of.before.state), of.before.timers.clone())
}

fn local(step: &Transition<Node>) -> LocalStep<'_, Node> {
    let cause = match &step.input {
        GroupAction::Deliver { msg, .. } => Cause::Message(msg),
        GroupAction::Timeout(_, timer) => Cause::Timer(timer),
        GroupAction::Drop(_)
        | GroupAction::Crash(_)
        | GroupAction::Recover(_)
        | GroupAction::SelectRandom { .. } => Cause::Other,
    };
    LocalStep {
        actor: step.actor,
        before: &step.before.state,
        cause,
        after: &step.after.state,
        sent: &step.sent,
    }
}

/// Each step that goes first commutes with every other of its actor, or is forgotten by it; and who is silent stays so.
fn assert_is_so<H: muster_checker::History>(
    scenario: &Scenario,
    relation: &Relation<'_, Node, impl Sync, H>,
) {
    let known = Harmless::of(scenario);
    let mut by_part: HashMap<Part, Vec<&Transition<Node>>> = HashMap::new();
    for step in relation.transitions() {
        by_part.entry(part(step)).or_default().push(step);
        let sender =
            if let GroupAction::Deliver { src, .. } = step.input { Some(usize::from(src)) } else { None };
        for to in (0..=usize::from(scenario.bounds.consumers)).filter(|to| Some(*to) != sender) {
            if to != step.actor && !known.may_send(step.actor, &step.before.state, to) {
                assert!(!known.may_send(step.actor, &step.after.state, to), "{step:?}");
                assert!(step.sent.iter().all(|(dst, _)| usize::from(*dst) != to), "{step:?}");
            }
        }
    }
    let mut firsts = 0;
    for steps in by_part.values() {
        for first in steps.iter().filter(|step| known.goes_first(&local(step))) {
            firsts += 1;
            assert!(first.sent.is_empty() && known.is_harmless(&local(first)), "{first:?}");
            let then = (first.actor, NodeState::clone(&first.after.state), first.after.timers.clone());
            // Of what the coordinator sent only the first message can be delivered.
            let by_message = matches!(first.input, GroupAction::Deliver { .. });
            let beside = |other: &Transition<Node>| {
                !(by_message && matches!(other.input, GroupAction::Deliver { .. }))
                    && other.input != first.input
            };
            for other in steps.iter().filter(|other| beside(other)) {
                let after = by_part.get(&then).into_iter().flatten().find(|step| step.input == other.input);
                assert!(after.is_some(), "{other:?} is not there after {first:?}");
                let Some(after) = after else { continue };
                assert_eq!(after.sent, other.sent);
                let later = (other.actor, NodeState::clone(&other.after.state), other.after.timers.clone());
                let again = by_part.get(&later).into_iter().flatten().find(|step| step.input == first.input);
                let commutes = again.is_some_and(|again| again.after.state == after.after.state);
                assert!(commutes || after.after.state == other.after.state, "{first:?} and {other:?}");
            }
        }
    }
    assert!(firsts > 20, "{firsts}");
}

#[test]
fn what_goes_first_commutes_with_all_that_its_actor_does() {
    for name in ["basic", "three_records", "round_robin", "leave", "expire"] {
        let scenario = find(name).unwrap();
        let model = model_with(&scenario, &[]);
        let checker = Checker::new(&model).boundary(boundary(&scenario));
        let told = checker.explore(&mut |_| On::Yes, |explored| {
            assert_is_so(&scenario, &explored.relation().unwrap());
        });
        told.unwrap();
    }
}

fn violates(scenario: &Scenario, property: PropertyId, state: &GroupState) -> bool {
    View::new(scenario, state).is_some_and(|view| property.violation(&view).is_some())
}

/// What is harmless leaves a violated property violated, and what is quiet violates nothing.
#[test]
fn what_is_harmless_undoes_no_violation() {
    let (mut looked_at, mut quiet) = (0, 0);
    for mutation in Mutation::ALL {
        let scenario = showing(*mutation).unwrap();
        let (known, model) = (Harmless::of(&scenario), model_with(&scenario, &[]));
        for property in mutation.breaks() {
            let found = find_violation(&scenario, *property, &mut on).unwrap().unwrap();
            if are_plain(&scenario) {
                quiet += before_it(&scenario, *property, &found);
            }
            let (mut queue, mut seen) = (vec![found.last], HashSet::new());
            while let Some(state) = queue.pop().filter(|_| seen.len() < 400) {
                for (action, next) in model.next_steps(&state) {
                    let (actor, cause) = match &action {
                        GroupAction::Deliver { dst, msg, .. } => (usize::from(*dst), Cause::Message(msg)),
                        GroupAction::Timeout(id, timer) => (usize::from(*id), Cause::Timer(timer)),
                        GroupAction::Drop(_)
                        | GroupAction::Crash(_)
                        | GroupAction::Recover(_)
                        | GroupAction::SelectRandom { .. } => continue,
                    };
                    let (before, after) = (&*state.actor_states[actor], &*next.actor_states[actor]);
                    let step = LocalStep { actor, before, cause, after, sent: &[] };
                    let still = violates(&scenario, *property, &next);
                    if known.is_harmless(&step) {
                        looked_at += 1;
                        assert!(still, "{mutation}: {action:?} undoes a violation of {property}");
                    }
                    if still && seen.insert(next.clone()) {
                        queue.push(next);
                    }
                }
            }
        }
    }
    assert!(looked_at > 1000 && quiet > 1000, "{looked_at} {quiet}");
}

/// On the way to a violation, and beside it: how many steps of actors that are quiet there are; each leads to a state that
/// violates the property only if it is violated before.
fn before_it(scenario: &Scenario, property: PropertyId, found: &Counterexample) -> usize {
    let (known, model) = (Harmless::of(scenario), model_with(scenario, &[]));
    // From the end on: what is near the violation comes first.
    let mut queue: VecDeque<GroupState> = found.steps.iter().rev().map(|(state, _)| state.clone()).collect();
    let (mut quiet, mut seen) = (0, HashSet::new());
    while let Some(state) = queue.pop_front().filter(|_| seen.len() < 600) {
        let before = violates(scenario, property, &state);
        for (action, next) in model.next_steps(&state) {
            if let GroupAction::Timeout(id, _) = &action
                && known.is_quiet(usize::from(*id), &state.actor_states[usize::from(*id)])
            {
                quiet += 1;
                let after = violates(scenario, property, &next);
                assert!(before || !after, "{property}: {action:?} violates it");
                let actor = &next.actor_states[usize::from(*id)];
                assert!(known.is_quiet(usize::from(*id), actor), "{action:?} leads to what is not quiet");
            }
            if seen.insert(next.clone()) {
                queue.push_back(next);
            }
        }
    }
    quiet
}
