//! One run, in a process of its own: so each has the memory to itself, and a peak of its own.

#![allow(clippy::disallowed_methods, reason = "what is measured is time")]

use std::fmt;
use std::fs;
use std::time::Instant;

use muster_checker::{Checker, Continue, Explorable, History, Refused, Storage};
use stateright::Checker as _;
use stateright::Model as _;
use stateright::actor::ActorModel;

use crate::actors::{group, two_phase};
use crate::usage;

/// What is run.
#[derive(Clone, Copy, Debug)]
enum Model {
    Group(group::Bounds),
    TwoPhase(usize),
}

#[derive(Clone, Copy, Debug)]
enum Engine {
    Muster(Storage),
    /// With properties and boundary over parts.
    Parts,
    /// The same, one state of each set of exchanged ones, in few bytes.
    Orbits,
    Breadth,
    Depth,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    model: Model,
    engine: Engine,
    threads: usize,
    most_states: Option<u64>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured {
    pub(crate) unique: u64,
    pub(crate) generated: u64,
    /// Unique states that the stored ones stand for.
    pub(crate) whole: u64,
    pub(crate) seconds: f64,
    /// Resident, of the whole process, at most.
    pub(crate) peak_bytes: u64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unique, generated, whole, seconds, peak_bytes } = self;
        write!(f, "{unique} {generated} {whole} {seconds:.3} {peak_bytes}")
    }
}

impl Measured {
    /// What [`fmt::Display`] wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        Some(Self {
            unique: words.next()?.parse().ok()?,
            generated: words.next()?.parse().ok()?,
            whole: words.next()?.parse().ok()?,
            seconds: words.next()?.parse().ok()?,
            peak_bytes: words.next()?.parse().ok()?,
        })
    }
}

impl Run {
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let (&[model, engine, threads], most_states) = (match words {
            [run @ .., most] if words.len() == 4 => (run, most.parse().map(Some)),
            run => (run, Ok(None)),
        }) else {
            return Err(usage());
        };
        let (Ok(threads), Ok(most_states)) = (threads.parse(), most_states) else { return Err(usage()) };
        let engine = match engine {
            "muster" => Engine::Muster(Storage::Fast),
            "muster-compact" => Engine::Muster(Storage::Compact),
            "muster-parts" => Engine::Parts,
            "muster-orbits" => Engine::Orbits,
            "stateright-bfs" => Engine::Breadth,
            "stateright-dfs" => Engine::Depth,
            _ => return Err(usage()),
        };
        Ok(Self { model: parse_model(model).ok_or_else(usage)?, engine, threads, most_states })
    }

    pub(crate) fn measured(self) -> Result<Measured, String> {
        match self.model {
            Model::Group(bounds) => self.of(group::model(bounds), |checker| {
                let checker = checker.without_model_properties().boundary(group::part_boundary(bounds));
                let checker = match self.engine {
                    Engine::Orbits => checker.symmetry(group::Consumers::of(bounds)),
                    Engine::Muster(_) | Engine::Parts | Engine::Breadth | Engine::Depth => checker,
                };
                group::part_properties(bounds).into_iter().fold(checker, Checker::property)
            }),
            Model::TwoPhase(resources) => self.of(two_phase::model(resources), |checker| {
                let checker = checker.without_model_properties().boundary(two_phase::part_boundary());
                two_phase::part_properties(resources).into_iter().fold(checker, Checker::property)
            }),
        }
    }

    fn of<A, C, H>(
        self,
        model: ActorModel<A, C, H>,
        over_parts: impl for<'a> Fn(Checker<'a, A, C, H>) -> Checker<'a, A, C, H>,
    ) -> Result<Measured, String>
    where
        A: Explorable<State: Send + Sync> + Send + 'static,
        C: Clone + Send + Sync + 'static,
        H: History + 'static,
    {
        let start = Instant::now();
        let (unique, generated, whole) = match self.engine {
            Engine::Muster(_) | Engine::Parts | Engine::Orbits => {
                let storage = match self.engine {
                    Engine::Muster(storage) => storage,
                    Engine::Orbits => Storage::Compact,
                    Engine::Parts | Engine::Breadth | Engine::Depth => Storage::Fast,
                };
                let checker = Checker::new(&model).threads(self.threads).storage(storage);
                let checker = self.most_states.into_iter().fold(checker, Checker::max_states);
                let over_parts = |checker| match self.engine {
                    Engine::Parts | Engine::Orbits => over_parts(checker),
                    Engine::Muster(_) | Engine::Breadth | Engine::Depth => checker,
                };
                let told = over_parts(checker).explore(&mut |_| Continue::Yes, |explored| {
                    let report = explored.report();
                    let whole = match self.engine {
                        Engine::Orbits => explored.orbits()?,
                        Engine::Muster(_) | Engine::Parts | Engine::Breadth | Engine::Depth => report.unique,
                    };
                    Ok((report.unique, report.generated, whole))
                });
                told.and_then(|told| told).map_err(|refused: Refused| refused.to_string())?
            }
            Engine::Breadth => {
                let done = model.checker().threads(self.threads).spawn_bfs().join();
                let unique = done.unique_state_count() as u64;
                (unique, done.state_count() as u64, unique)
            }
            Engine::Depth => {
                let done = model.checker().threads(self.threads).spawn_dfs().join();
                let unique = done.unique_state_count() as u64;
                (unique, done.state_count() as u64, unique)
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        Ok(Measured { unique, generated, whole, seconds, peak_bytes: peak_bytes().unwrap_or(0) })
    }
}

fn parse_model(text: &str) -> Option<Model> {
    let (name, numbers) = text.split_once(':')?;
    let numbers: Vec<u8> = numbers.split(',').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    match (name, &numbers[..]) {
        ("group", &[consumers, partitions, records, generations]) => {
            Some(Model::Group(group::Bounds { consumers, partitions, records, generations }))
        }
        ("2pc", &[resources]) => Some(Model::TwoPhase(usize::from(resources))),
        _ => None,
    }
}

/// The kernel's high-water mark; only Linux tells it this way.
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
