//! Checks that run beside the page: started, watched, cancelled.
//!
//! This file reads the clock: times are for a person, no verdict hangs on them.

mod levels;
mod limits;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use muster_model::check::{Continue, LivenessVerdict, Options, Report, Undecided, Verdict, check_with};
use muster_model::property::UnknownProperty;
use muster_model::scenario::Scenario;
use serde::Serialize;

use crate::key::key;
use crate::spec::{Spec, SpecError};
use crate::told::ScenarioView;
use levels::Levels;
pub use limits::Limits;

/// Runs at a time.
const MOST_AT_A_TIME: usize = 4;
/// Finished runs that are kept.
const MOST_KEPT: usize = 200;

/// What is known of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunView {
    /// Its number.
    pub id: usize,
    /// What is checked.
    pub spec: Spec,
    /// The scenario in words.
    pub scenario: ScenarioView,
    /// What is judged, and how far it goes.
    pub limits: Limits,
    /// `running`, `done` or `cancelled`.
    pub status: Status,
    /// Unique states so far.
    pub states: usize,
    /// Steps from the first state to the farthest so far.
    pub depth: usize,
    /// Found and not yet looked at.
    pub frontier: Option<usize>,
    /// How many states are so many steps from the start, as far as it is known; the last is still being counted while
    /// it runs.
    pub levels: Vec<usize>,
    /// Since the start.
    pub seconds: f64,
    /// The verdict in one sentence, with its scope.
    pub verdict: Option<String>,
    /// Whether every state within the bounds was seen.
    pub exhausted: bool,
    /// Each property.
    pub properties: Vec<PropertyVerdict>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The search is under way.
    Running,
    /// It ended by itself.
    Done,
    /// It was stopped.
    Cancelled,
}

/// What was found of a property.
#[derive(Clone, Debug, Serialize)]
pub struct PropertyVerdict {
    /// The property.
    pub id: &'static str,
    /// `holds`, `violated` or `undecided`.
    pub verdict: &'static str,
    /// Why it fails at the end of the path.
    pub reason: Option<String>,
    /// A shortest path to a violation.
    pub path: Option<Vec<String>>,
    /// The path's steps after this one go round for ever; none after it: nothing happens any more.
    pub back_to: Option<usize>,
}

