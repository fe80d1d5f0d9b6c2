//! Traces are told anew for what a broker has not: an initial delay, newer versions; and what is known to be wrong is not
//! asked again.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use muster_conformance::attempt::Verdict;
use muster_conformance::in_process::InProcess;
use muster_conformance::kafka::Settings;
use muster_conformance::runner::{Run, Runner};
use muster_conformance::suite::Extent;
use muster_conformance::wire::{Access, Adapted, Broker};
use muster_conformance::{Profile, System, suite};
use muster_model::trace::{Event, Release, Request, Timer, Trace};
use muster_reference::broker::{Broker as ReferenceBroker, BrokerConfig};
use muster_reference::coordinator::{Config, Mutation};
use tokio::runtime::Runtime;

fn settings() -> Settings {
    Settings { group_max_size: None, max_wait_ms: 10_000 }
}

/// The reference as a broker with this initial delay.
fn served(runtime: &Runtime, initial_delay_ms: i32) -> ReferenceBroker {
    let coordinator = Config {
        group_initial_rebalance_delay_ms: initial_delay_ms,
        group_min_session_timeout_ms: i32::try_from(settings().profile().min_session_ms).unwrap(),
        ..Config::default()
    };
    let config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), coordinator, ..BrokerConfig::default() };
    runtime.block_on(ReferenceBroker::start(config)).unwrap()
}

fn judge<'t>(system: &dyn System, traces: &'t [Trace]) -> Run<'t> {
    let never = AtomicBool::new(false);
    let runner = Runner { jobs: 8, stop: &never, confirm: 1, progress: &|_| {} };
    runner.run(system, &traces.iter().collect::<Vec<_>>())
}

fn count(run: &Run<'_>, of: fn(&Verdict) -> bool) -> usize {
    run.judged.iter().filter(|judged| of(&judged.verdict)).count()
}

#[test]
fn a_broker_that_waits_for_nobody_is_judged_by_traces_without_a_delay() {
    let runtime = Runtime::new().unwrap();
    let prompt = served(&runtime, 0);
    let profile = Profile { initial_delay_ms: 0, ..settings().profile() };
    let address = prompt.address().to_string();
    let broker = Broker::reach("B", &address, profile.clone(), Access::default()).unwrap();
    let mut traces = suite::written(Release::V4_3).unwrap();
    let Adapted { undelayed, lowered } = broker.adapt(&mut traces);
    assert!(undelayed > 15 && lowered == 0, "{undelayed} of {}", traces.len());
    let delays = |trace: &Trace| {
        trace.steps.iter().any(|step| {
            step.timers.set.contains(&Timer::InitialDelay)
                || matches!(step.event, Event::Timer { timer: Timer::InitialDelay })
        })
    };
    assert!(!traces.iter().any(delays));
    let run = judge(&broker, &traces);
    let diverging = run.judged.iter().find(|j| matches!(j.verdict, Verdict::Diverges { .. }));
    assert!(diverging.is_none(), "{diverging:?}");
    assert!(count(&run, |v| *v == Verdict::Conforms) > 15, "{run:?}");

    let broker = Broker::reach("B", &address, settings().profile(), Access::default()).unwrap();
    let delayed = suite::written(Release::V4_3).unwrap();
    let run = judge(&broker, &delayed);
    assert!(count(&run, |v| matches!(v, Verdict::Diverges { .. })) > 0, "the others expect a delay: {run:?}");
}

#[test]
fn no_version_is_sent_above_the_one_that_is_asked_for() {
    let runtime = Runtime::new().unwrap();
    let reference = served(&runtime, i32::try_from(settings().profile().initial_delay_ms).unwrap());
    let access = Access {
        at_most: vec!["JoinGroup=3".parse().unwrap(), "Heartbeat=0".parse().unwrap()],
        ..Access::default()
    };
    let broker = Broker::reach("B", &reference.address().to_string(), settings().profile(), access).unwrap();
    let mut traces: Vec<Trace> = suite::written(Release::V4_3).unwrap();
    traces.retain(|trace| ["join-alone", "leader-gone", "two-member-rebalance"].contains(&&*trace.name));
    assert_eq!(broker.adapt(&mut traces).lowered, 3);
    let mut highest = BTreeMap::new();
    for event in traces.iter().flat_map(|trace| &trace.steps).map(|step| &step.event) {
        let sent = match event {
            Event::Request { request: Request::JoinGroup { version, .. }, .. } => ("JoinGroup", *version),
            Event::Request { request: Request::Heartbeat { version, .. }, .. } => ("Heartbeat", *version),
            Event::Request { .. }
            | Event::Timer { .. }
            | Event::Control { .. }
            | Event::Answer { .. }
            | Event::Consumer { .. } => continue,
        };
        let most = highest.entry(sent.0).or_insert(sent.1);
        *most = sent.1.max(*most);
    }
    assert_eq!(highest, BTreeMap::from([("Heartbeat", 0), ("JoinGroup", 3)]));
    let run = judge(&broker, &traces);
    assert_eq!(count(&run, |v| *v == Verdict::Conforms), 3, "{run:?}");
    for wrong in ["JoinGroup", "JoinGroup=x", "JoinGroup=-1", "Fetch=3"] {
        assert!(wrong.parse::<muster_conformance::wire::AtMost>().is_err(), "{wrong}");
    }
}

#[test]
fn what_begins_with_steps_that_diverge_is_not_run_again() {
    let traces = suite::traces(Release::V4_3, Extent::Small).unwrap();
    let traces = &traces[..4_000];
    let config = Config { mutation: Some(Mutation::SkipMemberIdRequired), ..Config::default() };
    let run = judge(&InProcess::new(config), traces);
    assert_eq!(run.judged.len(), traces.len());
    let diverging: Vec<&str> = run
        .judged
        .iter()
        .filter(|judged| matches!(judged.verdict, Verdict::Diverges { .. }))
        .map(|judged| &*judged.trace.name)
        .collect();
    let hidden: Vec<&str> = run
        .judged
        .iter()
        .filter_map(|judged| match &judged.verdict {
            Verdict::Hidden { behind } => Some(behind.as_str()),
            Verdict::Conforms
            | Verdict::Diverges { .. }
            | Verdict::NotApplicable(_)
            | Verdict::ChoiceNotSeen
            | Verdict::Inconclusive(_) => None,
        })
        .collect();
    assert!(!diverging.is_empty() && hidden.len() > diverging.len(), "{} {}", diverging.len(), hidden.len());
    assert!(hidden.iter().all(|behind| diverging.contains(behind)), "{hidden:?} of {diverging:?}");
}
