//! The counterexample of each hazard is what Kafka's own coordinator does, step by step and timer by timer, and what the reference
//! does. Needs Java and Maven.

use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::System;
use muster_conformance::bottle::Bottle;
use muster_conformance::in_process::InProcess;
use muster_conformance::report::{Conclusion, Report};
use muster_conformance::runner::Runner;
use muster_model::check::{Continue, LivenessVerdict, check, find_violation};
use muster_model::hazard::hazards;
use muster_model::liveness::LivenessId;
use muster_model::narrate::Narration;
use muster_model::scenarios::find;
use muster_model::trace::{Event, Response, Trace};
use muster_reference::coordinator::Config;

/// One JVM for all tests of this file; it ends with the process.
static KAFKA_4_3_1: LazyLock<Bottle> = LazyLock::new(|| {
    Bottle::start(&"4.3.1".parse().expect("a version")).expect("Java, Maven and Maven Central")
});

fn judge(system: &dyn System, traces: &[Trace]) -> Report {
    let never = AtomicBool::new(false);
    let traces: Vec<&Trace> = traces.iter().collect();
    let run = Runner { jobs: 2, stop: &never, confirm: 0, progress: &|_| {} }.run(system, &traces);
    assert_eq!(run.ended, None);
    let out = tempfile::tempdir().expect("a folder");
    Report::new(&system.name(), &run, traces.len(), Duration::ZERO, out.path(), "muster conform")
}

/// A shortest way to a state in which the claim is false, for each hazard.
fn counterexamples() -> Vec<Trace> {
    let told = hazards().into_iter().map(|hazard| {
        let found = find_violation(&hazard.scenario, hazard.claim, &mut |_| Continue::Yes);
        assert!(matches!(found, Ok(Some(_))), "{} holds", hazard.name());
        let found = found.expect("decided").expect("a counterexample");
        Narration::of_counterexample(&hazard.scenario, &found).trace
    });
    told.collect()
}

fn conforms(system: &dyn System, traces: &[Trace]) {
    let report = judge(system, traces);
    assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
    assert_eq!(report.totals.conform, traces.len(), "{report}");
}

#[test]
fn each_counterexample_is_what_kafka_and_the_reference_do() {
    let traces = counterexamples();
    let asked =
        |trace: &Trace| trace.steps.iter().filter(|s| matches!(s.event, Event::Request { .. })).count();
    assert!(traces.len() >= 16 && traces.iter().all(|trace| asked(trace) >= 3));
    conforms(&InProcess::new(Config::default()), &traces);
    conforms(&*KAFKA_4_3_1, &traces);
}

/// The way to the state in which a partition has no owner for ever, and round it: Kafka answers each step so, and what it answers at
/// the end is that all is well.
#[test]
fn a_partition_without_an_owner_in_a_stable_group_is_what_kafka_leaves() {
    let scenario = find("live_stale_sync").expect("it ships");
    let report = check(&scenario, &mut |_| Continue::Yes);
    let stuck = |id| report.liveness.iter().find(|(of, _)| *of == id).map(|(_, verdict)| verdict);
    assert!(matches!(stuck(LivenessId::EveryPartitionOwned), Some(LivenessVerdict::Violated(_))));
    assert!(matches!(stuck(LivenessId::GroupStabilises), Some(LivenessVerdict::Holds)));
    let lasso = report.lassos().next().expect("a way to a cycle");
    let told = Narration::of_lasso(&scenario, lasso).trace;
    let cycle = &told.steps[told.back_to.expect("a cycle")..];
    let answers: Vec<&Response> = cycle.iter().flat_map(|s| &s.answers).map(|a| &a.response).collect();
    let accepted = |answer: &&Response| matches!(answer, Response::Heartbeat { error } if error == "NONE");
    assert!(!answers.is_empty() && answers.iter().all(accepted), "{answers:?}");
    conforms(&InProcess::new(Config::default()), std::slice::from_ref(&told));
    conforms(&*KAFKA_4_3_1, &[told]);
}
