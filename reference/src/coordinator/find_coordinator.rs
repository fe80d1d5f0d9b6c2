//! Chapter `find_coordinator`: which broker coordinates a group.

use muster_specs::Rule;

use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::request::FindCoordinator;
use super::response::{FindCoordinatorResponse, Response};

impl Decision<'_> {
    pub(super) fn find_coordinator(&mut self, call: &Call, request: &FindCoordinator) {
        match self.find_where_available() {
            Ok(()) => self.answer_coordinator(call, request),
            Err(error) => {
                self.answer(call.id, Response::FindCoordinator(FindCoordinatorResponse { error }));
            }
        }
    }

    /// The number of partitions is asked of the coordinator service, which in 4.3 must be active for that.
    fn find_where_available(&mut self) -> Result<(), ErrorCode> {
        match self.config.release {
            Release::V4_3 => self.reject_when_not_available(),
            Release::V3_9 => Ok(()),
        }
    }

    /// There is one broker, so it coordinates every group, the one with the empty name included. Whether it has
    /// loaded the group is not asked: Kafka answers from the cluster's metadata (`KafkaApis.getCoordinator`).
    fn answer_coordinator(&mut self, call: &Call, _: &FindCoordinator) {
        self.follow(Rule::AnswerCoordinator);
        self.answer(call.id, Response::FindCoordinator(FindCoordinatorResponse { error: ErrorCode::None }));
    }
}
