//! What is judged, and what it lets the test control.

use std::collections::BTreeSet;
use std::fmt;

use muster_model::trace::{Control, Event, Request, Response, Serving, Step, Timer, Trace};
use muster_specs::Rule;

use crate::in_process::InitialDelay;
use crate::schedule::{Key, Unrealisable};

/// A group coordinator under test.
pub trait System: Sync {
    /// What the report calls it.
    fn name(&self) -> String;

    /// Whether it waits for the first members of a group.
    fn initial_delay(&self) -> InitialDelay {
        InitialDelay::Some
    }

    /// Opens a fresh group for one run of the trace. `pace` starts at 1 and grows when a run was too slow: the
    /// session may then allow more time between what must happen in order.
    fn open<'s>(&'s self, trace: &'s Trace, pace: u32) -> Result<Box<dyn Session + 's>, Trouble>;
}

/// One run of one trace in a fresh group. Requests and answers carry real member ids in place of symbols.
pub trait Session {
    /// Sends a request. `step` is the index of its step in the trace.
    fn send(&mut self, step: usize, connection: &str, request: &Request) -> Result<(), Trouble>;

    /// Fires the timer, or waits until it has fired.
    fn fire(&mut self, step: usize, timer: &Timer) -> Result<(), Trouble>;

    /// Does something to the coordinator's log or its leadership, where those are in the test's hand.
    fn control(&mut self, control: &Control) -> Result<(), Trouble> {
        Err(Trouble::NotApplicable(NotApplicable::Control(control.clone())))
    }

    /// Everything that leaves the coordinator in the step that was just applied. Returns when every connection
    /// of `step.answers` has answered or can no longer be expected to, and every other request that is still
    /// unanswered has been concluded to be parked.
    fn collect(&mut self, index: usize, step: &Step) -> Result<Vec<Received>, Trouble>;

    /// What the step that was just collected did to the coordinator's timers, if the system shows them.
    fn timers(&mut self) -> Option<TimersSeen> {
        None
    }

    /// The rules that the step that was just collected followed, if the system says so.
    fn rules(&mut self) -> Option<BTreeSet<Rule>> {
        None
    }

    /// The id that the coordinator made for the parked JoinGroup of a step, which no answer has told yet.
    fn made_id(&mut self, step: usize, connection: &str) -> Result<Option<String>, Trouble>;
}

/// Timers of a coordinator, with real member ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimersSeen {
    /// Set, or set again, and running.
    pub set: Vec<Key>,
    /// Fired or cancelled, and not running.
    pub gone: Vec<Key>,
}

/// What came on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The connection's symbol.
    pub connection: String,
    /// An answer, or what is wrong with the connection.
    pub answer: Result<Response, Defect>,
}

/// What came in place of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The system closed the connection.
    Closed,
    /// The bytes do not follow the schema of the request's version.
    Undecodable(String),
    /// The timer that was to fire is not running; its connection is the empty one.
    TimerNotSet,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the connection was closed"),
            Self::TimerNotSet => f.write_str("the timer is not running"),
            Self::Undecodable(why) => write!(f, "bytes that do not follow the schema: {why}"),
        }
    }
}

/// Why a run ended without saying anything of the system's answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The system does not let the test do what the trace needs.
    #[error("not applicable: {0}")]
    NotApplicable(NotApplicable),
    /// The run was so slow that a timer may have fired before its turn.
    #[error("too slow: {0}")]
    Late(String),
    /// The system cannot be reached, or stopped answering altogether.
    #[error("{0}")]
    Unreachable(String),
    /// The user ended it.
    #[error("interrupted")]
    Interrupted,
}

/// Why a trace cannot be run on a system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotApplicable {
    /// The coordinator's serving state is not in the test's hand.
    Serving(Serving),
    /// The coordinator's log and leadership are not in the test's hand.
    Control(Control),
    /// Who coordinates transactions is not in the test's hand: a broker takes no offsets for one that has not begun.
    Transactions,
    /// The trace needs another `group.max.size`; `None` is unlimited.
    GroupMaxSize {
        /// What the trace needs.
        needed: Option<i32>,
        /// What the system has.
        actual: Option<i32>,
    },
    /// The system does not support a version that the trace uses.
    Version {
        /// The API, e.g. `JoinGroup`.
        api: &'static str,
        /// The version.
        version: i16,
    },
    /// A request names a member whose id no answer has told, and the system tells it in no other way.
    UntoldMember,
    /// No assignment of timeouts makes the timers fire in the order of the trace.
    Order(Unrealisable),
    /// The timers of the trace take longer than the user allows.
    TooLong {
        /// The limit in seconds.
        limit_s: u64,
    },
}

