//! A divergence is made small over the wire, and what is seen once and never again is told apart from what is wrong.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::attempt::{Inconclusive, Verdict};
use muster_conformance::compare::{Match, compare};
use muster_conformance::in_process::{InProcess, retold};
use muster_conformance::kafka::Settings;
use muster_conformance::report::{Conclusion, Report};
use muster_conformance::runner::{Run, Runner};
use muster_conformance::served::Served;
use muster_conformance::shrink::Effort;
use muster_conformance::suite::Extent;
use muster_conformance::symbols::Symbols;
use muster_conformance::system::Received;
use muster_conformance::wire::Broker;
use muster_conformance::{Profile, System, suite};
use muster_model::trace::{Choice, Release, Step, Timer, Trace};
use muster_reference::broker::{Broker as ReferenceBroker, BrokerConfig};
use muster_reference::coordinator::{Config, Mutation};

/// Whether what one step tells is what the other expects; timers in any order.
fn agree(one: &Step, other: &Step) -> bool {
    let expects =
        |one: &Step, other: &Step| compare(one, &received(other), &mut Symbols::default()) == Match::Same;
    let timers = |of: &[Timer]| of.iter().map(|timer| format!("{timer:?}")).collect::<BTreeSet<_>>();
    expects(one, other)
        && expects(other, one)
        && one.rules == other.rules
        && free(one) == free(other)
        && timers(&one.timers.set) == timers(&other.timers.set)
}

fn received(step: &Step) -> Vec<Received> {
    let answers = step.answers.iter();
    answers.map(|a| Received { connection: a.connection.clone(), answer: Ok(a.response.clone()) }).collect()
}

/// Whether Kafka may choose in a step, and the reference chose otherwise than the trace: what follows may differ.
fn chose_otherwise(step: &Step, anew: &Step) -> bool {
    compare(step, &received(anew), &mut Symbols::default()) == Match::OtherChoice
}

/// A choice among one is none.
fn free(step: &Step) -> Option<&Choice> {
    step.choice.as_ref().filter(|Choice::Leader { among, .. }| among.len() > 1)
}

/// The oracle of what is left is held to the model: of whole traces the reference tells what the model told.
#[test]
fn a_trace_told_anew_is_the_same() {
    let mut traces = suite::written(Release::V4_3).unwrap();
    traces.extend(suite::traces(Release::V4_3, Extent::Small).unwrap().into_iter().step_by(20));
    let mut differ = Vec::new();
    for trace in &traces {
        let steps = retold(trace).map_or_else(Vec::new, |anew| anew.steps);
        let first = trace
            .steps
            .iter()
            .enumerate()
            .take_while(|(at, step)| !steps.get(*at).is_some_and(|anew| chose_otherwise(step, anew)))
            .find(|(at, step)| !steps.get(*at).is_some_and(|anew| agree(step, anew)));
        if let Some((at, step)) = first {
            differ.push((trace.name.clone(), at, step.clone(), steps.get(at).cloned()));
        }
    }
    let names: Vec<_> = differ.iter().take(20).map(|(name, at, ..)| format!("{name}:{at}")).collect();
    assert!(differ.is_empty(), "{} of {}: {names:?} {:#?}", differ.len(), traces.len(), differ.first());
}

fn run<'t>(system: &dyn System, traces: &[&'t Trace], confirm: u32) -> Run<'t> {
    let never = AtomicBool::new(false);
    let runner = Runner { jobs: 8, stop: &never, confirm, progress: &|_| {} };
    let mut run = runner.run(system, traces);
    runner.shrink(system, &mut run, Effort { confirm, ..Effort::default() }, &|_| {});
    run
}

fn report(system: &dyn System, run: &Run<'_>, planned: usize) -> Report {
    let out = tempfile::tempdir().unwrap();
    Report::new(&system.name(), run, planned, Duration::ZERO, out.path(), "muster conform broker B")
}

