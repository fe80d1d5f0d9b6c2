//! Starts what is to be judged, replays, and sums up.

use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use muster_conformance::bottle::Bottle;
use muster_conformance::in_process::InProcess;
use muster_conformance::kafka::{Kafka, Settings, StartError};
use muster_conformance::report::Report;
use muster_conformance::runner::Ended;
use muster_conformance::served::Served;
use muster_conformance::wire::{Access, Broker, Security};
use muster_conformance::{Profile, System};
use muster_model::trace::Trace;
use muster_reference::coordinator::Config;

use super::common::Common;
use super::judgement::Judgement;
use super::traces::chosen;
use super::{BrokerArgs, KafkaArgs, ReferenceArgs, Refusal, Target};

/// Set by Ctrl-C: the run ends, and what was started is stopped.
pub(super) static STOP: AtomicBool = AtomicBool::new(false);

/// Judges the target. One report for each system: the reference is two.
pub(super) fn judge(target: &Target) -> Result<Vec<Report>, Refusal> {
    let stop = || STOP.store(true, Ordering::Relaxed);
    ctrlc::set_handler(stop).map_err(|error| Refusal::undecided(format!("cannot handle Ctrl-C: {error}")))?;
    match target {
        Target::Reference(args) => reference(args),
        Target::Broker(args) => broker(args).map(|report| vec![report]),
        Target::Kafka(args) => kafka(args).map(|report| vec![report]),
        Target::Bottle(args) => bottle(args).map(|report| vec![report]),
    }
}

fn reference(args: &ReferenceArgs) -> Result<Vec<Report>, Refusal> {
    let traces = chosen(&args.common, args.release)?;
    let config = Config { mutation: args.mutation, ..Config::default() };
    let mutation = args.mutation.map_or_else(String::new, |mutation| format!(" --mutation {mutation}"));
    let command =
        |how: &str| format!("muster conform reference{mutation} --release {} --{how}", args.release);
    let mut reports = Vec::new();
    if !args.wire {
        let system = InProcess::new(config.clone());
        let mut judged = Judgement::new(&args.common, &traces, args.release, command("in-process"))?;
        judged.replay(&system, &traces.iter().collect::<Vec<_>>());
        reports.push(judged.report(&system.name()));
    }
    if !args.in_process {
        let mut judged = Judgement::new(&args.common, &traces, args.release, command("wire"))?;
        let mut name = String::new();
        for (group_max_size, traces) in by_size(&traces) {
            let served = Served::start(&config, args.release, &settings(&args.common, group_max_size));
            let served = served.map_err(Refusal::undecided)?;
            name = served.name();
            judged.replay(&served, &traces);
        }
        reports.push(judged.report(&name));
    }
    Ok(reports)
}

fn broker(args: &BrokerArgs) -> Result<Report, Refusal> {
    let security = match &args.command_config {
        None => Security::default(),
        Some(file) => Security::load(file).map_err(Refusal::usage)?,
    };
    let mut traces = chosen(&args.common, args.release)?;
    let profile = Profile {
        initial_delay_ms: args.initial_rebalance_delay_ms,
        min_session_ms: args.min_session_timeout_ms,
        max_session_ms: args.max_session_timeout_ms,
        group_max_size: args.group_max_size,
        max_wait_ms: args.common.max_wait.saturating_mul(1_000),
    };
    let at_most = args.at_most.clone();
    let access =
        Access { prefix: args.prefix.clone(), seed: args.common.seed, stop: Some(&STOP), security, at_most };
    let broker = Broker::reach(&format!("broker {}", args.address), &args.address, profile, access);
    let broker = broker.map_err(Refusal::undecided)?;
    let adapted = broker.adapt(&mut traces);
    if adapted.lowered > 0 {
        let n = adapted.lowered;
        eprintln!("on {}: {n} traces are sent in the older versions that it knows", args.address);
    }
    if adapted.undelayed > 0 {
        eprintln!("on {}: {} traces are told without an initial delay", args.address, adapted.undelayed);
    }
    let all: Vec<&Trace> = traces.iter().collect();
    eprintln!("on {}: creates {}; deletes all of it at the end", args.address, broker.plan(&all));
    let mut judged = Judgement::new(&args.common, &traces, args.release, again(args))?;
    judged.replay(&broker, &all);
    let tidied = broker.tidy();
    let report = judged.report(&broker.name());
    for left in &tidied.left {
        eprintln!("muster: left on {}: {left}", args.address);
    }
    if tidied.left.is_empty() {
        eprintln!("on {}: deleted {} topics and {} groups", args.address, tidied.topics, tidied.groups);
    }
    Ok(report)
}

