//! `muster check`: do the rules keep the properties? Searches every state of scenarios.

mod groups;
mod guides;
mod hazards;
mod json;
mod json_liveness;
mod liveness;
mod memory;
mod search;
pub(crate) mod table;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use muster_model::check::{Engine, Options};
use muster_model::narrate::Narration;
use muster_model::scenario::Scenario;

use crate::scenario_args::ScenarioArgs;
use search::{Checked, Plan};

/// What `muster check` takes.
#[derive(clap::Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Tell the scenarios that ship, or those of `hazards` or `liveness`, and search none
    #[arg(long)]
    list: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Stop a search that goes past so many states
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    max_states: Option<usize>,
    /// What searches: the own engine, or stateright's
    #[arg(long, value_name = "muster|stateright-bfs|stateright-dfs", default_value_t)]
    engine: Engine,
    /// Threads of the own engine; all scenarios: searches at a time, on one thread each [default: the processors]
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=256))]
    threads: Option<usize>,
    /// Stop a search of the own engine whose states would take more, e.g. 8G [default: three quarters of what is free]
    #[arg(long, value_name = "BYTES", value_parser = memory::bytes)]
    memory: Option<u64>,
    /// Keep states in fewer bytes, and take longer (own engine)
    #[arg(long)]
    compact: bool,
    /// Take states for the same that differ in numbers, in which of some equal consumers or partitions is which, or in who
    /// processed a record, and put off steps of which the order does not matter (own engine)
    #[arg(long)]
    reduce: bool,
    /// Write the first counterexample as a trace
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// Checks and reports: 0 as expected, 1 usage, 2 violated, 3 not decided.
pub(crate) fn run(args: Args) -> ExitCode {
    match check(args) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("muster: {message}");
            ExitCode::from(1)
        }
    }
}

fn check(args: Args) -> Result<ExitCode, String> {
    if let Some(page) = guide(&args)? {
        return print(&page).map(|()| ExitCode::SUCCESS);
    }
    let plan = plan(&args);
    let Args { scenario, list, json: as_json, save: file, .. } = args;
    let group = groups::of(&scenario)?;
    let single = group.is_none();
    let told_as = group.as_ref().map(|(group, _)| *group);
    let scenarios = match group {
        Some((_, scenarios)) => scenarios,
        None => vec![scenario.scenario()?],
    };
    if list {
        return print(&listed(&scenarios, as_json)?).map(|()| ExitCode::SUCCESS);
    }
    let (checked, seconds) = search::search(scenarios, &plan)?;
    let text = if as_json {
        json::report(&checked, seconds)?
    } else if single {
        checked.iter().map(table::in_full).collect()
    } else if told_as == Some(groups::Group::Hazards) {
        hazards::verdicts(&checked, seconds)
    } else {
        table::all(&checked, seconds)
    };
    print(&text)?;
    if let Some(file) = file {
        save(&checked, &file)?;
    }
    Ok(exit_code(&checked, single))
}

/// The page that is asked for in place of a scenario.
fn guide(args: &Args) -> Result<Option<String>, String> {
    let page = args.scenario.scenario.as_deref().and_then(guides::page);
    let plain =
        !args.scenario.is_varied() && args.scenario.mutation.is_none() && !args.json && args.save.is_none();
    match page {
        Some(_) if !plain => {
            Err("a page is read as it is: it has no scenario to vary, to save or to print as JSON".to_owned())
        }
        page => Ok(page),
    }
}

/// One scenario has every thread; of several, as many are searched at a time, and share the memory.
fn plan(args: &Args) -> Plan {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.unwrap_or(processors);
    let single = groups::of(&args.scenario).is_ok_and(|group| group.is_none());
    let (at_a_time, threads) = if single { (1, threads) } else { (threads, 1) };
    let memory = args.memory.or_else(memory::budget).map(|bytes| bytes / at_a_time as u64);
    let Args { engine, max_states, compact, reduce, .. } = *args;
    let options = Options { engine, threads, max_states, memory, compact, reduce, ..Options::default() };
    Plan { at_a_time, options }
}

fn listed(scenarios: &[Scenario], as_json: bool) -> Result<String, String> {
    if as_json { json::list(scenarios) } else { Ok(table::list(scenarios)) }
}

fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has read enough; the verdict stands.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot print the report: {error}"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn save(checked: &[Checked], file: &Path) -> Result<(), String> {
    let violated = checked.iter().flat_map(|c| {
        let scenario = &c.report.scenario;
        let paths = c.report.violations().map(|v| Narration::of_counterexample(scenario, v));
        paths.chain(c.report.lassos().map(|lasso| Narration::of_lasso(scenario, lasso)))
    });
    let Some(told) = violated.into_iter().next() else {
        eprintln!("muster: nothing is violated: {} is not written", file.display());
        return Ok(());
    };
    told.trace.save(file).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    let property = told.trace.violates.unwrap_or_default();
    eprintln!("muster: the counterexample to {property} is in {}", file.display());
    Ok(())
}

/// A violation that is expected of a shipped scenario is no failure; one of a scenario that is asked for is told.
fn exit_code(checked: &[Checked], single: bool) -> ExitCode {
    let violated = |c: &Checked| c.report.violations().next().is_some() || c.report.lassos().next().is_some();
    let fails = |c: &Checked| violated(c) && (single || !c.report.is_as_expected());
    if checked.iter().any(fails) {
        ExitCode::from(2)
    } else if checked.iter().any(|c| c.report.undecided.is_some() || liveness::is_undecided(&c.report)) {
        ExitCode::from(3)
    } else if single || checked.iter().all(|c| c.report.is_as_expected()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    }
}
