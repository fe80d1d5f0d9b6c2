//! Which broker to ask (`AbstractCoordinator.lookupCoordinator`).

use muster_specs::Rule;

use super::{Awaited, ConsumerTurn};
use crate::message::{Error, Request};

impl ConsumerTurn<'_> {
    pub(super) fn find_coordinator_first(&mut self) {
        self.follow(Rule::FindCoordinatorFirst);
        self.send(Request::FindCoordinator, Awaited::FindCoordinator);
    }

    pub(super) fn on_coordinator(&mut self, error: Error) {
        self.state.knows_coordinator = error == Error::None;
        self.resume();
    }

    /// After a lost connection, or an answer from a broker that does not coordinate the group. Member id,
    /// generation and assignment are kept.
    pub(super) fn rediscover_coordinator(&mut self) {
        self.follow(Rule::RediscoverCoordinator);
        self.state.knows_coordinator = !self.scenario.discovery;
        self.resume();
    }
}
