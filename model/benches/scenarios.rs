//! Shipped scenarios, at the granularity of the wire: the own engine beside stateright's breadth-first search on the same
//! model, with the same boundary and the same properties. One process a run, taking turns, medians and ratios.
//!
//! ```text
//! cargo bench -p muster-model --bench scenarios -- small              # seconds: shows that every row runs
//! cargo bench -p muster-model --bench scenarios -- whole [rounds]     # every state, at 1 million and past 10 million
//! cargo bench -p muster-model --bench scenarios -- reduced [rounds]   # the same verdicts, with all reductions
//! cargo bench -p muster-model --bench scenarios -- one three_partitions:3 muster 1 [most states]
//! ```
//!
//! A scenario is one that ships, with so many records a partition where a number follows its name, and so many consumers
//! where a second does. Every run has the
//! process's default allocator. Where stateright is stopped at a number of states, so is the own engine.

#![allow(clippy::disallowed_methods, reason = "what is measured is time")]

use std::env;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Instant;

use muster_model::check::{Continue, Engine, Options, Undecided, Verdict, check_with};
use muster_model::scenario::Scenario;
use muster_model::scenarios::find;

/// Rows: a scenario, and the number of states at which each engine is stopped.
type Rows<'a> = &'a [(&'a str, Option<usize>)];

const WHOLE: Rows<'static> =
    &[("three_partitions", None), ("three_consumers:1:4", None), ("three_partitions:4", Some(10_500_000))];
const REDUCED: Rows<'static> =
    &[("three_partitions", None), ("three_consumers:3", None), ("three_consumers:1:4", None)];
const SMALL: Rows<'static> = &[("basic", None), ("three_consumers", Some(20_000))];

fn main() -> ExitCode {
    // cargo adds a word of its own.
    let words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let rounds = |text: Option<&&str>| text.map_or(Ok(3), |text| text.parse().map_err(|_| usage()));
    let done = match words[..] {
        ["one", ref run @ ..] => {
            Run::parse(run).and_then(|run| run.measured()).map(|told| println!("{told}"))
        }
        ["small"] => table(1, SMALL, &["muster"]).and_then(|()| table(1, &SMALL[..1], &["muster-reduced"])),
        ["whole", ref rest @ ..] => rounds(rest.first()).and_then(|rounds| table(rounds, WHOLE, &["muster"])),
        ["reduced", ref rest @ ..] => {
            rounds(rest.first()).and_then(|rounds| table(rounds, REDUCED, &["muster", "muster-reduced"]))
        }
        _ => Err(usage()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    "small | whole [ROUNDS] | reduced [ROUNDS] | one SCENARIO[:RECORDS[:CONSUMERS]] ENGINE THREADS [STATES]; ENGINE is muster, \
     muster-reduced or stateright-bfs"
        .to_owned()
}

/// One run.
struct Run {
    scenario: Scenario,
    options: Options,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
struct Measured {
    unique: u64,
    generated: u64,
    /// Violated properties, or `undecided` if not every state was seen.
    verdict: String,
    seconds: f64,
    /// Resident, of the whole process, at most.
    peak_bytes: u64,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { unique, generated, verdict, seconds, peak_bytes } = self;
        write!(f, "{unique} {generated} {verdict} {seconds:.3} {peak_bytes}")
    }
}

impl Measured {
    /// What [`std::fmt::Display`] wrote.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        Some(Self {
            unique: words.next()?.parse().ok()?,
            generated: words.next()?.parse().ok()?,
            verdict: words.next()?.to_owned(),
            seconds: words.next()?.parse().ok()?,
            peak_bytes: words.next()?.parse().ok()?,
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn rate(&self) -> f64 {
        self.unique as f64 / self.seconds
    }
}

impl Run {
    fn parse(words: &[&str]) -> Result<Self, String> {
        let (name, engine, threads, most) = match *words {
            [name, engine, threads] => (name, engine, threads, None),
            [name, engine, threads, most] => (name, engine, threads, Some(most)),
            _ => return Err(usage()),
        };
        let (engine, reduce) = match engine {
            "muster" => (Engine::Muster, false),
            "muster-reduced" => (Engine::Muster, true),
            "stateright-bfs" => (Engine::StaterightBfs, false),
            _ => return Err(usage()),
        };
        let threads = threads.parse().map_err(|_| usage())?;
        let max_states = most.map(str::parse).transpose().map_err(|_| usage())?;
        let options = Options { engine, threads, max_states, reduce, ..Options::default() };
        Ok(Self { scenario: scenario(name)?, options })
    }

    fn measured(&self) -> Result<Measured, String> {
        let start = Instant::now();
        let report = check_with(&self.scenario, &self.options, &mut |_| Continue::Yes);
        let seconds = start.elapsed().as_secs_f64();
        let violated = report.verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Violated(_)));
        let violated: Vec<&str> = violated.map(|(property, _)| property.id()).collect();
        let verdict = match report.undecided {
            None if violated.is_empty() => "holds".to_owned(),
            None => violated.join(","),
            Some(Undecided::MaxStates(_)) => "undecided".to_owned(),
            Some(why) => return Err(why.to_string()),
        };
        let (unique, generated) = (report.states as u64, report.generated as u64);
        Ok(Measured { unique, generated, verdict, seconds, peak_bytes: peak_bytes().unwrap_or(0) })
    }
}

/// One that ships, with so many records where a number follows, and with so many consumers where a second does.
fn scenario(text: &str) -> Result<Scenario, String> {
    let mut words = text.split(':');
    let mut scenario = find(words.next().unwrap_or_default()).map_err(|unknown| unknown.to_string())?;
    let bounds = &mut scenario.bounds;
    if let Some(records) = words.next() {
        bounds.records = records.parse().map_err(|_| usage())?;
    }
    if let Some(consumers) = words.next() {
        bounds.consumers = consumers.parse().map_err(|_| usage())?;
        bounds.members = bounds.members.max(bounds.consumers);
    }
    Ok(scenario)
}

/// The engines and stateright's breadth-first search take turns on the same scenario.
fn table(rounds: usize, rows: Rows<'_>, engines: &[&str]) -> Result<(), String> {
    println!("scenario             engine           seconds     unique   unique/s  bytes/state  time   rate");
    for (name, most) in rows {
        let engines: Vec<&str> = ["stateright-bfs"].iter().chain(engines).copied().collect();
        let mut runs: Vec<Vec<Measured>> = vec![Vec::new(); engines.len()];
        for _ in 0..rounds.max(1) {
            for (engine, runs) in engines.iter().zip(&mut runs) {
                runs.push(child(name, engine, *most)?);
            }
        }
        let baseline = median(&mut runs[0]);
        for (engine, runs) in engines.iter().zip(&mut runs) {
            let run = median(runs);
            let same = *engine == "muster-reduced" || most.is_some();
            if run.verdict != baseline.verdict || (!same && run.unique != baseline.unique) {
                return Err(format!("{name}: {engine} tells {run}, stateright {baseline}"));
            }
            print(name, engine, &run, &baseline);
        }
    }
    Ok(())
}

/// Runs on one thread, in a process of its own.
fn child(name: &str, engine: &str, most: Option<usize>) -> Result<Measured, String> {
    let itself = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(itself);
    command.args(["one", name, engine, "1"]).args(most.map(|most| most.to_string()));
    let output = command.output().map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stdout);
    Measured::parse(&told).ok_or_else(|| {
        format!("{name} {engine}: {} {}", output.status, String::from_utf8_lossy(&output.stderr))
    })
}

/// By time.
fn median(runs: &mut [Measured]) -> Measured {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    runs[runs.len() / 2].clone()
}

/// Time tells where both see everything; the rate of unique states where both are stopped.
#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
fn print(name: &str, engine: &str, run: &Measured, baseline: &Measured) {
    println!(
        "{name:20} {engine:15} {:8.2} {:10} {:10.0}  {:11.1}  {:.1}x  {:.1}x",
        run.seconds,
        run.unique,
        run.rate(),
        run.peak_bytes as f64 / run.unique as f64,
        baseline.seconds / run.seconds,
        run.rate() / baseline.rate(),
    );
}

/// The kernel's high-water mark; only Linux tells it this way.
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
