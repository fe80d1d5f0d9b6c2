//! How far a run is: in place on a terminal, else in a line now and then.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a line is written where nobody looks at it as it changes.
const EVERY: Duration = Duration::from_secs(10);

/// How far a run is.
pub(super) struct Progress {
    before: usize,
    planned: usize,
    is_terminal: bool,
    /// When a line was written last.
    told: Mutex<Instant>,
}

impl Progress {
    /// `before`: traces that were done before, of all that are `planned`.
    pub(super) fn new(before: usize, planned: usize) -> Self {
        Self { before, planned, is_terminal: io::stderr().is_terminal(), told: Mutex::new(now()) }
    }

    /// So many traces are done.
    pub(super) fn done(&self, done: usize) {
        let (done, planned) = (self.before + done, self.planned);
        if self.is_terminal {
            eprint!("\r{done} of {planned} traces");
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= EVERY {
            *told = now();
            eprintln!("{done} of {planned} traces");
        }
    }

    /// The traces are done.
    pub(super) fn end(&self) {
        if self.is_terminal {
            eprintln!();
        }
    }

    /// Something else is begun.
    pub(super) fn say(what: &str) {
        eprintln!("{what}");
    }
}

#[allow(clippy::disallowed_methods, reason = "progress is told in real time")]
fn now() -> Instant {
    Instant::now()
}
