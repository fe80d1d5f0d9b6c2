//! The reference is judged in process by every trace written by hand; each deliberate defect is noticed.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::in_process::InProcess;
use muster_conformance::kafka::Settings;
use muster_conformance::report::{Conclusion, Report, to_json};
use muster_conformance::runner::Runner;
use muster_conformance::served::Served;
use muster_conformance::suite::Extent;
use muster_conformance::{Profile, System, suite};
use muster_model::trace::{Release, Trace};
use muster_reference::coordinator::{Config, Mutation};
use muster_specs::Rule;

fn judge(system: &dyn System, traces: &[&Trace]) -> Report {
    let never = AtomicBool::new(false);
    let run = Runner { jobs: 4, stop: &never, confirm: 3, progress: &|_| {} }.run(system, traces);
    let out = tempfile::tempdir().expect("a folder");
    Report::new(&system.name(), &run, traces.len(), Duration::ZERO, out.path(), "muster conform reference")
}

fn written(release: Release) -> Vec<Trace> {
    suite::written(release).expect("complete files")
}

fn in_process(mutation: Option<Mutation>) -> Report {
    let traces = written(Release::V4_3);
    judge(&InProcess::new(Config { mutation, ..Config::default() }), &traces.iter().collect::<Vec<_>>())
}

#[test]
fn it_conforms_in_process() {
    for release in [Release::V3_9, Release::V4_3] {
        let traces = written(release);
        let report = judge(&InProcess::new(Config::default()), &traces.iter().collect::<Vec<_>>());
        assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
        assert_eq!(report.totals.conform, traces.len(), "{report}");
    }
}

#[test]
fn replication_failed_appends_and_failover_are_as_written() {
    let traces = suite::failover().expect("complete files");
    let report = judge(&InProcess::new(Config::default()), &traces.iter().collect::<Vec<_>>());
    assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
    assert_eq!(report.totals.conform, traces.len(), "{report}");
}

/// The trace as it is, but for the rules of one step.
fn doctored(trace: &Trace, at: usize, change: impl FnOnce(&mut Vec<Rule>)) -> Trace {
    let mut doctored = trace.clone();
    change(&mut doctored.steps[at].rules);
    doctored
}

#[test]
fn each_rule_of_a_step_is_compared_in_process_and_from_inside_alone() {
    let traces = written(Release::V4_3);
    let trace = traces.iter().find(|trace| trace.name == "two-member-rebalance").expect("it is written");
    let (inside, outside) = (InProcess::new(Config::default()), InProcess::from_outside(Config::default()));
    let finding = |trace: &Trace| judge(&inside, &[trace]).failures.first().map(|f| (f.rule, f.finding.step));
    for at in 0..trace.steps.len() {
        let never_followed = Rule::AcceptHeartbeatWhileLoading;
        let more = doctored(trace, at, |rules| rules.push(never_followed));
        assert_eq!(finding(&more), Some((Some(never_followed), at)), "step {at}");
        for followed in trace.steps[at].rules.iter().copied() {
            let less = doctored(trace, at, |rules| rules.retain(|other| *other != followed));
            assert_eq!(finding(&less).map(|(_, step)| step), Some(at), "step {at}");
        }
        assert_eq!(judge(&outside, &[&more]).conclusion(), Conclusion::Conforms);
    }
}

#[test]
fn it_conforms_over_the_wire() {
    let traces = written(Release::V4_3);
    for group_max_size in [None, Some(2)] {
        let here: Vec<&Trace> =
            traces.iter().filter(|trace| Profile::needed_group_max_size(trace) == group_max_size).collect();
        let settings = Settings { group_max_size, max_wait_ms: 30_000 };
        let served = Served::start(&Config::default(), Release::V4_3, &settings).unwrap();
        let report = judge(&served, &here);
        assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
        assert_eq!(report.totals.conform + report.totals.choice_not_seen, here.len(), "{report}");
    }
}

#[test]
fn every_mutation_is_noticed() {
    let mut generated = suite::traces(Release::V4_3, Extent::Small).expect("complete files");
    generated.extend(suite::failover().expect("complete files"));
    for mutation in Mutation::ALL {
        let mut report = in_process(Some(*mutation));
        if report.conclusion() == Conclusion::Conforms {
            let follows = |t: &&Trace| t.steps.iter().any(|step| step.rules.contains(&mutation.rule()));
            let traces: Vec<&Trace> = generated.iter().filter(follows).collect();
            let system = InProcess::new(Config { mutation: Some(*mutation), ..Config::default() });
            report = judge(&system, &traces);
        }
        assert_eq!(report.conclusion(), Conclusion::Diverges, "{mutation}: {report}");
    }
}

#[test]
fn a_mutation_is_named_by_the_rule_that_it_breaks() {
    let named = Mutation::ALL.iter().filter(|mutation| {
        let report = in_process(Some(**mutation));
        report.failures.iter().any(|failure| failure.rule == Some(mutation.rule()))
    });
    // A defect may first show at another rule; most show at their own.
    let named: Vec<&str> = named.map(|mutation| mutation.id()).collect();
    assert!(named.len() >= 18, "only {} of {}: {named:?}", named.len(), Mutation::ALL.len());
}

#[test]
fn the_report_says_the_same_as_json() {
    let report = in_process(Some(Mutation::AcceptStaleCommit));
    let json = to_json(std::slice::from_ref(&report));
    assert_eq!(json["format"], "muster-conform/1");
    let system = &json["systems"][0];
    assert_eq!(system["conclusion"], "diverges");
    assert_eq!(system["failures"][0]["rule"], "fence_commit_of_stale_generation");
    assert_eq!(system["traces"]["diverge"], report.totals.diverge);
}