/// Why a run was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The scenario does not exist.
    #[error("{0}")]
    Spec(#[from] SpecError),
    /// No such property.
    #[error("{0}")]
    Property(#[from] UnknownProperty),
    /// No property at all.
    #[error("no property is chosen, so there is nothing to judge")]
    NothingToJudge,
    /// Too many are under way.
    #[error("{MOST_AT_A_TIME} checks are running; cancel one or wait")]
    Busy,
}

struct Run {
    view: Mutex<RunView>,
    stop: AtomicBool,
    begin: Instant,
}

/// Every run.
#[derive(Default)]
pub struct Runs {
    runs: Mutex<BTreeMap<usize, Arc<Run>>>,
}

#[expect(clippy::disallowed_methods, reason = "a person reads how long a search takes")]
fn now() -> Instant {
    Instant::now()
}

fn locked<T, R>(mutex: &Mutex<T>, f: impl FnOnce(&mut T) -> R) -> R {
    f(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Runs {
    /// Starts a run, or finds the one that has done the same.
    pub fn start(&self, spec: Spec, limits: Limits) -> Result<RunView, StartError> {
        let (scenario, options) = (spec.scenario()?, limits.options()?);
        let run = locked(&self.runs, |runs| {
            let same = runs.values().find(|run| {
                locked(&run.view, |view| {
                    view.spec == spec && view.limits == limits && view.status != Status::Cancelled
                })
            });
            if let Some(run) = same {
                return Ok((Arc::clone(run), false));
            }
            let running = |run: &&Arc<Run>| locked(&run.view, |view| view.status == Status::Running);
            if runs.values().filter(running).count() >= MOST_AT_A_TIME {
                return Err(StartError::Busy);
            }
            let id = runs.keys().next_back().map_or(1, |last| last + 1);
            let view = RunView {
                id,
                scenario: ScenarioView::of(&scenario),
                spec,
                limits,
                status: Status::Running,
                states: 0,
                depth: 0,
                frontier: None,
                levels: Vec::new(),
                seconds: 0.0,
                verdict: None,
                exhausted: false,
                properties: Vec::new(),
            };
            let run = Arc::new(Run { view: Mutex::new(view), stop: AtomicBool::new(false), begin: now() });
            runs.insert(id, Arc::clone(&run));
            let finished = runs.iter().find(|(_, run)| !running(run)).map(|(id, _)| *id);
            if let (Some(oldest), true) = (finished, runs.len() > MOST_KEPT) {
                runs.remove(&oldest);
            }
            Ok((run, true))
        })?;
        let (run, new) = run;
        if new {
            let run = Arc::clone(&run);
            thread::spawn(move || run.search(&scenario, &options));
        }
        Ok(run.now())
    }

    /// What is known of a run; `None`: there is none of this number.
    pub fn get(&self, id: usize) -> Option<RunView> {
        locked(&self.runs, |runs| runs.get(&id).cloned()).map(|run| run.now())
    }

    /// Stops a run.
    pub fn cancel(&self, id: usize) -> Option<RunView> {
        let run = locked(&self.runs, |runs| runs.get(&id).cloned())?;
        run.stop.store(true, Ordering::Relaxed);
        Some(run.now())
    }
}

impl Run {
    fn now(&self) -> RunView {
        locked(&self.view, |view| {
            if view.status == Status::Running {
                view.seconds = self.begin.elapsed().as_secs_f64();
            }
            view.clone()
        })
    }

    fn search(&self, scenario: &Scenario, options: &Options) {
        let mut levels = Levels::default();
        let report = check_with(scenario, options, &mut |progress| {
            levels.see(&progress);
            locked(&self.view, |view| {
                view.states = progress.states;
                view.depth = progress.depth;
                view.frontier = progress.frontier;
                view.levels = levels.sizes(progress.states);
            });
            if self.stop.load(Ordering::Relaxed) { Continue::No } else { Continue::Yes }
        });
        locked(&self.view, |view| {
            view.seconds = self.begin.elapsed().as_secs_f64();
            view.states = report.states;
            view.depth = report.depth;
            view.frontier = None;
            view.levels = levels.sizes(report.states);
            view.exhausted = report.undecided.is_none();
            view.status =
                if report.undecided == Some(Undecided::Cancelled) { Status::Cancelled } else { Status::Done };
            view.verdict = Some(sentence(&report));
            view.properties = report.verdicts.iter().map(|(p, verdict)| property(p.id(), verdict)).collect();
            view.properties
                .extend(report.liveness.iter().map(|(goal, verdict)| waited_for(goal.id(), verdict)));
        });
    }
}

/// The verdict with its scope.
fn sentence(report: &Report) -> String {
    let violated: Vec<&str> = report
        .violations()
        .map(|v| v.property.id())
        .chain(report.lassos().map(|lasso| lasso.property.id()))
        .collect();
    let states = report.states;
    let scope = match &report.undecided {
        None => format!("exhaustive in these bounds, {states} states"),
        Some(why) => format!("not exhausted ({why}), {states} states seen"),
    };
    let judged = report.verdicts.len();
    let all = report.scenario.properties().len();
    let scope = if judged < all { format!("{scope}, {judged} of {all} properties judged") } else { scope };
    match (violated.as_slice(), &report.undecided) {
        ([], None) => format!("holds, {scope}"),
        ([], Some(_)) => format!("no violation found, {scope}"),
        (properties, _) => format!("violated: {}; {scope}", properties.join(", ")),
    }
}

fn property(id: &'static str, verdict: &Verdict) -> PropertyVerdict {
    match verdict {
        Verdict::Holds => open(id, "holds"),
        Verdict::Undecided => open(id, "undecided"),
        Verdict::Violated(found) => PropertyVerdict {
            id,
            verdict: "violated",
            reason: Some(found.reason.clone()),
            path: Some(found.steps.iter().map(|(_, action)| key(action)).collect()),
            back_to: None,
        },
    }
}

fn waited_for(id: &'static str, verdict: &LivenessVerdict) -> PropertyVerdict {
    match verdict {
        LivenessVerdict::Holds => open(id, "holds"),
        LivenessVerdict::Undecided => open(id, "undecided"),
        LivenessVerdict::Violated(lasso) => {
            let (steps, back_to) = (lasso.steps.len(), lasso.back_to);
            let reason = if back_to < steps {
                format!("steps {} to {steps} go round for ever, and it does not come", back_to + 1)
            } else {
                "nothing happens any more, and it has not come".to_owned()
            };
            PropertyVerdict {
                id,
                verdict: "violated",
                reason: Some(reason),
                path: Some(lasso.steps.iter().map(|(_, action)| key(action)).collect()),
                back_to: Some(back_to),
            }
        }
    }
}

fn open(id: &'static str, verdict: &'static str) -> PropertyVerdict {
    PropertyVerdict { id, verdict, reason: None, path: None, back_to: None }
}
