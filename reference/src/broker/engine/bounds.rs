//! Bounds the memory that groups and their offsets take.
//!
//! To weigh all groups takes long, so it is done when what was added since may have been too much, and then at most
//! once a second. In between each request counts as if it added something.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use super::Engine;
use crate::coordinator::{
    Client, Coordinator, ErrorCode, JoinGroupResponse, OffsetCommit, OffsetCommitResponse, Request, Response,
    SyncGroupResponse, TxnOffsetCommit,
};

const INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Bounds {
    most: u64,
    weighed: u64,
    added: u64,
    weighed_at: Option<Instant>,
    is_full: bool,
}

impl Bounds {
    pub(super) fn new(most: u64) -> Self {
        Self { most, weighed: 0, added: 0, weighed_at: None, is_full: false }
    }
}

/// What a request adds at most, in bytes: a first JoinGroup a member, whose id has the client's in it; another what is
/// offered anew, and the leader's SyncGroup what it assigns.
fn growth(client: &Client, request: &Request) -> u64 {
    let bytes = match request {
        Request::OffsetCommit(commit) | Request::TxnOffsetCommit(TxnOffsetCommit { commit, .. }) => {
            let offsets = commit.topics.iter().flat_map(|(_, partitions)| partitions);
            let of_one =
                |text: &Option<String>| Coordinator::OFFSET_BYTES + text.as_ref().map_or(0, String::len);
            offsets.map(|offset| of_one(&offset.metadata)).sum()
        }
        Request::JoinGroup(join) => {
            let instance = join.instance.as_ref().map_or(0, |instance| instance.as_str().len());
            let texts = 4 * (client.client_id().len() + instance) + 2 * join.group.as_str().len();
            let member = if join.member.is_empty() { Coordinator::MEMBER_BYTES + texts } else { 0 };
            let offers = join.protocols.iter().map(|offer| offer.name.as_str().len() + offer.metadata.len());
            member + offers.sum::<usize>()
        }
        Request::SyncGroup(sync) => {
            sync.assignments.iter().map(|(member, bytes)| 2 * (member.as_str().len() + bytes.len())).sum()
        }
        Request::FindCoordinator(_)
        | Request::Heartbeat(_)
        | Request::LeaveGroup(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => 0,
    };
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// As if the log could not take the record.
fn refusal(request: &Request) -> Option<Response> {
    let error = ErrorCode::NotCoordinator;
    match request {
        Request::OffsetCommit(commit) => Some(Response::OffsetCommit(refused(commit, error))),
        Request::TxnOffsetCommit(TxnOffsetCommit { commit, .. }) => {
            Some(Response::TxnOffsetCommit(refused(commit, error)))
        }
        Request::JoinGroup(join) => {
            Some(Response::JoinGroup(JoinGroupResponse::error(join.member.clone(), error)))
        }
        Request::SyncGroup(_) => Some(Response::SyncGroup(SyncGroupResponse::error(error))),
        Request::FindCoordinator(_)
        | Request::Heartbeat(_)
        | Request::LeaveGroup(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => None,
    }
}

fn refused(commit: &OffsetCommit, error: ErrorCode) -> OffsetCommitResponse {
    let topics = commit.topics.iter().map(|(topic, partitions)| {
        (topic.clone(), partitions.iter().map(|offset| (offset.partition, error)).collect())
    });
    OffsetCommitResponse { topics: topics.collect() }
}

impl Engine {
    /// The answer to a request for which there is no room.
    pub(super) fn refuse_growth(&mut self, client: &Client, request: &Request) -> Option<Response> {
        let growth = growth(client, request);
        if growth == 0 {
            return None;
        }
        let bounds = &mut self.bounds;
        bounds.added = bounds.added.saturating_add(growth);
        let records = self.kept.topics().held_bytes();
        let held = |bounds: &Bounds| records.saturating_add(bounds.weighed).saturating_add(bounds.added);
        let is_due = bounds.weighed_at.is_none_or(|at| at.elapsed() >= INTERVAL);
        if held(bounds) > bounds.most && is_due {
            bounds.weighed = u64::try_from(self.coordinator.held_bytes()).unwrap_or(u64::MAX);
            bounds.added = growth;
            bounds.weighed_at = Some(Instant::now());
        }
        self.kept.group_bytes.store(bounds.weighed.saturating_add(bounds.added), Ordering::Relaxed);
        let is_full = held(bounds) > bounds.most;
        if is_full && !bounds.is_full {
            warn!(
                "commits and new members are refused: memory is bounded to {} MiB (--max-memory)",
                bounds.most >> 20
            );
        }
        bounds.is_full = is_full;
        is_full.then(|| refusal(request)).flatten()
    }
}
