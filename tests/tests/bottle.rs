//! Apache Kafka's own coordinator in a bottle, by the traces written by hand, those of failover among them, and by a
//! part of the generated ones; a trace that tells a falsehood is noticed there. Needs Java and Maven.

use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::System as _;
use muster_conformance::bottle::Bottle;
use muster_conformance::report::{Conclusion, Report};
use muster_conformance::runner::{Run, Runner};
use muster_conformance::suite::{self, Extent};
use muster_model::trace::{Control, Event, Release, Response, Trace};

/// Of the generated traces, one in so many.
const ONE_IN: usize = 16;

/// One JVM for all tests of this file; it ends with the process.
static KAFKA_4_3_1: LazyLock<Bottle> = LazyLock::new(|| start("4.3.1"));

fn start(version: &str) -> Bottle {
    Bottle::start(&version.parse().expect("a version")).expect("Java, Maven and Maven Central")
}

fn judge<'t>(bottle: &Bottle, traces: &'t [Trace]) -> (Run<'t>, Report) {
    let never = AtomicBool::new(false);
    let traces: Vec<&Trace> = traces.iter().collect();
    let run = Runner { jobs: 2, stop: &never, confirm: 3, progress: &|_| {} }.run(bottle, &traces);
    assert_eq!(run.ended, None);
    let out = tempfile::tempdir().expect("a folder");
    let report = Report::new(&bottle.name(), &run, traces.len(), Duration::ZERO, out.path(), "muster");
    (run, report)
}

fn conforms(bottle: &Bottle, traces: &[Trace]) {
    let (_, report) = judge(bottle, traces);
    assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
    assert_eq!(report.totals.conform, traces.len(), "{report}");
}

/// Judges the trace of failover after a change, and returns what the report says of the one difference.
fn difference(name: &str, change: impl Fn(&mut Trace)) -> (usize, String, String) {
    let mut traces = suite::failover().expect("complete files");
    traces.retain(|trace| trace.name == name);
    traces.iter_mut().for_each(change);
    let (_, report) = judge(&KAFKA_4_3_1, &traces);
    assert_eq!(report.conclusion(), Conclusion::Diverges, "{report}");
    let failure = report.failures.first().expect("the report of a divergence tells it");
    assert_eq!((failure.seen, failure.runs), (3, 3), "what a bottle shows it shows again: {report}");
    let divergence = &failure.finding.divergence;
    (failure.finding.step, divergence.expected.clone(), divergence.actual.clone())
}

fn without(trace: &mut Trace, control: &Control) {
    let before = trace.steps.len();
    trace.steps.retain(|step| !matches!(&step.event, Event::Control { control: c } if c == control));
    assert!(trace.steps.len() < before, "{} has no {control:?}", trace.name);
}

#[test]
fn every_trace_written_by_hand_conforms() {
    conforms(&KAFKA_4_3_1, &suite::written(Release::V4_3).expect("complete files"));
}

#[test]
fn replication_failed_appends_and_failover_are_as_written() {
    conforms(&KAFKA_4_3_1, &suite::failover().expect("complete files"));
}

#[test]
fn a_part_of_the_generated_traces_conforms() {
    let traces = suite::traces(Release::V4_3, Extent::Small).expect("complete files");
    let part: Vec<Trace> = traces.into_iter().step_by(ONE_IN).collect();
    assert!(part.len() > 300, "{} traces", part.len());
    conforms(&KAFKA_4_3_1, &part);
}

#[test]
fn the_oldest_coordinator_that_fits_conforms() {
    let bottle = start("4.0.1");
    conforms(&bottle, &suite::written(Release::V4_3).expect("complete files"));
    conforms(&bottle, &suite::failover().expect("complete files"));
}

#[test]
fn a_wrong_expectation_is_noticed() {
    let flipped = difference("departed-member-returns", |trace| {
        for answer in trace.steps.iter_mut().rev().flat_map(|step| &mut step.answers) {
            if let Response::Heartbeat { error } = &mut answer.response
                && error == "NONE"
            {
                *error = "UNKNOWN_MEMBER_ID".to_owned();
            }
        }
    });
    let (_, expected, actual) = flipped;
    assert_eq!((expected.as_str(), actual.as_str()), ("UNKNOWN_MEMBER_ID", "NONE"));
}

#[test]
fn a_timer_that_is_not_restarted_is_noticed() {
    let (_, expected, actual) = difference("commit-waits-for-replication", |trace| {
        let last = trace.steps.iter_mut().rev().find(|step| !step.timers.set.is_empty());
        last.expect("a step that sets a timer").timers.set.clear();
    });
    assert_eq!(expected, "timers set []");
    assert_eq!(actual, "timers set [session timer of m1]");
}

#[test]
fn without_holding_replication_a_commit_is_answered_at_once() {
    let (_, expected, actual) = difference("commit-waits-for-replication", |trace| {
        without(trace, &Control::HoldReplication);
    });
    assert_eq!((expected.as_str(), actual.as_str()), ("no answer (parked)", "OffsetCommit t-0 NONE"));
}

#[test]
fn without_releasing_replication_a_commit_is_never_answered() {
    let (_, expected, actual) = difference("commit-waits-for-replication", |trace| {
        let release = |step: &mut muster_model::trace::Step| match &mut step.event {
            Event::Control { control } if *control == Control::ReleaseReplication => {
                *control = Control::HoldReplication;
            }
            Event::Control { .. }
            | Event::Request { .. }
            | Event::Timer { .. }
            | Event::Answer { .. }
            | Event::Consumer { .. } => {}
        };
        trace.steps.iter_mut().for_each(release);
    });
    assert_eq!((expected.as_str(), actual.as_str()), ("OffsetCommit t-0 NONE", "no answer"));
}

#[test]
fn without_a_failing_append_a_commit_succeeds() {
    let (_, expected, actual) = difference("failed-append-of-commit", |trace| {
        without(trace, &Control::FailAppend { error: "NOT_ENOUGH_REPLICAS".to_owned() });
    });
    assert_eq!((expected.as_str(), actual.as_str()), ("t-0 COORDINATOR_NOT_AVAILABLE", "t-0 NONE"));
}

#[test]
fn without_its_loss_an_unreplicated_commit_is_there() {
    let (_, expected, actual) = difference("unreplicated-commit-is-lost", |trace| {
        without(trace, &Control::LoseUnreplicated);
    });
    assert_eq!((expected.as_str(), actual.as_str()), ("offsets {t-0: 4}", "offsets {t-0: 5}"));
}

#[test]
fn without_an_election_nobody_serves_the_group() {
    let (_, expected, actual) =
        difference("group-that-never-synced-is-empty", |trace| without(trace, &Control::Elect));
    assert_eq!((expected.as_str(), actual.as_str()), ("UNKNOWN_MEMBER_ID", "NOT_COORDINATOR"));
}

#[test]
fn without_a_resignation_an_election_is_refused() {
    let mut traces = suite::failover().expect("complete files");
    traces.retain(|trace| trace.name == "departed-member-returns");
    for trace in &mut traces {
        without(trace, &Control::Resign);
    }
    let never = AtomicBool::new(false);
    let run = Runner { jobs: 1, stop: &never, confirm: 3, progress: &|_| {} }
        .run(&*KAFKA_4_3_1, &traces.iter().collect::<Vec<_>>());
    let ended = format!("{:?}", run.ended);
    assert!(ended.contains("it leads"), "{ended}");
}
