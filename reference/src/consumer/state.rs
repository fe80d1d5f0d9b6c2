//! What a consumer knows and believes.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::config::{CommitPolicy, ConsumerConfig};
use crate::assignor::{AssignError, Assignor, TopicPartition};
use crate::coordinator::{
    ErrorCode, Generation, JoinGroupResponse, MemberId, RequestId, Timestamp, TopicName,
};

/// Where a consumer is in the protocol (`AbstractCoordinator.MemberState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It is in no group, or was reset.
    Unjoined,
    /// Its JoinGroup is on its way.
    Preparing,
    /// Its SyncGroup is on its way.
    Completing,
    /// It is a member, and has its assignment, or will take it up with the next `poll`.
    Stable,
}

/// Why the application gets an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The coordinator answered with an error that no client retries.
    #[error("the coordinator answered {0}")]
    Fatal(ErrorCode),
    /// The assignor gave no answer.
    #[error("the assignor failed: {0}")]
    Assignor(#[from] AssignError),
    /// The SyncGroup answer holds no assignment: `poll` throws, and throws again.
    #[error("the assignment has no bytes, or they cannot be read")]
    NoAssignment,
    /// Another assignor than this consumer's was chosen, or a subscription cannot be read.
    #[error("the JoinGroup answer makes no sense")]
    UnreadableJoin,
    /// The application closed it.
    #[error("closed")]
    Closed,
}

/// How far an owned partition is. Offsets are those of the next record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// To be handed out by `poll`; none until it is known where to begin.
    pub position: Option<i64>,
    /// The end of what is fetched.
    pub fetched: i64,
    /// To be processed.
    pub processed: i64,
    /// Committed, as far as this consumer knows.
    pub committed: i64,
    /// It is about to be given up: nothing more of it is handed out.
    pub pending_revocation: bool,
}

impl Progress {
    /// Everything at one offset.
    pub(super) fn at(offset: i64) -> Self {
        Self {
            position: Some(offset),
            fetched: offset,
            processed: offset,
            committed: offset,
            pending_revocation: false,
        }
    }
}

/// Who it is in the group (`AbstractCoordinator.Generation`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) generation: Generation,
    pub(super) member: MemberId,
    pub(super) protocol: Option<Assignor>,
}

impl Identity {
    pub(super) fn none() -> Self {
        Self { generation: Generation::NONE, member: MemberId::default(), protocol: None }
    }

    /// The member id may remain.
    pub(super) fn is_reset(&self) -> bool {
        self.generation == Generation::NONE && self.protocol.is_none()
    }
}

/// What is known of the coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    Unknown,
    Asked,
    Known,
}

/// How far a join is (`joinFuture`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Join {
    None,
    /// A JoinGroup or a SyncGroup is on its way.
    Sent,
    /// The answer to the JoinGroup is there; the next `poll` reads it.
    Answered(JoinGroupResponse),
    /// The assignment is there; the next `poll` takes it up.
    Assigned(Bytes),
    /// To be tried again, at once or by the next `poll`.
    Failed {
        at_once: bool,
    },
}

/// How far the commit before a JoinGroup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastCommit {
    Due,
    Sent,
    Done,
}

/// What follows a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AfterRevocation {
    Join,
    TakeUp(BTreeSet<TopicPartition>),
}

/// `onPartitionsRevoked` runs and waits for a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revoking {
    pub(super) partitions: BTreeSet<TopicPartition>,
    pub(super) then: AfterRevocation,
    pub(super) commit: RequestId,
}

/// Why a commit was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Asked,
    Interval,
    BeforeJoin,
    OnRevocation,
}

/// What a request was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    FindCoordinator,
    JoinGroup,
    SyncGroup,
    Heartbeat,
    LeaveGroup,
    OffsetCommit(Why, BTreeMap<TopicPartition, i64>),
    OffsetFetch,
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) kind: Kind,
    /// Who the consumer was when it was sent.
    pub(super) identity: Identity,
}

/// A consumer's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) identity: Identity,
    pub(super) applied: Generation,
    pub(super) rejoin_needed: bool,
    /// What is owned is given up as far as the next JoinGroup asks for.
    pub(super) prepared: bool,
    pub(super) prepare_until: Option<Timestamp>,
    pub(super) last_commit: LastCommit,
    pub(super) join: Join,
    pub(super) lookup: Lookup,
    pub(super) sent: BTreeMap<RequestId, Sent>,
    pub(super) next_request: u64,
    pub(super) owned: BTreeMap<TopicPartition, Progress>,
    pub(super) revoking: Option<Revoking>,
    pub(super) subscription: BTreeSet<TopicName>,
    /// The subscription of the last JoinGroup.
    pub(super) joined_subscription: Option<BTreeSet<TopicName>>,
    /// The last assignment and its generation, as the sticky assignors keep them.
    pub(super) remembered: Option<(Vec<TopicPartition>, Generation)>,
    /// The highest generation that its own assignor has met.
    pub(super) seen: Generation,
    pub(super) topics: BTreeMap<TopicName, i32>,
    /// The topics from which it assigned, while it leads.
    pub(super) led_with: Option<BTreeMap<TopicName, i32>>,
    pub(super) commit_due: Option<Timestamp>,
    pub(super) failure: Option<Failure>,
}

impl State {
    pub(super) fn new(config: &ConsumerConfig, now: Timestamp) -> Self {
        Self {
            phase: Phase::Unjoined,
            identity: Identity::none(),
            applied: Generation::NONE,
            rejoin_needed: true,
            prepared: false,
            prepare_until: None,
            last_commit: LastCommit::Due,
            join: Join::None,
            lookup: Lookup::Unknown,
            sent: BTreeMap::new(),
            next_request: 0,
            owned: BTreeMap::new(),
            revoking: None,
            subscription: config.subscription.clone(),
            joined_subscription: None,
            remembered: None,
            seen: Generation::NONE,
            topics: config.topics.clone(),
            led_with: None,
            commit_due: commit_due(config, now),
            failure: None,
        }
    }
}

/// When the next automatic commit is due, counted from `now`.
pub(super) fn commit_due(config: &ConsumerConfig, now: Timestamp) -> Option<Timestamp> {
    match config.commit {
        CommitPolicy::Manual | CommitPolicy::OnRevocation => None,
        CommitPolicy::Auto { interval_ms } => Some(Timestamp(now.0.saturating_add(i64::from(interval_ms)))),
    }
}
