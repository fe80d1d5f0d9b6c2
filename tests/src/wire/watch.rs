//! Real time beside the trace: when each timer may fire, and whether the run is still on time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use muster_model::trace::{Step, Timer};

use crate::schedule::{Key, Schedule};
use crate::system::Trouble;
use crate::transcript::timer_name;

struct Running {
    timer: Timer,
    earliest: Instant,
    latest: Instant,
}

/// The timers that run, with the times between which each fires.
#[derive(Default)]
pub(super) struct Watch {
    running: BTreeMap<Key, Running>,
}

impl Watch {
    /// The moments between which a timer fires, unless it is not running.
    pub(super) fn due(&mut self, timer: &Timer) -> Option<(Instant, Instant)> {
        self.running.remove(&Key::of(timer)).map(|running| (running.earliest, running.latest))
    }

    /// When the next timer may fire.
    pub(super) fn next(&self) -> Option<Instant> {
        self.running.values().map(|running| running.earliest).min()
    }

    /// Whether no timer can have fired by `end`. A timer that the step itself replaces must only have lasted
    /// until then, as must all others.
    pub(super) fn check(&self, end: Instant) -> Result<(), Trouble> {
        match self.running.values().find(|running| running.earliest <= end) {
            Some(running) => Err(Trouble::Late(format!(
                "the {} may have fired before its turn",
                timer_name(&running.timer)
            ))),
            None => Ok(()),
        }
    }

    /// Applies what the step, taken between `start` and `end`, did to the timers.
    pub(super) fn step(&mut self, step: &Step, schedule: &Schedule, start: Instant, end: Instant) {
        for timer in &step.timers.cancelled {
            self.running.remove(&Key::of(timer));
        }
        for timer in &step.timers.set {
            let lasts = Duration::from_millis(schedule.duration_ms(timer));
            let running = Running { timer: timer.clone(), earliest: start + lasts, latest: end + lasts };
            self.running.insert(Key::of(timer), running);
        }
    }
}