/// Steps of the traces of the suite that follow the mutation's rule, made small over the wire.
fn shrunk(mutation: Mutation) -> (usize, usize, Trace) {
    let config = Config { mutation: Some(mutation), ..Config::default() };
    let settings = Settings { group_max_size: None, max_wait_ms: 10_000 };
    let served = Served::start(&config, Release::V4_3, &settings).unwrap();
    let all = suite::written(Release::V4_3).unwrap();
    let follows = |t: &&Trace| t.steps.iter().any(|step| step.rules.contains(&mutation.rule()));
    let traces: Vec<&Trace> = all.iter().filter(follows).collect();
    let run = run(&served, &traces, 2);
    let small = run.judged.iter().find_map(|judged| {
        judged.shrunk.as_ref().filter(|small| small.finding.rule == Some(mutation.rule()))
    });
    let small = small.unwrap_or_else(|| panic!("{mutation}: {}", report(&served, &run, traces.len())));
    assert_eq!((small.seen, small.runs, small.minimal), (2, 2, true), "{mutation}");
    assert_eq!(small.trace.steps.len(), small.finding.step + 1, "{mutation}");
    (small.from, small.trace.steps.len(), small.trace.clone())
}

/// The fewest steps that show each: worked out by hand.
#[test]
fn three_mutations_shrink_to_the_fewest_steps() {
    let cases = [
        // A join, a join with the id, the initial delay, the assignment, and the commit of another generation.
        (Mutation::AcceptStaleCommit, 5),
        // A Heartbeat.
        (Mutation::AbsentGroupNotFound, 1),
        // A join without an id.
        (Mutation::SkipMemberIdRequired, 1),
    ];
    for (mutation, fewest) in cases {
        let (from, left, trace) = shrunk(mutation);
        assert_eq!(left, fewest, "{mutation}, from {from}: {:#?}", trace.steps);
    }
}

/// An error that the coordinator never gave, once: seen and never again.
#[test]
fn what_is_seen_once_is_called_flaky() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let faults = vec!["error:api=SyncGroup,code=UNKNOWN_MEMBER_ID,after=2,times=1".parse().unwrap()];
    let config =
        BrokerConfig { listen: "127.0.0.1:0".to_owned(), faults, seed: 7, ..BrokerConfig::default() };
    let served = runtime.block_on(ReferenceBroker::start(config)).unwrap();
    let broker =
        Broker::connect("a flaky broker", &served.address().to_string(), Profile::default()).unwrap();
    let all = suite::written(Release::V4_3).unwrap();
    let traces: Vec<&Trace> = all
        .iter()
        .filter(|t| ["two-member-rebalance", "commit-and-fetch"].contains(&t.name.as_str()))
        .collect();
    let run = run(&broker, &traces, 5);
    let flaky = |verdict: &Verdict| {
        matches!(verdict, Verdict::Inconclusive(Inconclusive::NotReproduced { runs: 5, .. }))
    };
    let report = report(&broker, &run, traces.len());
    assert_eq!(run.judged.iter().filter(|judged| flaky(&judged.verdict)).count(), 1, "{report}");
    assert_eq!(report.conclusion(), Conclusion::Undecided, "{report}");
    assert!(report.to_string().contains("flaky: diverged once and never again"), "{report}");
    assert!(report.to_string().contains("reproduced 0 of 5"), "{report}");
    drop(broker);
    runtime.block_on(served.shutdown());
}

/// In process too: every mutation that shows in the suite shrinks, and what is left still shows it.
#[test]
fn what_is_left_shows_it_again() {
    let all = suite::written(Release::V4_3).unwrap();
    for mutation in Mutation::ALL {
        let system = InProcess::new(Config { mutation: Some(*mutation), ..Config::default() });
        let traces: Vec<&Trace> = all.iter().collect();
        let run = run(&system, &traces, 1);
        for small in run.judged.iter().filter_map(|judged| judged.shrunk.as_ref()) {
            assert!(small.trace.steps.len() <= small.from && small.minimal, "{mutation}: {small:?}");
            let again = self::run(&system, &[&small.trace], 1);
            let Verdict::Diverges { finding, .. } = &again.judged[0].verdict else {
                panic!("{mutation}: {small:#?}")
            };
            assert_eq!(finding.rule, small.finding.rule, "{mutation}");
        }
    }
}
