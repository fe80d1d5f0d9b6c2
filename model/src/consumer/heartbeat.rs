//! Heartbeat (`AbstractCoordinator.sendHeartbeatRequest`).

use muster_specs::Rule;

use super::{Awaited, ConsumerTurn};
use crate::message::Request;

impl ConsumerTurn<'_> {
    pub(super) fn heartbeat_while_stable(&mut self) {
        self.follow(Rule::HeartbeatWhileStable);
        if !self.state.knows_coordinator {
            return self.resume();
        }
        let Some(member) = self.state.member else { return };
        let heartbeat =
            Request::Heartbeat { member, instance: self.instance(), generation: self.state.generation };
        self.send(heartbeat, Awaited::Heartbeat);
    }
}
