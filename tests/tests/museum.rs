//! Each defect, noticed twice: what the checker finds on the model with a defect of the coordinator, conformance notices
//! on the reference with the same defect; and a model that is too permissive is noticed by Apache Kafka's own
//! coordinator. Needs Java and Maven.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::bottle::Bottle;
use muster_conformance::in_process::InProcess;
use muster_conformance::report::{Conclusion, Report};
use muster_conformance::runner::Runner;
use muster_conformance::{System, suite};
use muster_model::actor::{GroupAction, GroupState, model_with};
use muster_model::museum::{self, Bug, Side};
use muster_model::mutation::Mutation;
use muster_model::narrate::{Narration, Told, retell};
use muster_model::scenario::Scenario;
use muster_model::scenarios::showing;
use muster_model::trace::{Event, Release, Trace};
use muster_reference::coordinator::{Config, Mutation as Switch};
use muster_specs::{Rule, Side as RuleSide};
use stateright::Model as _;

/// States within which each defect of the coordinator makes a difference to somebody.
const MOST_STATES: usize = 150_000;

fn judge(system: &dyn System, traces: &[&Trace]) -> Report {
    let never = AtomicBool::new(false);
    let run = Runner { jobs: 2, stop: &never, progress: &|_| {} }.run(system, traces);
    assert_eq!(run.ended, None);
    let out = tempfile::tempdir().expect("a folder");
    Report::new(&system.name(), &run, traces.len(), Duration::ZERO, out.path(), "muster conform")
}

/// The model's defects that are the coordinator's, as switches of the reference.
fn switches() -> impl Iterator<Item = (Mutation, Switch)> {
    let of_coordinator = |m: &&Mutation| m.rule().side() == RuleSide::Coordinator;
    Mutation::ALL
        .iter()
        .filter(of_coordinator)
        .map(|mutation| (*mutation, mutation.id().parse().expect("a switch of the reference")))
}

fn traces_of(side: Side) -> Vec<Trace> {
    let shown = |bug: &&Bug| bug.side == side && bug.shown().is_some();
    museum::all().filter(shown).map(|bug| bug.trace().expect(bug.id).expect("a complete file")).collect()
}

fn follows(trace: &Trace, rule: Rule) -> bool {
    trace.steps.iter().any(|step| step.rules.contains(&rule))
}

#[test]
fn each_defect_of_the_coordinator_is_noticed_and_named_in_process() {
    let traces = suite::traces(Release::V4_3).expect("complete files");
    for (mutation, switch) in switches() {
        let system = InProcess::new(Config { mutation: Some(switch), ..Config::default() });
        let here: Vec<&Trace> = traces.iter().filter(|t| follows(t, mutation.rule())).take(400).collect();
        let report = judge(&system, &here);
        assert_eq!(report.conclusion(), Conclusion::Diverges, "{mutation}: {report}");
        let named = report.failures.iter().any(|failure| failure.rule == Some(mutation.rule()));
        assert!(named, "{mutation} is not held against {}: {report}", mutation.rule());
    }
}

#[test]
fn exhibits_of_clients_conform_and_those_of_brokers_do_not() {
    let correct = InProcess::new(Config::default());
    for trace in traces_of(Side::Client) {
        let report = judge(&correct, &[&trace]);
        assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
    }
    for trace in traces_of(Side::Broker) {
        let report = judge(&correct, &[&trace]);
        assert_eq!(report.conclusion(), Conclusion::Diverges, "{}: {report}", trace.name);
    }
}

/// The steps of a path, each with the state that it is taken in.
type Steps = Vec<(GroupState, GroupAction)>;

/// A shortest path to a step of the coordinator that would be another without the defect.
fn first_difference(scenario: &Scenario) -> Option<(Steps, GroupState)> {
    let fixed = Scenario { mutation: None, ..scenario.clone() };
    let model = model_with(scenario, &[]);
    let mut paths: Vec<(Option<usize>, GroupState, Option<GroupAction>)> = Vec::new();
    let (mut seen, mut queue) = (HashSet::new(), VecDeque::new());
    for state in model.init_states() {
        queue.push_back(paths.len());
        paths.push((None, state, None));
    }
    while let Some(place) = queue.pop_front() {
        let state = paths[place].1.clone();
        let mut actions = Vec::new();
        model.actions(&state, &mut actions);
        for action in actions {
            let Some(next) = model.next_state(&state, action.clone()) else { continue };
            let told = retell(scenario, &state, &action);
            let differs = matches!(told, Told::Coordinator(..))
                && told.into_step().map(|s| s.answers)
                    != retell(&fixed, &state, &action).into_step().map(|s| s.answers);
            let mut hasher = DefaultHasher::new();
            next.hash(&mut hasher);
            if !differs && (!seen.insert(hasher.finish()) || paths.len() > MOST_STATES) {
                continue;
            }
            paths.push((Some(place), next, Some(action)));
            if differs {
                return Some(walked(&paths));
            }
            queue.push_back(paths.len() - 1);
        }
    }
    None
}

/// The path to the last place.
fn walked(paths: &[(Option<usize>, GroupState, Option<GroupAction>)]) -> (Steps, GroupState) {
    let mut steps = Steps::new();
    let mut place = paths.len() - 1;
    while let (Some(before), _, Some(action)) = &paths[place] {
        steps.push((paths[*before].1.clone(), action.clone()));
        place = *before;
    }
    steps.reverse();
    (steps, paths[paths.len() - 1].1.clone())
}

#[test]
fn a_model_that_is_not_as_kafka_is_noticed_in_the_bottle() {
    let bottle = Bottle::start(&"4.3.1".parse().expect("a version")).expect("Java, Maven and Maven Central");
    let mut noticed = 0;
    for mutation in Mutation::ALL.iter().filter(|m| m.rule().side() == RuleSide::Coordinator) {
        let scenario = showing(*mutation).expect("a scenario");
        let (steps, last) = first_difference(&scenario)
            .unwrap_or_else(|| panic!("{mutation} answers as it should in {}", scenario.name));
        let mut trace = Narration::of_path(&scenario, &steps, &last).trace;
        // Who leads is Kafka's to choose; the step that differs comes before that matters.
        trace.steps.iter_mut().for_each(|step| step.choice = None);
        let differs = trace.steps.len() - 1;
        let report = judge(&bottle, &[&trace]);
        assert_eq!(report.conclusion(), Conclusion::Diverges, "{mutation}: {report}");
        let step = report.failures.first().map(|failure| failure.finding.step);
        assert_eq!(step, Some(differs), "{mutation}: {report}");
        noticed += 1;
    }
    assert!(noticed >= 20, "{noticed}");
    for trace in traces_of(Side::Client) {
        let report = judge(&bottle, &[&trace]);
        assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
    }
    for trace in traces_of(Side::Broker) {
        let report = judge(&bottle, &[&trace]);
        assert_eq!(report.conclusion(), Conclusion::Diverges, "{}: {report}", trace.name);
    }
    let silent = traces_of(Side::Client).iter().all(|trace| {
        trace.steps.iter().all(|step| !matches!(step.event, Event::Request { .. } | Event::Timer { .. }))
    });
    assert!(!silent, "the exhibits of clients ask the coordinator nothing");
}
