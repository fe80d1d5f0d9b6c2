//! Chapter `heartbeat` (`GroupMetadataManager.classicGroupHeartbeat`).

use muster_specs::Rule;

use super::config::Serving;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::Phase;
use super::mutation::Mutation;
use super::request::Heartbeat;
use super::requests::Api;
use super::response::{HeartbeatResponse, Response};

impl Decision<'_> {
    pub(super) fn heartbeat(&mut self, call: &Call, request: &Heartbeat) {
        if let Err(error) = self.admit(Api::Heartbeat, &request.group) {
            return self.answer_heartbeat(call, error);
        }
        if self.config.serving == Serving::Loading {
            return self.accept_heartbeat_while_loading(call);
        }
        let Some(group) = self.group(&request.group) else {
            return self.reject_heartbeat_of_absent_group(call);
        };
        let (generation, preparing) = (group.generation, matches!(group.phase, Phase::Preparing { .. }));
        if self.is_replaced(&request.group, &request.member, request.instance.as_ref()) {
            let error = self.fence_replaced_static_member();
            self.answer_heartbeat(call, error);
        } else if !self.knows(&request.group, &request.member, request.instance.as_ref()) {
            self.reject_heartbeat_of_unknown_member(call);
        } else if request.generation != generation {
            self.fence_heartbeat_of_stale_generation(call);
        } else if preparing {
            self.signal_rebalance_on_heartbeat(call, request);
        } else {
            self.accept_heartbeat(call, request);
        }
    }

    /// The coordinator cannot tell yet who is a member, so it tells nobody to rejoin.
    fn accept_heartbeat_while_loading(&mut self, call: &Call) {
        self.follow(Rule::AcceptHeartbeatWhileLoading);
        self.answer_heartbeat(call, ErrorCode::None);
    }

    fn reject_heartbeat_of_absent_group(&mut self, call: &Call) {
        self.follow(Rule::RejectHeartbeatOfAbsentGroup);
        let mutated = self.mutated(Mutation::AbsentGroupNotFound);
        let error = if mutated { ErrorCode::GroupIdNotFound } else { ErrorCode::UnknownMemberId };
        self.answer_heartbeat(call, error);
    }

    /// An Empty group has no members, so every heartbeat to it ends here.
    fn reject_heartbeat_of_unknown_member(&mut self, call: &Call) {
        self.follow(Rule::RejectHeartbeatOfUnknownMember);
        self.answer_heartbeat(call, ErrorCode::UnknownMemberId);
    }

    fn fence_heartbeat_of_stale_generation(&mut self, call: &Call) {
        self.follow(Rule::FenceHeartbeatOfStaleGeneration);
        self.answer_heartbeat(call, ErrorCode::IllegalGeneration);
    }

    /// The member is alive, and learns that it must rejoin.
    fn signal_rebalance_on_heartbeat(&mut self, call: &Call, request: &Heartbeat) {
        self.follow(Rule::SignalRebalanceOnHeartbeat);
        self.restart_session_timer(&request.group, &request.member);
        let mutated = self.mutated(Mutation::HideRebalanceFromHeartbeat);
        let error = if mutated { ErrorCode::None } else { ErrorCode::RebalanceInProgress };
        self.answer_accepted_heartbeat(call, error);
    }

    /// In CompletingRebalance too: a member may send heartbeats from its JoinGroup answer on.
    fn accept_heartbeat(&mut self, call: &Call, request: &Heartbeat) {
        self.follow(Rule::AcceptHeartbeat);
        self.restart_session_timer(&request.group, &request.member);
        let completing =
            self.group(&request.group).is_some_and(|group| matches!(group.phase, Phase::Completing { .. }));
        let mutated = completing && self.mutated(Mutation::RejectHeartbeatWhileCompleting);
        let error = if mutated { ErrorCode::RebalanceInProgress } else { ErrorCode::None };
        self.answer_accepted_heartbeat(call, error);
    }

    fn answer_heartbeat(&mut self, call: &Call, error: ErrorCode) {
        self.answer(call.id, Response::Heartbeat(HeartbeatResponse { error }));
    }

    fn answer_accepted_heartbeat(&mut self, call: &Call, error: ErrorCode) {
        self.answer_write(call.id, Response::Heartbeat(HeartbeatResponse { error }));
    }
}
