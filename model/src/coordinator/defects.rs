//! What brokers got wrong, where it takes more than a condition at the place of the rule. All of it does nothing
//! without its mutation.

use super::{CoordinatorTimer, Phase, Record, Replacement, Turn, Write};
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
    pub(super) fn answer_replacement_while_completing(&mut self, replacement: &Replacement) {
        if let Some(known) = self.member(replacement.new) {
            known.pending_sync = true;
        }
        self.answer_replacement(replacement);
    }

    /// A group is deleted although it has members.
    pub(super) fn end_timers_of_group(&mut self) {
        let members: Vec<MemberId> = self.group().members.keys().copied().collect();
        for member in members {
            self.cancel_timers_of(member);
        }
        for timer in
            [CoordinatorTimer::InitialDelay, CoordinatorTimer::Rebalance, CoordinatorTimer::PendingSync]
        {
            self.cancel(timer);
        }
    }

    pub(super) fn forget_offsets(&mut self) {
        if self.mutated(Mutation::ForgetOffsetsOnRebalance) {
            self.state.offsets.clear();
        }
    }

    /// An unload that was begun before the load ends after it.
    pub(super) fn unload_late(&mut self) {
        if !self.mutated(Mutation::UnloadAfterLoad) {
            return;
        }
        for member in self.state.group.take().into_iter().flat_map(|group| group.members.into_keys()) {
            self.cancel_timers_of(member);
        }
        self.state.offsets.clear();
    }

    /// Whether a record is passed over: an older one of the group is there.
    pub(super) fn passes_over(&self, record: &Record) -> bool {
        let known = self.state.log.group.as_ref().is_some_and(|group| !group.members.is_empty());
        match record {
            Record::Group(_) => known && self.mutated(Mutation::RestoreOlderRecord),
            Record::Offset(..) | Record::OpenOffset(..) | Record::EndTransaction(..) => false,
        }
    }

    /// Takes what an earlier term left over out of what is to be replicated.
    pub(super) fn left_over(&self, writes: &mut Vec<Write>) -> Vec<Write> {
        if !self.mutated(Mutation::ReplicateWriteOfEarlierTerm) {
            return Vec::new();
        }
        writes.extract_if(.., |write| write.then.is_empty()).collect()
    }

    /// It is replicated after what this term wrote, and counts.
    pub(super) fn replicate_left_over(&mut self, writes: Vec<Write>) {
        for record in writes.into_iter().flat_map(|write| write.records) {
            if let Record::Offset(partition, Some(offset)) = &record {
                self.state.offsets.insert(*partition, *offset);
            }
            self.take_record(record);
        }
    }
}
