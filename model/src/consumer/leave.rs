//! LeaveGroup (`AbstractCoordinator.maybeLeaveGroup`).

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn};
use crate::message::{LeaveGroup, Leaver, Request};

/// The API version that the model's consumers use.
const LEAVE_GROUP_VERSION: i16 = 5;

impl ConsumerTurn<'_> {
    /// The answer is not waited for.
    pub(super) fn leave_on_close(&mut self) {
        self.follow(Rule::LeaveOnClose);
        self.state.faults.leave += 1;
        if let Some(member) = self.state.member {
            let leave = LeaveGroup {
                version: LEAVE_GROUP_VERSION,
                leaver: Leaver { member: Some(member), instance: None },
            };
            self.send(Request::LeaveGroup(leave), Awaited::LeaveGroup);
            self.deliver();
        }
        self.state.awaits = None;
        self.state.owned.clear();
        self.state.phase = ConsumerPhase::Closed;
    }
}