impl fmt::Display for NotApplicable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serving(Serving::Active) => f.write_str("the coordinator must be active"),
            Self::Serving(Serving::Loading) => f.write_str("loading is not under the test's control"),
            Self::Serving(Serving::NotCoordinator) => {
                f.write_str("coordinatorship is not under the test's control")
            }
            Self::Serving(Serving::NotAvailable) => {
                f.write_str("availability is not under the test's control")
            }
            Self::Control(Control::HoldReplication | Control::ReleaseReplication) => {
                f.write_str("replication is not under the test's control")
            }
            Self::Control(Control::FailAppend { .. }) => {
                f.write_str("the coordinator's log is not under the test's control")
            }
            Self::Control(Control::Resign | Control::LoseUnreplicated | Control::Elect) => {
                f.write_str("failover is not under the test's control")
            }
            Self::Control(Control::PassRetention | Control::CheckRetention) => {
                f.write_str("the retention of offsets is not under the test's control")
            }
            Self::Control(Control::EndTransaction { .. }) | Self::Transactions => {
                f.write_str("transactions are not under the test's control")
            }
            Self::GroupMaxSize { needed, actual } => {
                write!(f, "needs group.max.size {}, the broker has {}", size(*needed), size(*actual))
            }
            Self::Version { api, version } => write!(f, "the broker does not support {api} v{version}"),
            Self::UntoldMember => f.write_str("it names a member whose id the broker has not told"),
            Self::Order(unrealisable) => write!(f, "{unrealisable}"),
            Self::TooLong { limit_s } => write!(f, "its timers take more than {limit_s} s (--max-wait)"),
        }
    }
}

fn size(limit: Option<i32>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |n| n.to_string())
}

/// The properties of a broker that decide which traces can be run on it and how long they take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `group.initial.rebalance.delay.ms`.
    pub initial_delay_ms: u64,
    /// `group.min.session.timeout.ms`.
    pub min_session_ms: u64,
    /// `group.max.session.timeout.ms`.
    pub max_session_ms: u64,
    /// `group.max.size`; `None`: unlimited.
    pub group_max_size: Option<i32>,
    /// The longest time that the timers of one trace may take.
    pub max_wait_ms: u64,
}

impl Default for Profile {
    /// Kafka's own defaults.
    fn default() -> Self {
        Self {
            initial_delay_ms: 3_000,
            min_session_ms: 6_000,
            max_session_ms: 1_800_000,
            group_max_size: None,
            max_wait_ms: 30_000,
        }
    }
}

impl Profile {
    /// The `group.max.size` without which a trace cannot be run; `None`: it can be run without any.
    pub fn needed_group_max_size(trace: &Trace) -> Option<i32> {
        let reached = trace.steps.iter().any(|step| step.rules.contains(&Rule::RejectJoinOverMaxSize));
        trace.setting.group_max_size.filter(|_| reached)
    }

    /// Whether the trace's setting is one that this broker gives it.
    pub fn admits(&self, trace: &Trace) -> Result<(), NotApplicable> {
        if trace.setting.serving != Serving::Active {
            return Err(NotApplicable::Serving(trace.setting.serving));
        }
        if let Some(control) = control(trace) {
            return Err(NotApplicable::Control(control.clone()));
        }
        if trace.steps.iter().any(|step| is_transactional(&step.event)) {
            return Err(NotApplicable::Transactions);
        }
        let needed = trace.setting.group_max_size;
        let size = NotApplicable::GroupMaxSize { needed, actual: self.group_max_size };
        let limited = trace.steps.iter().any(|s| s.rules.contains(&Rule::RejectJoinOverMaxSize));
        match self.group_max_size {
            actual if limited && actual != needed => Err(size),
            Some(actual) if Some(actual) != needed && i64::from(actual) < members(trace) => Err(size),
            _unlimited_or_never_reached => Ok(()),
        }
    }
}

fn is_transactional(event: &Event) -> bool {
    matches!(event, Event::Request { request: Request::TxnOffsetCommit { .. }, .. })
}

/// The first thing that the trace does to the coordinator's log or leadership.
fn control(trace: &Trace) -> Option<&Control> {
    trace.steps.iter().find_map(|step| match &step.event {
        Event::Control { control } => Some(control),
        Event::Request { .. } | Event::Timer { .. } | Event::Answer { .. } | Event::Consumer { .. } => None,
    })
}

/// How many members the trace names at most: an upper bound of the group's size at any time.
fn members(trace: &Trace) -> i64 {
    let admitted = trace.steps.iter().flat_map(|s| &s.timers.set).filter_map(member_of);
    i64::try_from(admitted.collect::<BTreeSet<_>>().len()).unwrap_or(i64::MAX)
}

/// The member that a timer belongs to, if it belongs to one.
pub fn member_of(timer: &Timer) -> Option<&str> {
    match timer {
        Timer::Session { member } | Timer::NewMemberJoin { member } => Some(member),
        Timer::InitialDelay | Timer::Rebalance | Timer::PendingSync => None,
    }
}
