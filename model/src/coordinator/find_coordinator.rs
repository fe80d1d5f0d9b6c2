//! Which broker coordinates the group (`KafkaApis.handleFindCoordinatorRequest`).

use muster_specs::Rule;

use super::Turn;
use crate::message::{Error, Response};
use crate::types::Connection;

impl Turn<'_> {
    pub(super) fn answer_coordinator(&mut self, connection: Connection) {
        self.follow(Rule::AnswerCoordinator);
        self.answer(connection, Response::FindCoordinator(Error::None));
    }
}
