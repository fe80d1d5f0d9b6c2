//! What goes wrong around a consumer. What it does afterwards are the client's rules.

use super::{Consumer, ConsumerPhase, ConsumerTurn};
use crate::message::{Gone, JoinError, Msg, Request, Response};

impl ConsumerTurn<'_> {
    pub(super) fn deliver(&mut self) {
        if let Some(request) = self.state.outbox.take() {
            self.effects.sent.push(Msg::Request(self.here(), request));
        }
    }

    /// The connection is closed. A request that had not arrived may still arrive, at any later time or never; one
    /// that had arrived may be answered, into the void.
    pub(super) fn give_up(&mut self) {
        self.state.faults.give_up += 1;
        self.close_connection();
    }

    /// `request.timeout.ms` is over, and no answer will come.
    pub(super) fn time_out(&mut self) {
        if self.state.is_live() && self.state.awaits.is_some() {
            self.close_connection();
        }
    }

    fn close_connection(&mut self) {
        let before = self.here();
        self.state.abandoned = self.state.outbox.take().map(|request| (before, given_up(request)));
        self.state.connection += 1;
        self.state.awaits = None;
        self.misread_lost_answer();
        self.rediscover_coordinator();
    }

    pub(super) fn deliver_abandoned(&mut self) {
        if let Some((connection, request)) = self.state.abandoned.take() {
            self.effects.sent.push(Msg::Request(connection, request));
        }
    }

    /// Ghost: where something is waited for, an id that nobody has read is used by nobody.
    pub(super) fn leave_unread(&mut self, response: &Response) {
        let told = match response {
            Response::JoinGroup(Ok(joined)) => Some(joined.member),
            Response::JoinGroup(Err(JoinError { member, .. })) => *member,
            Response::FindCoordinator(_)
            | Response::SyncGroup(_)
            | Response::Heartbeat(_)
            | Response::LeaveGroup { .. }
            | Response::OffsetCommit(_)
            | Response::TxnOffsetCommit(_)
            | Response::OffsetFetch(_)
            | Response::Tool(_) => None,
        };
        let waits = !self.scenario.liveness.is_empty() && self.scenario.faults.give_up > 0;
        if let Some(unread) = told.filter(|told| waits && self.state.member != Some(*told)) {
            self.effects.sent.push(Msg::MayExpire(Gone::Member(unread)));
        }
    }

    /// Everything but the ghost is forgotten; what is in flight stays in flight.
    pub(super) fn crash(&mut self) {
        let before = std::mem::replace(self.state, Consumer::started(self.scenario));
        self.state.phase = ConsumerPhase::Crashed;
        self.state.connection = before.connection + 1;
        self.state.processed = before.processed;
        self.state.repeated = before.repeated;
        self.state.in_transaction = before.in_transaction;
        self.state.faults = before.faults;
        self.state.faults.crash += 1;
        self.state.abandoned = before.abandoned;
        self.state.added = before.added;
        self.effects.sent.push(Msg::MayExpire(Gone::Client(self.client)));
    }

    pub(super) fn restart(&mut self) {
        self.state.phase = ConsumerPhase::Joining;
        self.resume();
    }
}

/// A commit knows, for the ghost only, that its client does not wait for it any more.
fn given_up(request: Request) -> Request {
    match request {
        Request::OffsetCommit(mut commit) => {
            commit.abandoned = true;
            Request::OffsetCommit(commit)
        }
        Request::FindCoordinator
        | Request::JoinGroup(_)
        | Request::SyncGroup(_)
        | Request::Heartbeat { .. }
        | Request::LeaveGroup(_)
        | Request::TxnOffsetCommit(_)
        | Request::OffsetFetch { .. }
        | Request::WithEmptyGroupId(_)
        | Request::Tool(_) => request,
    }
}
