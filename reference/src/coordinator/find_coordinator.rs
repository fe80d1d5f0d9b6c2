//! Chapter `find_coordinator`: which broker coordinates a group.

use muster_specs::Rule;

use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::request::FindCoordinator;
use super::response::{FindCoordinatorResponse, Response};

impl Decision<'_> {
    pub(super) fn find_coordinator(&mut self, call: &Call, request: &FindCoordinator) {
        self.answer_coordinator(call, request);
    }

    /// There is one broker, so it coordinates every group, the one with the empty name included. Whether it serves
    /// the group is not asked: Kafka answers from the cluster's metadata (`KafkaApis.getCoordinator`).
    fn answer_coordinator(&mut self, call: &Call, _: &FindCoordinator) {
        self.follow(Rule::AnswerCoordinator);
        self.answer(call.id, Response::FindCoordinator(FindCoordinatorResponse { error: ErrorCode::None }));
    }
}
