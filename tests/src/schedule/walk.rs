//! One walk over a trace with assumed durations: the first timer that would fire before its turn.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use muster_model::trace::{Event, Step, Timer, Trace};
use muster_specs::Rule;

use super::{Pace, Schedule, TIMER_LATENCY_MS, Unrealisable};
use crate::system::member_of;

/// How the walk ended.
pub(super) enum Walk {
    /// Every timer fires in its turn; the last step ends at this time.
    Done { end_ms: u64 },
    /// This timer would fire too early.
    Short { timer: Timer, by_ms: u64 },
}

/// Kafka's key of a timer: setting one replaces the other of the same key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `heartbeat-<group>-<member>`.
    Heartbeat(String),
    /// `join-<group>`.
    Join,
    /// `sync-<group>`.
    Sync,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heartbeat(member) => write!(f, "session timer of {member}"),
            Self::Join => f.write_str("join timer"),
            Self::Sync => f.write_str("pending-sync timer"),
        }
    }
}

impl Key {
    /// Whose it is, if it is a member's.
    pub(crate) fn member(&self) -> Option<&str> {
        match self {
            Self::Heartbeat(member) => Some(member),
            Self::Join | Self::Sync => None,
        }
    }

    /// The key of a timer.
    pub fn of(timer: &Timer) -> Self {
        match timer {
            Timer::Session { .. } | Timer::NewMemberJoin { .. } => {
                Self::Heartbeat(member_of(timer).unwrap_or_default().to_owned())
            }
            Timer::InitialDelay | Timer::Rebalance => Self::Join,
            Timer::PendingSync => Self::Sync,
        }
    }
}

/// A timer that runs. When in its step it was set is not known, so it fires between two times.
struct Running {
    timer: Timer,
    earliest_ms: u64,
    latest_ms: u64,
}

pub(super) fn walk(trace: &Trace, schedule: &Schedule, pace: Pace) -> Result<Walk, Unrealisable> {
    let mut running: BTreeMap<Key, Running> = BTreeMap::new();
    let mut members: BTreeSet<&str> = BTreeSet::new();
    let mut unanswered: BTreeSet<&str> = BTreeSet::new();
    let mut now = 0;
    for step in &trace.steps {
        let started = match &step.event {
            Event::Request { connection, .. } => {
                unanswered.insert(connection);
                now
            }
            Event::Timer { timer } => {
                let fired = running.remove(&Key::of(timer)).filter(|r| r.timer == *timer);
                let fired = fired.ok_or(Unrealisable::NotSet)?;
                if let Some(short) = too_early(&fired, now + pace.margin_ms) {
                    return Ok(short);
                }
                now = fired.latest_ms;
                fired.earliest_ms
            }
            // Where these are in the hand of the test, timers are too.
            Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => continue,
        };
        for answer in &step.answers {
            unanswered.remove(answer.connection.as_str());
        }
        now += if unanswered.is_empty() { pace.step_ms } else { pace.parked_step_ms };
        if matches!(step.event, Event::Timer { .. }) && step.answers.is_empty() {
            now += TIMER_LATENCY_MS;
        }
        if let Some(short) = running.values().find_map(|r| too_early(r, now + pace.margin_ms)) {
            return Ok(short);
        }
        members.retain(|member| !schedule.is_replaced(step, member));
        running.retain(|key, _| !key.member().is_some_and(|member| schedule.is_replaced(step, member)));
        admit_and_remove(&mut members, step);
        if members.is_empty() && step.timers.set.contains(&Timer::Rebalance) {
            return Err(Unrealisable::NoMembers);
        }
        change(&mut running, step, schedule, started, now);
    }
    Ok(Walk::Done { end_ms: now })
}

/// Who is a member: whose first JoinGroup was parked, and whose timer was not cancelled or has not fired since.
fn admit_and_remove<'t>(members: &mut BTreeSet<&'t str>, step: &'t Step) {
    let fired = match &step.event {
        Event::Timer { timer } if !step.rules.contains(&Rule::IgnoreExpiryOfWaitingMember) => Some(timer),
        Event::Timer { .. }
        | Event::Request { .. }
        | Event::Control { .. }
        | Event::Answer { .. }
        | Event::Consumer { .. } => None,
    };
    // The five minutes of a new member give way to its session.
    let stays = |member: &str| step.timers.set.iter().any(|timer| member_of(timer) == Some(member));
    for member in
        step.timers.cancelled.iter().chain(fired).filter_map(member_of).filter(|member| !stays(member))
    {
        members.remove(member);
    }
    let replaces = step.rules.contains(&Rule::ReplaceStaticMember);
    let joins = |timer: &&Timer| matches!(timer, Timer::NewMemberJoin { .. }) || replaces;
    let joined = step.timers.set.iter().filter(joins);
    members.extend(joined.filter_map(member_of));
}

fn change(running: &mut BTreeMap<Key, Running>, step: &Step, schedule: &Schedule, started: u64, ended: u64) {
    for timer in &step.timers.cancelled {
        running.remove(&Key::of(timer));
    }
    for timer in &step.timers.set {
        let lasts = schedule.duration_ms(timer);
        let (earliest_ms, latest_ms) = (started + lasts, ended + lasts);
        running.insert(Key::of(timer), Running { timer: timer.clone(), earliest_ms, latest_ms });
    }
}

fn too_early(running: &Running, until_ms: u64) -> Option<Walk> {
    let by_ms = until_ms.checked_sub(running.earliest_ms).filter(|by| *by > 0)?;
    Some(Walk::Short { timer: running.timer.clone(), by_ms })
}
