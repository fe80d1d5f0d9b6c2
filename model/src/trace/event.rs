//! One step: what happened, which rules were followed, what left the coordinator.

use muster_specs::Rule;
use serde::{Deserialize, Serialize};

use super::{Request, Response};

/// A step of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rules that the step followed, in order.
    pub rules: Vec<Rule>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// What left the coordinator in this step, in order. A request without an answer on its own connection in
    /// its own step is *parked*.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// The coordinator's timers that the step set (or set again) and cancelled.
    #[serde(default, skip_serializing_if = "TimerChange::is_empty")]
    pub timers: TimerChange,
    /// Where Kafka's own answer hangs on hash order: what this step chose among which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The coordinator takes a request from a connection. Only these, [`Event::Timer`] and
    /// [`Event::Control`] concern a broker.
    Request {
        /// `c1#2`: the second connection of client `c1`.
        connection: String,
        /// What it asks.
        request: Request,
    },
    /// A timer of the coordinator fires.
    Timer {
        /// Which.
        timer: Timer,
    },
    /// The environment does something to the coordinator's log or its leadership.
    Control {
        /// What.
        control: Control,
    },
    /// A consumer takes an answer from its connection, or ignores one from a connection it has given up.
    Answer {
        /// The connection.
        connection: String,
        /// The answer.
        response: Response,
        /// Whether the consumer had given the connection up.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ignored: bool,
    },
    /// A consumer acts by itself: sends, processes, commits, crashes, gives up, leaves.
    Consumer {
        /// `c1`.
        consumer: String,
        /// The act, as a short sentence in Kafka's terms.
        act: String,
    },
}

/// What happens to the log in which the coordinator keeps its groups (a partition of `__consumer_offsets`), and to
/// the leadership of that partition. Unless a step says otherwise, every record is replicated as soon as it is
/// appended. A coordinator that resigns may be elected again; it then has what the log gives it, as any other would.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Control {
    /// Records that are appended from here on are not replicated: what waits for them stays unanswered.
    HoldReplication,
    /// Everything that was appended is replicated, and so is from here on what is appended.
    ReleaseReplication,
    /// The next append fails, and with it the write whose records it was.
    FailAppend {
        /// Kafka's name of the error of the log, e.g. `NOT_LEADER_OR_FOLLOWER`.
        error: String,
    },
    /// Leadership is lost: what is parked or waits for replication is answered, nothing more is written.
    Resign,
    /// The records that were appended and not replicated are gone from the log: the replica that leads next never
    /// had them. Only between [`Control::Resign`] and [`Control::Elect`].
    LoseUnreplicated,
    /// `offsets.retention.minutes` pass, in which no timer fires.
    PassRetention,
    /// What need not be kept any longer is looked for, as every `offsets.retention.check.interval.ms`.
    CheckRetention,
    /// The marker that ends the transaction of a producer is written (`WriteTxnMarkers`).
    EndTransaction {
        /// The producer's symbol.
        producer: String,
        /// Whether it is committed, or aborted.
        commits: bool,
    },
    /// Leadership is won in the next epoch, and the log is read to its end. What it holds is replicated.
    Elect,
}

/// An answer that leaves the coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The connection it leaves on.
    pub connection: String,
    /// The answer.
    pub response: Response,
}

/// A timer of the coordinator, by Kafka's names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Timer {
    /// `heartbeat-<group>-<member>`: the session timeout of a member or of a pending member.
    Session {
        /// The member.
        member: String,
    },
    /// `heartbeat-<group>-<member>` while a new member's first JoinGroup is parked: five minutes, fixed by Kafka
    /// (`group.coordinator`'s new-member join timeout).
    NewMemberJoin {
        /// The member.
        member: String,
    },
    /// `join-<group>` in the initial rebalance: `group.initial.rebalance.delay.ms`.
    InitialDelay,
    /// `join-<group>`: the largest rebalance timeout of the members.
    Rebalance,
    /// `sync-<group>`: the largest rebalance timeout of the members.
    PendingSync,
}

/// Timers set and cancelled by a step. Setting one that is set restarts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerChange {
    /// Set, or restarted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<Timer>,
    /// Cancelled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancelled: Vec<Timer>,
}

impl TimerChange {
    /// Whether the step leaves every timer as it was.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.cancelled.is_empty()
    }
}

/// A free choice of the coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Choice {
    /// Who leads the generation whose JoinGroup answers leave in this step.
    Leader {
        /// The member that this trace follows.
        chosen: String,
        /// Every member that Kafka may choose.
        among: Vec<String>,
    },
}
