//! The group coordinator of the classic protocol, as a pure state machine: decide, then evolve.
//!
//! [`Coordinator::handle`] reads the state and decides on an input; [`Coordinator::apply`] alone writes. A change is
//! durable, a [`Record`] of the coordinator's log, or volatile, and lost in a failover. No clock, no randomness, no
//! I/O: time, fresh member ids and the fate of log records are inputs.
//!
//! One function stands for each rule, by the rule's name, in the file of the rule's chapter. Written from Apache Kafka
//! 4.3.1 (`GroupMetadataManager`, `OffsetMetadataManager`, `GroupCoordinatorService`) and, where it differs, 3.9.2
//! (`GroupCoordinator.scala`).

mod administration;
mod change;
mod commit;
mod config;
mod decision;
mod error;
mod failover;
mod fetch_offsets;
mod find_coordinator;
mod group;
mod heartbeat;
mod ids;
mod input;
mod join;
mod joined;
mod leave;
mod log;
mod members;
mod mutation;
mod pending;
mod record;
mod request;
mod requests;
mod response;
mod restore;
mod retention;
mod state;
mod static_membership;
mod subscription;
mod sync;
mod timeouts;
mod transactions;
mod transition;
mod view;
mod weight;

pub use change::{Change, GroupChange, Replacement, Then};
pub(crate) use config::number;
pub use config::{Config, PropertyError, Release, Serving};
pub use error::ErrorCode;
pub use group::{InitialDelay, Member};
pub use ids::{
    Generation, GroupId, InstanceId, MemberId, Position, ProducerId, ProtocolName, ProtocolType, RequestId,
    Timestamp, TopicName,
};
pub use input::{Client, Input, TimerKey};
pub use mutation::{Mutation, UnknownMutation};
pub use record::{CommittedOffset, GroupMetadata, MemberMetadata, Record, TransactionRecord};
pub use request::{
    DeleteGroups, FindCoordinator, Heartbeat, JoinGroup, LeaveGroup, LeavingMember, OffsetCommit,
    OffsetDelete, OffsetFetch, PartitionCommit, Protocol, Request, SyncGroup, TxnOffsetCommit,
};
pub use response::{
    DeleteGroupsResponse, FetchedOffset, FindCoordinatorResponse, HeartbeatResponse, JoinGroupResponse,
    JoinedMember, LeaveGroupResponse, LeftMember, OffsetCommitResponse, OffsetDeleteResponse,
    OffsetFetchResponse, Response, SyncGroupResponse,
};
pub use transition::{Effect, Transition};
pub use view::{GroupDescription, GroupListing, GroupState, MemberDescription};

use decision::{Call, Decision};
use state::State;

/// A group coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinator {
    config: Config,
    state: State,
}

impl Coordinator {
    /// A coordinator of no groups, in a cluster of no topics.
    pub fn new(config: Config) -> Self {
        Self { config, state: State::default() }
    }

    /// A coordinator that takes over, from the replicated records of the one before, in their order. The effects of
    /// the transition restart every member's session.
    pub fn restore(
        config: Config,
        records: impl IntoIterator<Item = Record>,
        now: Timestamp,
    ) -> (Self, Transition) {
        let mut coordinator = Self::new(config);
        for record in records {
            if !coordinator.passes_over(&record) {
                coordinator.state.restore(record);
            }
        }
        coordinator.unload_late();
        let mut decision = Decision::new(&coordinator.config, &coordinator.state, now);
        decision.resume();
        let transition = decision.finish();
        coordinator.apply_all(&transition);
        (coordinator, transition)
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Decides on an input. Nothing changes until the changes of the transition are applied.
    pub fn handle(&self, now: Timestamp, input: Input) -> Transition {
        let mut decision = Decision::new(&self.config, &self.state, now);
        match input {
            Input::Request { id, client, fresh_member_id, request } => {
                let call = Call { id, client, fresh_member_id };
                match request {
                    Request::FindCoordinator(request) => decision.find_coordinator(&call, &request),
                    Request::JoinGroup(request) => decision.join_group(&call, request),
                    Request::SyncGroup(request) => decision.sync_group(&call, request),
                    Request::Heartbeat(request) => decision.heartbeat(&call, &request),
                    Request::LeaveGroup(request) => decision.leave_group(&call, request),
                    Request::OffsetCommit(request) => decision.commit_offsets(&call, request),
                    Request::TxnOffsetCommit(request) => decision.commit_in_transaction(&call, request),
                    Request::OffsetFetch(request) => decision.fetch_offsets(&call, request),
                    Request::DeleteGroups(request) => decision.delete_groups(&call, request),
                    Request::OffsetDelete(request) => decision.delete_offsets_of(&call, request),
                }
            }
            Input::Timer(TimerKey::Session { group, member }) => decision.session_expired(&group, &member),
            Input::Timer(TimerKey::Join { group }) => decision.join_expired(&group),
            Input::Timer(TimerKey::PendingSync { group }) => decision.expire_pending_sync(&group),
            Input::Committed { through } => decision.committed(through),
            Input::AppendFailed { first, error } => decision.append_failed(first, error),
            Input::EndTransaction { producer, commits } => decision.end_transaction(producer, commits),
            Input::Resigned => decision.refuse_parked_requests_on_resignation(),
            Input::RetentionCheck => decision.check_retention(),
            Input::Topics(topics) => decision.change_topics(topics),
        }
        decision.finish()
    }

    /// Applies a change: the only way in which the state changes.
    pub fn apply(&mut self, change: &Change) {
        self.state.evolve(change);
    }

    /// Applies every change of a transition, in order.
    pub fn apply_all(&mut self, transition: &Transition) {
        for change in &transition.changes {
            self.apply(change);
        }
    }

    /// Decides on an input and applies what was decided.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Transition {
        let transition = self.handle(now, input);
        self.apply_all(&transition);
        transition
    }
}
