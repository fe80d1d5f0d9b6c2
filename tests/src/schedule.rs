//! Timeouts that make the timers of a trace fire in its order, on a system whose time cannot be controlled.
//!
//! A client chooses two durations, its session and its rebalance timeout; `group.initial.rebalance.delay.ms` is
//! the broker's, and a new member's first JoinGroup waits five minutes. The trace is walked with assumed times;
//! whatever would fire before its turn is raised by what it lacks, until nothing does (the least such
//! assignment) or a duration that cannot be raised lacks something.

mod initial_delay;
mod replaced;
mod walk;

pub use walk::Key;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use muster_model::trace::{Event, Request, Response, Step, Timer, Trace};

use crate::system::{NotApplicable, Profile, member_of};

/// Fixed by Kafka: how long a new member's first JoinGroup may stay parked.
const NEW_MEMBER_JOIN_MS: u64 = 300_000;
/// What a timeout gets whose timer never fires in the trace, if nothing else bounds it.
const NEVER_FIRES_MS: u64 = 120_000;
/// How long after its time a timer of the broker may fire, in milliseconds: its purgatory ticks, and its threads
/// are scheduled.
pub(crate) const TIMER_LATENCY_MS: u64 = 40;
/// What is tried at most for a timeout.
const LONGEST_MS: u64 = 1_200_000;

/// What a JoinGroup carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// `session_timeout_ms`.
    pub session_ms: u64,
    /// `rebalance_timeout_ms`.
    pub rebalance_ms: u64,
    /// `group.min.session.timeout.ms`, for a JoinGroup that asks for the least.
    pub min_session_ms: u64,
    /// `group.max.session.timeout.ms`, for one that asks for the most.
    pub max_session_ms: u64,
}

/// The durations of every timer of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_field_names, reason = "the postfix is the unit")]
pub struct Schedule {
    /// The id under whose name an id has its timeout, if not under its own.
    first_ids: BTreeMap<String, String>,
    sessions_ms: BTreeMap<String, u64>,
    rebalance_ms: u64,
    initial_delay_ms: u64,
    min_session_ms: u64,
    max_session_ms: u64,
}

/// Why no assignment of timeouts makes the timers fire in the order of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unrealisable {
    /// A timer fires that no step has set.
    NotSet,
    /// `group.initial.rebalance.delay.ms` would have to be longer.
    InitialDelay,
    /// A new member's five minutes would have to be longer.
    NewMemberJoin,
    /// A rebalance timeout that ends the initial delay in time is too short for the rest.
    EndOfInitialDelay,
    /// A rebalance without members ends at once: the largest rebalance timeout of no members is zero.
    NoMembers,
    /// Each of two timers would have to fire before the other.
    Cyclic,
    /// JoinGroup version 0 has one timeout for both.
    OneTimeout,
}

impl fmt::Display for Unrealisable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSet => "a timer fires that no step has set",
            Self::InitialDelay => "the initial rebalance delay would have to outlast other steps",
            Self::NewMemberJoin => "the five minutes of a new member would have to outlast other timers",
            Self::EndOfInitialDelay => "the end of the initial delay bounds the rebalance timeout",
            Self::NoMembers => "the rebalance of a group without members ends at once",
            Self::Cyclic => "no timeouts make its timers fire in this order",
            Self::OneTimeout => "JoinGroup v0 has one timeout for session and rebalance",
        })
    }
}

/// How much time real steps are given, in milliseconds.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_field_names, reason = "the postfix is the unit")]
pub(crate) struct Pace {
    /// A step after which every request has been answered.
    pub(crate) step_ms: u64,
    /// A step after which a request is concluded to be parked.
    pub(crate) parked_step_ms: u64,
    /// Between the end of a step and the next timer that must not fire yet.
    pub(crate) margin_ms: u64,
}

impl Pace {
    pub(crate) fn new(factor: u32) -> Self {
        let factor = u64::from(factor);
        Self { step_ms: 8 * factor, parked_step_ms: 40 * factor, margin_ms: 90 * factor }
    }

    /// A system that takes no time itself: what is left is the waiting that concludes that a request is parked.
    fn quickest(self) -> Self {
        Self { step_ms: 0, parked_step_ms: 25, ..self }
    }
}

