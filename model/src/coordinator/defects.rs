//! What brokers got wrong, where it takes more than a condition at the place of the rule. All of it does nothing
//! without its mutation.

use super::{Phase, Turn};
use crate::mutation::Mutation;
use crate::types::MemberId;

impl Turn<'_> {
    /// The leader has been told of the members, and the new one is not among them.
    pub(super) fn admits_to_present_generation(&mut self) -> bool {
        self.mutated(Mutation::AdmitWhileCompleting) && self.group().phase == Phase::CompletingRebalance
    }

    pub(super) fn admit_to_present_generation(&mut self, member: MemberId) {
        let Some(known) = self.member(member) else { return };
        known.is_new = false;
        known.pending_sync = true;
        if let Some(connection) = known.parked.join.take() {
            self.answer_joined(connection, member);
        }
        self.restart_session_timer(member);
    }

    /// The leader's assignment will name the id that was replaced.
    pub(super) fn answer_replacement_while_completing(
        &mut self,
        new: MemberId,
        leader: Option<MemberId>,
        version: i16,
    ) {
        if let Some(known) = self.member(new) {
            known.pending_sync = true;
        }
        self.answer_replacement(new, leader, version);
    }

    pub(super) fn forget_offsets(&mut self) {
        if self.mutated(Mutation::ForgetOffsetsOnRebalance) {
            self.state.offsets.clear();
        }
    }
}
