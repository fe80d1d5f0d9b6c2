//! Runs checks, some scenarios at a time, tells how far they are, and ends them when asked to.
//!
//! This file reads the clock: rates and times are for a person, no verdict hangs on them.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use muster_model::check::{Continue, Options, Progress, Report, check_with};
use muster_model::scenario::Scenario;

use super::table::grouped;

/// Between two lines of progress.
const REPAINT: Duration = Duration::from_millis(200);

/// How the scenarios are searched.
#[derive(Debug)]
pub(super) struct Plan {
    /// Searches at a time.
    pub(super) at_a_time: usize,
    /// Of each.
    pub(super) options: Options,
}

/// A check and how long it took.
pub(super) struct Checked {
    pub(super) report: Report,
    pub(super) seconds: f64,
}

/// Checks the scenarios, in their order. Ctrl-C ends it with what is known.
pub(super) fn search(scenarios: Vec<Scenario>, plan: &Plan) -> Result<(Vec<Checked>, f64), String> {
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_interrupt(&stop)?;
    let begin = now();
    let queue: Mutex<VecDeque<(usize, Scenario)>> = Mutex::new(scenarios.into_iter().enumerate().collect());
    let done: Mutex<BTreeMap<usize, Checked>> = Mutex::new(BTreeMap::new());
    let screen = Screen::new();
    let work = || {
        while let Some((place, scenario)) = locked(&queue, VecDeque::pop_front) {
            let checked = one(&scenario, &plan.options, &stop, &screen);
            locked(&done, |done| done.insert(place, checked));
        }
    };
    thread::scope(|scope| {
        for _ in 0..plan.at_a_time {
            scope.spawn(work);
        }
    });
    screen.clear();
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((done.into_values().collect(), begin.elapsed().as_secs_f64()))
}

fn one(scenario: &Scenario, options: &Options, stop: &AtomicBool, screen: &Screen) -> Checked {
    let begin = now();
    let report = check_with(scenario, options, &mut |progress| {
        screen.show(&scenario.name, progress, begin);
        if stop.load(Ordering::Relaxed) { Continue::No } else { Continue::Yes }
    });
    screen.forget(&scenario.name);
    Checked { report, seconds: begin.elapsed().as_secs_f64() }
}

/// The first Ctrl-C stops the searches, the second one the process.
fn stop_on_interrupt(stop: &Arc<AtomicBool>) -> Result<(), String> {
    let undecided = 3;
    let stop = Arc::clone(stop);
    let handler = move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(undecided);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| format!("cannot listen for Ctrl-C: {error}"))
}

fn locked<T, R>(mutex: &Mutex<T>, f: impl FnOnce(&mut T) -> R) -> R {
    f(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

#[expect(clippy::disallowed_methods, reason = "the terminal shows rates and times")]
fn now() -> Instant {
    Instant::now()
}

/// The line on standard error that tells how far the searches are, if a person looks at it.
struct Screen {
    lines: Option<Mutex<Lines>>,
}

struct Lines {
    running: BTreeMap<String, String>,
    painted: Instant,
}

impl Screen {
    fn new() -> Self {
        let lines = || Mutex::new(Lines { running: BTreeMap::new(), painted: now() });
        Self { lines: io::stderr().is_terminal().then(lines) }
    }

    fn show(&self, name: &str, progress: Progress, begin: Instant) {
        let Some(lines) = &self.lines else { return };
        let seconds = begin.elapsed().as_secs_f64().max(0.001);
        let mut text = format!(
            "{name}: {} states, {} a second, depth {}",
            grouped(progress.states),
            grouped(rate(progress.states, seconds)),
            progress.depth
        );
        if let (Some(frontier), Some(bytes)) = (progress.frontier, progress.bytes) {
            let _ = write!(text, ", {} to expand, {} MB", grouped(frontier), bytes >> 20);
        }
        locked(lines, |lines| {
            lines.running.insert(name.to_owned(), text);
            if lines.painted.elapsed() >= REPAINT {
                lines.painted = now();
                let running: Vec<&str> = lines.running.values().map(String::as_str).collect();
                paint(&running.join(" | "));
            }
        });
    }

    fn forget(&self, name: &str) {
        if let Some(lines) = &self.lines {
            locked(lines, |lines| lines.running.remove(name));
        }
    }

    fn clear(&self) {
        if self.lines.is_some() {
            paint("");
        }
    }
}

/// States a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rate for a person to read"
)]
fn rate(states: usize, seconds: f64) -> usize {
    (states as f64 / seconds) as usize
}

/// Replaces the line; nobody is left to tell if the terminal is gone.
fn paint(text: &str) {
    let _ = write!(io::stderr(), "\r\x1b[2K{text}");
    let _ = io::stderr().flush();
}
