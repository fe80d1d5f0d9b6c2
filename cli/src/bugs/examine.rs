//! Finds every exhibit, and looks whether it is absent without its defect.
//!
//! This file reads the clock: times are for a person, no verdict hangs on them.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use muster_model::check::{Continue, Progress};
use muster_model::museum::{self, Bug, replay};

/// What was found of an exhibit.
pub(super) struct Examined {
    /// The defect.
    pub(super) bug: &'static Bug,
    /// Steps of the shortest counterexample; `None`: there is none.
    pub(super) steps: Option<usize>,
    /// What it took to find it.
    pub(super) seconds: f64,
    /// Whether every property holds without the defect, in all states within the bounds.
    pub(super) absent_without: bool,
    /// The states within the bounds, without the defect.
    pub(super) states: usize,
    /// Why the committed trace does not show the defect.
    pub(super) mismatch: Option<String>,
    /// Why a search was not ended.
    pub(super) undecided: Option<String>,
}

impl Examined {
    /// Whether the museum says what is not so.
    pub(super) fn fails(&self) -> bool {
        let decided = self.undecided.is_none();
        self.mismatch.is_some() || (decided && (self.steps.is_none() || !self.absent_without))
    }

    pub(super) fn is_undecided(&self) -> bool {
        self.undecided.is_some()
    }
}

/// Every exhibit, in the museum's order, as many at a time as there are processors; and the time that all took.
pub(super) fn all() -> (Vec<Examined>, f64) {
    let begin = now();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let shown: Vec<_> = museum::all().filter(|bug| bug.shown().is_some()).enumerate().collect();
    let queue = Mutex::new(shown);
    let done = Mutex::new(Vec::new());
    let work = || {
        while let Some((place, bug)) = locked(&queue, Vec::pop) {
            let examined = one(bug);
            locked(&done, |done| done.push((place, examined)));
        }
    };
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    (done.into_iter().map(|(_, examined)| examined).collect(), begin.elapsed().as_secs_f64())
}

fn one(bug: &'static Bug) -> Examined {
    let on = &mut |_: Progress| Continue::Yes;
    let begin = now();
    let found = bug.find(on);
    let seconds = begin.elapsed().as_secs_f64();
    let (steps, unfound) = match found {
        Ok(found) => (found.map(|found| found.steps.len()), None),
        Err(why) => (None, Some(why.to_string())),
    };
    let (absent_without, states, unseen) = match bug.check_without(on) {
        Some(report) => {
            let why = report.undecided.as_ref().map(ToString::to_string);
            (why.is_none() && report.is_as_expected(), report.states, why)
        }
        None => (false, 0, None),
    };
    Examined {
        bug,
        steps,
        seconds,
        absent_without,
        states,
        mismatch: walk(bug),
        undecided: unfound.or(unseen),
    }
}

fn walk(bug: &Bug) -> Option<String> {
    match bug.trace() {
        None => Some("no trace of it is committed".to_owned()),
        Some(Err(error)) => Some(format!("its trace cannot be read: {error}")),
        Some(Ok(trace)) => replay(bug, &trace).err().map(|why| why.to_string()),
    }
}

fn locked<T, R>(mutex: &Mutex<T>, f: impl FnOnce(&mut T) -> R) -> R {
    f(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

#[expect(clippy::disallowed_methods, reason = "the report tells how long it took")]
fn now() -> Instant {
    Instant::now()
}
