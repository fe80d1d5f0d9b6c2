//! The one place of this crate that reads the clock.

use std::time::{Duration, Instant};

/// The moment of the call.
#[allow(clippy::disallowed_methods, reason = "sockets, real timers and progress need one clock; this is it")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// What is left until `deadline`; zero if it has passed.
pub(crate) fn left_until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(now())
}
