//! Steps and traces as tests write them.

use muster_model::trace::{Event, FORMAT, Release, Setting, Step, TimerChange, Trace};

/// A step that follows no rule, answers nothing and touches no timer.
pub(crate) fn step(event: Event) -> Step {
    Step { rules: Vec::new(), event, answers: Vec::new(), timers: TimerChange::default(), choice: None }
}

/// A trace of no scenario.
pub(crate) fn trace(steps: Vec<Step>) -> Trace {
    Trace {
        format: FORMAT.to_owned(),
        name: "by-hand".to_owned(),
        scenario: "by-hand".to_owned(),
        release: Release::V4_3,
        mutation: None,
        violates: None,
        diverged: None,
        back_to: None,
        setting: Setting::default(),
        steps,
    }
}
