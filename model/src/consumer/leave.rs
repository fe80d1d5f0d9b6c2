//! How a consumer goes: it closes, or its application does not poll (`ConsumerCoordinator.close`,
//! `AbstractCoordinator.maybeLeaveGroup`, `handlePollTimeoutExpiry`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn};
use crate::message::{Gone, LeaveGroup, Leaver, Msg, Request};
use crate::mutation::Mutation;
use crate::scenario::CommitMode;
use crate::types::{Generation, Offset, Partition};

/// The API version that the model's consumers use.
const LEAVE_GROUP_VERSION: i16 = 5;

impl ConsumerTurn<'_> {
    pub(super) fn close(&mut self) {
        self.state.faults.leave += 1;
        self.commit_and_leave();
    }

    /// What is processed is committed first: by an automatic commit, or by `onPartitionsRevoked`.
    pub(super) fn commit_and_leave(&mut self) {
        let offsets = self.commit_on_close();
        if offsets.is_empty() {
            return self.leave_on_close();
        }
        self.state.phase = ConsumerPhase::Closing;
        if !self.state.knows_coordinator {
            return self.resume();
        }
        self.send_commit(offsets);
    }

    fn commit_on_close(&self) -> BTreeMap<Partition, Offset> {
        let commits = self.scenario.commit == CommitMode::Auto || self.scenario.commit_on_revocation;
        let skips = self.mutated(Mutation::SkipCommitOnClose);
        self.unsaved(|_| commits && !skips)
    }

    /// The answer is not waited for.
    pub(super) fn leave_on_close(&mut self) {
        self.follow(Rule::LeaveOnClose);
        self.leave();
        self.tell_that_nothing_more_comes();
        self.state.owned.clear();
        self.state.phase = ConsumerPhase::Closed;
    }

    /// Ghost: where something is waited for, a member that stayed would be removed in the end.
    fn tell_that_nothing_more_comes(&mut self) {
        if !self.scenario.liveness.is_empty() && self.instance().is_none() {
            self.effects.sent.push(Msg::MayExpire(Gone::Client(self.client)));
        }
    }

    fn leave(&mut self) {
        if self.instance().is_some() {
            self.keep_place_of_static_member();
        } else if let Some(member) = self.state.member {
            let leaver = Leaver { member: Some(member), instance: None };
            let leave = LeaveGroup { version: LEAVE_GROUP_VERSION, leaver };
            self.send(Request::LeaveGroup(leave), Awaited::LeaveGroup);
            self.deliver();
        }
        self.state.awaits = None;
    }

    /// The heartbeat thread leaves in the application's place, which goes on with what it was handed out.
    pub(super) fn leave_on_poll_timeout(&mut self) {
        self.follow(Rule::LeaveOnPollTimeout);
        self.state.faults.poll_timeout += 1;
        self.leave();
        self.state.member = None;
        self.state.generation = Generation::NONE;
        self.state.phase = ConsumerPhase::Overdue;
    }

    /// It learns that all is lost: `onPartitionsLost`, which can commit nothing.
    pub(super) fn poll_after_timeout(&mut self) {
        self.lose_partitions_without_generation();
        self.resume_join();
    }
}