impl Schedule {
    /// Finds the shortest timeouts for the trace on a broker with this profile.
    pub fn solve(trace: &Trace, profile: &Profile, pace: u32) -> Result<Self, NotApplicable> {
        let pace = Pace::new(pace);
        let bounds = initial_delay::bounds(trace, profile.initial_delay_ms);
        let mut schedule = Self::shortest(trace, profile, bounds.least_ms)?;
        loop {
            // The order must hold whether steps take long or not: a timer may count from before a step or after it.
            let slow = walk::walk(trace, &schedule, pace).map_err(NotApplicable::Order)?;
            let walked = match slow {
                walk::Walk::Short { .. } => slow,
                walk::Walk::Done { end_ms } => {
                    match walk::walk(trace, &schedule, pace.quickest()).map_err(NotApplicable::Order)? {
                        short @ walk::Walk::Short { .. } => short,
                        walk::Walk::Done { .. } => walk::Walk::Done { end_ms },
                    }
                }
            };
            match walked {
                walk::Walk::Done { end_ms } if end_ms > profile.max_wait_ms => {
                    return Err(NotApplicable::TooLong { limit_s: profile.max_wait_ms / 1_000 });
                }
                walk::Walk::Done { .. } if schedule.rebalance_ms > bounds.most_ms => {
                    return Err(NotApplicable::Order(Unrealisable::EndOfInitialDelay));
                }
                walk::Walk::Done { .. } => return Ok(schedule),
                walk::Walk::Short { timer, by_ms } => {
                    schedule.raise(&timer, by_ms).map_err(NotApplicable::Order)?;
                }
            }
        }
    }

    /// Timeouts for a system whose timers are fired by name: only the initial delay hangs on them.
    pub fn without_time(trace: &Trace, profile: &Profile) -> Result<Self, NotApplicable> {
        let bounds = initial_delay::bounds(trace, profile.initial_delay_ms);
        let rebalance_ms = NEVER_FIRES_MS.min(bounds.most_ms).max(bounds.least_ms);
        if rebalance_ms > bounds.most_ms {
            return Err(NotApplicable::Order(Unrealisable::EndOfInitialDelay));
        }
        Ok(Self {
            first_ids: BTreeMap::new(),
            sessions_ms: BTreeMap::new(),
            rebalance_ms,
            initial_delay_ms: profile.initial_delay_ms,
            min_session_ms: profile.min_session_ms,
            max_session_ms: profile.max_session_ms,
        })
    }

    /// As short as each timeout may be, or as long as it need be if its timer never fires.
    fn shortest(trace: &Trace, profile: &Profile, least_rebalance_ms: u64) -> Result<Self, NotApplicable> {
        let fired: BTreeSet<&Timer> = trace.steps.iter().filter_map(|s| fired(&s.event)).collect();
        let real = fired.iter().any(|t| !matches!(t, Timer::InitialDelay));
        if real && trace.steps.iter().any(|s| is_join_v0(&s.event)) {
            return Err(NotApplicable::Order(Unrealisable::OneTimeout));
        }
        let patient = NEVER_FIRES_MS.clamp(profile.min_session_ms, profile.max_session_ms);
        let first_ids = replaced::first_ids(trace);
        let first = |member: &str| first_ids.get(member).map_or(member, String::as_str).to_owned();
        let mut sessions_ms = BTreeMap::new();
        for member in trace.steps.iter().flat_map(|s| &s.timers.set).filter_map(member_of).map(first) {
            let expires =
                fired.iter().any(|t| matches!(t, Timer::Session { member: m } if first(m) == member));
            sessions_ms.insert(member, if expires { profile.min_session_ms } else { patient });
        }
        let runs_out = fired.contains(&Timer::Rebalance) || fired.contains(&Timer::PendingSync);
        let bounds = initial_delay::bounds(trace, profile.initial_delay_ms);
        let rebalance_ms = if runs_out { 1 } else { NEVER_FIRES_MS.min(bounds.most_ms) };
        Ok(Self {
            first_ids,
            sessions_ms,
            rebalance_ms: rebalance_ms.max(least_rebalance_ms),
            initial_delay_ms: profile.initial_delay_ms,
            min_session_ms: profile.min_session_ms,
            max_session_ms: profile.max_session_ms,
        })
    }

