//! Timers of a trace as the reference's, and back.

use std::time::Duration;

use muster_model::trace::Timer;
use muster_reference::coordinator::{GroupId, TimerKey};

use crate::in_process::GROUP;
use crate::schedule::Timeouts;

/// What tells the kinds of timers apart: the session, the new member's five minutes, the initial delay (3 s, the
/// reference's default) and the rebalance timeout differ in length.
pub(super) const TIMEOUTS: Timeouts =
    Timeouts { session_ms: 10_000, rebalance_ms: 60_000, min_session_ms: 6_000, max_session_ms: 1_800_000 };
const NEW_MEMBER_JOIN: Duration = Duration::from_mins(5);
const SHORTEST_REBALANCE: Duration = Duration::from_secs(10);

pub(super) fn key_of(timer: &Timer) -> TimerKey {
    let group = || GroupId::from(GROUP);
    match timer {
        Timer::Session { member } | Timer::NewMemberJoin { member } => {
            TimerKey::Session { group: group(), member: member.as_str().into() }
        }
        Timer::InitialDelay | Timer::Rebalance => TimerKey::Join { group: group() },
        Timer::PendingSync => TimerKey::PendingSync { group: group() },
    }
}

pub(super) fn timer_of(key: &TimerKey, after: Duration) -> Timer {
    match key {
        TimerKey::Session { member, .. } if after == NEW_MEMBER_JOIN => {
            Timer::NewMemberJoin { member: member.to_string() }
        }
        TimerKey::Session { member, .. } => Timer::Session { member: member.to_string() },
        // Without members a rebalance ends at once.
        TimerKey::Join { .. } if after.is_zero() || after >= SHORTEST_REBALANCE => Timer::Rebalance,
        TimerKey::Join { .. } => Timer::InitialDelay,
        TimerKey::PendingSync { .. } => Timer::PendingSync,
    }
}
