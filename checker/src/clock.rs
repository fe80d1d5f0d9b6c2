//! The clock: for limits on time, and for how often progress is told.
#![allow(
    clippy::disallowed_methods,
    reason = "a limit on time needs the time; nothing that is found depends on it"
)]

use std::time::{Duration, Instant};

/// Since a run began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
