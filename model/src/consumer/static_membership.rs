//! What an instance id means to its bearer (KIP-345, `AbstractCoordinator`).

use muster_specs::Rule;

use super::ConsumerTurn;
use crate::message::{Gone, Msg};
use crate::mutation::Mutation;

impl ConsumerTurn<'_> {
    /// Another process bears the same instance id: one of the two has to go.
    pub(super) fn stop_when_fenced(&mut self) {
        self.follow(Rule::StopWhenFenced);
        if self.mutated(Mutation::RejoinWhenFenced) {
            return self.reset_on_unknown_member();
        }
        self.fail();
    }

    /// No LeaveGroup: its next process takes its place, or the session timeout ends it.
    pub(super) fn keep_place_of_static_member(&mut self) {
        self.follow(Rule::KeepPlaceOfStaticMember);
        self.effects.sent.push(Msg::MayExpire(Gone::Client(self.client)));
    }
}