    fn raise(&mut self, timer: &Timer, by_ms: u64) -> Result<(), Unrealisable> {
        let (duration, most) = match timer {
            Timer::InitialDelay => return Err(Unrealisable::InitialDelay),
            Timer::NewMemberJoin { .. } => return Err(Unrealisable::NewMemberJoin),
            Timer::Rebalance | Timer::PendingSync => (&mut self.rebalance_ms, LONGEST_MS),
            Timer::Session { member } => {
                let most = self.max_session_ms.min(LONGEST_MS);
                let first = self.first_ids.get(member).unwrap_or(member);
                (self.sessions_ms.entry(first.clone()).or_insert(0), most)
            }
        };
        *duration += by_ms;
        if *duration > most { Err(Unrealisable::Cyclic) } else { Ok(()) }
    }

    /// How long a timer runs.
    pub fn duration_ms(&self, timer: &Timer) -> u64 {
        match timer {
            Timer::Session { member } => self.session_ms(member),
            Timer::NewMemberJoin { .. } => NEW_MEMBER_JOIN_MS,
            Timer::InitialDelay => self.initial_delay_ms,
            Timer::Rebalance | Timer::PendingSync => self.rebalance_ms,
        }
    }

    /// What the JoinGroup of a step carries.
    pub fn timeouts(&self, step: &Step) -> Timeouts {
        let session_ms = joiner(step).map_or_else(|| self.patient_ms(), |member| self.session_ms(member));
        Timeouts {
            session_ms,
            rebalance_ms: self.rebalance_ms,
            min_session_ms: self.min_session_ms,
            max_session_ms: self.max_session_ms,
        }
    }

    /// Whether the step gives the place of this id to a new one. The timer of the id that was replaced runs on, and does
    /// nothing.
    pub(crate) fn is_replaced(&self, step: &Step, member: &str) -> bool {
        replaced::replacement(step).is_some_and(|new| self.first_id(member) == self.first_id(new))
    }

    /// The id under whose name an id has its timeout.
    fn first_id<'m>(&'m self, member: &'m str) -> &'m str {
        self.first_ids.get(member).map_or(member, String::as_str)
    }

    fn session_ms(&self, member: &str) -> u64 {
        let first = self.first_id(member);
        self.sessions_ms.get(first).copied().unwrap_or_else(|| self.patient_ms())
    }

    fn patient_ms(&self) -> u64 {
        NEVER_FIRES_MS.min(self.max_session_ms)
    }
}

/// The member that a JoinGroup step speaks for: the one it names, or the one that the coordinator makes for it.
fn joiner(step: &Step) -> Option<&str> {
    let Event::Request { connection, request: Request::JoinGroup { member, .. } } = &step.event else {
        return None;
    };
    if !member.is_empty() {
        return Some(member);
    }
    if let Some(new) = replaced::replacement(step) {
        return Some(new);
    }
    let answered =
        step.answers.iter().find(|a| a.connection == *connection).and_then(|a| match &a.response {
            Response::JoinGroup { member, .. } if !member.is_empty() => Some(member.as_str()),
            Response::JoinGroup { .. }
            | Response::FindCoordinator { .. }
            | Response::SyncGroup { .. }
            | Response::Heartbeat { .. }
            | Response::LeaveGroup { .. }
            | Response::OffsetCommit { .. }
            | Response::TxnOffsetCommit { .. }
            | Response::OffsetFetch { .. }
            | Response::DeleteGroups { .. }
            | Response::OffsetDelete { .. }
            | Response::DescribeGroups { .. }
            | Response::ListGroups { .. } => None,
        });
    answered.or_else(|| {
        step.timers.set.iter().find_map(|timer| match timer {
            Timer::NewMemberJoin { member } => Some(member.as_str()),
            Timer::Session { .. } | Timer::InitialDelay | Timer::Rebalance | Timer::PendingSync => None,
        })
    })
}

fn fired(event: &Event) -> Option<&Timer> {
    match event {
        Event::Timer { timer } => Some(timer),
        Event::Request { .. } | Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => None,
    }
}

fn is_join_v0(event: &Event) -> bool {
    matches!(event, Event::Request { request: Request::JoinGroup { version: 0, .. }, .. })
}

#[cfg(test)]
mod tests;
