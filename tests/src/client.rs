//! Any client: a command is run against the reference broker, led through scenarios, and judged by what it sends.
//!
//! Each [`Scenario`] has a broker of its own, with a proxy before it that records what passes, and records that keep
//! coming. The broker does to the client what clusters do, and the harness is a second member where one is needed. The
//! command is told where to go by its environment; what it prints is not judged.

mod partner;
mod process;
mod report;
mod rules;
mod scenarios;
mod seen;
mod stage;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use muster_reference::broker::ClientRule;
use muster_reference::coordinator::GroupId;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use report::{ClientReport, Standing};
pub use rules::Finding;
pub use scenarios::{POINTS, Point, Scenario};
pub use seen::Disturbance;

use crate::clock::now;
use rules::Judged;
use stage::{GROUP, Stage};

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The rules that are judged.
    pub rules: Vec<ClientRule>,
    /// Scenarios that are played at once.
    pub jobs: usize,
}

/// What came of a scenario; an error tells why nothing can be said.
type Played = (Scenario, Judged, Result<(), String>);

/// Longer than any scenario takes with a client that comes back late each time.
const LONGEST: Duration = Duration::from_mins(8);

/// Judges a client. `told` is called for each scenario that is over.
pub fn judge(options: &Options, told: impl Fn(Scenario)) -> Result<ClientReport, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let began = now();
    let (played, is_interrupted) = runtime.block_on(play_all(options, told));
    let mut report = ClientReport::new(options);
    for (scenario, judged, outcome) in played {
        report.add(scenario, judged, outcome);
    }
    report.is_interrupted = is_interrupted;
    report.elapsed = began.elapsed();
    Ok(report)
}

async fn play_all(options: &Options, told: impl Fn(Scenario)) -> (Vec<Played>, bool) {
    let seats = Arc::new(Semaphore::new(options.jobs));
    let mut playing = JoinSet::new();
    for scenario in &options.scenarios {
        let (scenario, command, seats) = (*scenario, options.command.clone(), Arc::clone(&seats));
        playing.spawn(async move {
            let _seat = seats.acquire().await;
            play(scenario, &command).await
        });
    }
    let mut played = Vec::new();
    let mut is_interrupted = false;
    loop {
        tokio::select! {
            ended = playing.join_next() => match ended {
                None => break,
                Some(Ok(ended)) => {
                    told(ended.0);
                    played.push(ended);
                }
                // It is missing from what was played.
                Some(Err(_aborted)) => {}
            },
            _asked = tokio::signal::ctrl_c(), if !is_interrupted => {
                is_interrupted = true;
                playing.abort_all();
            }
        }
    }
    played.sort_by_key(|(scenario, ..)| *scenario);
    (played, is_interrupted)
}

async fn play(scenario: Scenario, command: &[String]) -> Played {
    let mut stage = match Stage::set(command).await {
        Ok(stage) => stage,
        Err(why) => return (scenario, Judged::default(), Err(why)),
    };
    let outcome = tokio::time::timeout(LONGEST, scenarios::play(scenario, &mut stage)).await;
    let outcome = outcome.unwrap_or_else(|_elapsed| Err(format!("it was not over after {LONGEST:?}")));
    let outcome = outcome.map_err(|why| match stage.unreadable() {
        Some(unreadable) => format!("{why}; {unreadable}"),
        None => why,
    });
    let (moments, seen, violations) = stage.end().await;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    (scenario, rules::judge(&moments, seen.history(), &GroupId::from(GROUP), &violations), outcome)
}

/// By rule, how often it was put to the test.
type Exercised = BTreeMap<ClientRule, usize>;