/// The command that judges the same broker.
fn again(args: &BrokerArgs) -> String {
    let size = args.group_max_size.map_or_else(String::new, |size| format!(" --group-max-size {size}"));
    let limits = args.at_most.iter().map(|limit| format!(" --at-most {limit}"));
    let at_most: String = limits.collect();
    let config = args.command_config.as_ref();
    let config = config.map_or_else(String::new, |file| format!(" --command-config {}", file.display()));
    format!(
        "muster conform broker {} --release {} --initial-rebalance-delay-ms {} --min-session-timeout-ms {} \
         --max-session-timeout-ms {}{size}{at_most}{config}",
        args.address,
        args.release,
        args.initial_rebalance_delay_ms,
        args.min_session_timeout_ms,
        args.max_session_timeout_ms
    )
}

fn kafka(args: &KafkaArgs) -> Result<Report, Refusal> {
    let traces = chosen(&args.common, args.version.release())?;
    let command = format!("muster conform kafka {}", args.version);
    let mut judged = Judgement::new(&args.common, &traces, args.version.release(), command)?;
    for (group_max_size, traces) in by_size(&traces) {
        if judged.run.ended.is_some() {
            break;
        }
        if io::stderr().is_terminal() {
            eprintln!("Apache Kafka {} starts", args.version);
        }
        let settings = settings(&args.common, group_max_size);
        let kafka = match Kafka::start(&args.version, &settings, &STOP) {
            Ok(kafka) => kafka,
            Err(StartError::Interrupted) => {
                judged.run.ended = Some(Ended::Interrupted);
                break;
            }
            Err(
                error @ (StartError::Program { .. }
                | StartError::Fetch { .. }
                | StartError::Build { .. }
                | StartError::NoBottle { .. }
                | StartError::Start { .. }),
            ) => {
                return Err(Refusal::undecided(error));
            }
        };
        let broker = kafka.connect().map_err(Refusal::undecided)?;
        judged.replay(&broker, &traces);
    }
    Ok(judged.report(&format!("Apache Kafka {}", args.version)))
}

fn bottle(args: &KafkaArgs) -> Result<Report, Refusal> {
    let release = args.version.release();
    let traces = chosen(&args.common, release)?;
    if io::stderr().is_terminal() {
        eprintln!("the bottle of Apache Kafka {} starts", args.version);
    }
    let bottle = Bottle::start(&args.version).map_err(|error| match error {
        StartError::NoBottle { .. } => Refusal::usage(error),
        StartError::Program { .. }
        | StartError::Fetch { .. }
        | StartError::Build { .. }
        | StartError::Start { .. }
        | StartError::Interrupted => Refusal::undecided(error),
    })?;
    let command = format!("muster conform bottle {}", args.version);
    let mut judged = Judgement::new(&args.common, &traces, release, command)?;
    // Nothing in a bottle waits: more traces at once than cores only wait for each other.
    judged.jobs = args.common.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    judged.replay(&bottle, &traces.iter().collect::<Vec<_>>());
    Ok(judged.report(&bottle.name()))
}

fn settings(common: &Common, group_max_size: Option<i32>) -> Settings {
    Settings { group_max_size, max_wait_ms: common.max_wait.saturating_mul(1_000) }
}

/// The traces by the `group.max.size` of the broker that they need: a broker is set to one.
fn by_size(traces: &[Trace]) -> std::collections::BTreeMap<Option<i32>, Vec<&Trace>> {
    let mut by_size = std::collections::BTreeMap::<_, Vec<_>>::new();
    for trace in traces {
        by_size.entry(Profile::needed_group_max_size(trace)).or_default().push(trace);
    }
    by_size
}
