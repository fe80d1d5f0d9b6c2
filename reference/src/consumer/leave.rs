//! LeaveGroup (`AbstractCoordinator.maybeLeaveGroup`, `handlePollTimeoutExpiry`; `ConsumerCoordinator.onLeavePrepare`).

use muster_specs::Rule;

use super::input::ConsumerTimer;
use super::state::{Failure, Kind, Phase, Why};
use super::transition::ConsumerEffect;
use super::turn::Turn;
use crate::coordinator::{LeaveGroup, LeavingMember, Request};

/// The version of the API.
const LEAVE_GROUP_VERSION: i16 = 5;

impl Turn<'_> {
    /// What is processed is committed first; both leave on one connection, in this order.
    pub(super) fn leave_on_close(&mut self) {
        self.follow(Rule::LeaveOnClose);
        if self.commits_by_itself() {
            self.commit(Why::Asked);
        }
        let identity = &self.state.identity;
        let lost = identity.is_reset() || identity.member.is_empty() || self.state.phase != Phase::Stable;
        let owned = std::mem::take(&mut self.state.owned).into_keys().collect();
        self.effect(if lost { ConsumerEffect::Lost(owned) } else { ConsumerEffect::Revoked(owned) });
        self.leave();
        for timer in [ConsumerTimer::Heartbeat, ConsumerTimer::Session, ConsumerTimer::MaxPoll] {
            self.effect(ConsumerEffect::CancelTimer(timer));
        }
        self.fail(Failure::Closed);
    }

    /// The application does not take part any more, so that somebody else should have its share. What it owned it
    /// learns to have lost when it calls `poll` again.
    pub(super) fn leave_on_poll_timeout(&mut self) {
        match self.state.phase {
            Phase::Unjoined | Phase::Preparing => {}
            Phase::Completing | Phase::Stable => {
                self.follow(Rule::LeaveOnPollTimeout);
                self.leave();
                self.reset(true);
            }
        }
    }

    fn leave(&mut self) {
        let is_member = self.state.phase != Phase::Unjoined && !self.state.identity.member.is_empty();
        if !is_member || !self.knows_coordinator() || self.keep_place_of_static_member() {
            return;
        }
        let member = LeavingMember { member: self.state.identity.member.clone(), instance: None };
        let request = LeaveGroup {
            version: LEAVE_GROUP_VERSION,
            group: self.config.group.clone(),
            members: vec![member],
        };
        self.send(Kind::LeaveGroup, Request::LeaveGroup(request));
    }
}
