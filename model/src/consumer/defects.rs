//! What clients got wrong, where it takes more than a condition at the place of the rule. All of it does nothing
//! without its mutation.

use std::collections::BTreeMap;

use super::{Consumer, ConsumerPhase, ConsumerTurn, Progress};
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::types::{Offset, Partition};

impl Consumer {
    /// Whether there is something to commit that is not in what it owns.
    pub(super) fn commits_kept(&self, scenario: &Scenario) -> bool {
        let mutated = |mutation| scenario.mutation == Some(mutation);
        let lost = |partition: &Partition| !self.owned.contains_key(partition);
        let revoked = mutated(Mutation::CommitRevokedPartition) || mutated(Mutation::StoreAfterRevocation);
        (revoked && self.kept.keys().any(lost))
            || (mutated(Mutation::CommitOutOfOrder) && !self.kept.is_empty())
    }
}

impl ConsumerTurn<'_> {
    /// What outlives the revocation of everything.
    pub(super) fn keep_over_revocation(&mut self) {
        if self.mutated(Mutation::KeepStoredOffsets) || self.mutated(Mutation::CommitRevokedPartition) {
            let stored = self.state.progress().filter(|(_, p)| p.stored != p.committed);
            // An entry outlives every revocation until the offset is committed.
            let stored: Vec<_> = stored.map(|(partition, p)| (partition, p.stored)).collect();
            self.state.kept.extend(stored);
        }
        if self.mutated(Mutation::StoreAfterRevocation) {
            // A record is in the hands of a worker, which finishes it after the callback has returned.
            let held = self.state.progress().filter(|(_, p)| p.processed < p.fetched);
            let held: Vec<_> = held.map(|(partition, p)| (partition, p.processed)).collect();
            for (partition, record) in held {
                *self.state.processed.entry(partition).or_default() |= 1 << record.0;
                self.state.kept.insert(partition, record.next());
            }
        }
        if self.mutated(Mutation::KeepBufferOverRevocation) {
            let held = self.state.progress().filter(|(_, p)| p.processed < p.fetched);
            let held: Vec<_> = held.map(|(partition, p)| (partition, p.processed)).collect();
            self.state.kept.extend(held);
        }
        if self.mutated(Mutation::DropBufferOfReturned) {
            let revoked: Vec<_> = self.state.owned.keys().map(|p| (*p, Offset::ZERO)).collect();
            self.state.kept.extend(revoked);
        }
    }

    /// What was fetched before a revocation is still there.
    pub(super) fn restore_buffer(&self, partition: Partition, progress: &mut Progress) {
        let position = self.state.kept.get(&partition);
        if let Some(position) = position.filter(|_| self.mutated(Mutation::KeepBufferOverRevocation)) {
            progress.processed = *position;
            progress.fetched = Offset(self.scenario.bounds.records);
        }
    }

    /// A commit that is always begun anew: whether one was.
    pub(super) fn commits_in_place_of_joining(&mut self) -> bool {
        let commits =
            self.state.phase == ConsumerPhase::Stable && self.mutated(Mutation::CommitInPlaceOfJoining);
        if commits {
            let offsets =
                self.state.progress().map(|(partition, progress)| (partition, progress.stored)).collect();
            self.send_commit(offsets);
        }
        commits
    }

    /// Offsets of partitions that it does not own any more.
    pub(super) fn add_kept(&mut self, offsets: &mut BTreeMap<Partition, Offset>) {
        if self.mutated(Mutation::CommitRevokedPartition) || self.mutated(Mutation::StoreAfterRevocation) {
            let owned = &self.state.owned;
            let lost = self.state.kept.iter().filter(|(partition, _)| !owned.contains_key(partition));
            offsets.extend(lost.map(|(partition, offset)| (*partition, *offset)));
        }
    }

    /// What is sent in place of the offsets that were chosen; `None`: nothing yet.
    pub(super) fn in_turn(
        &mut self,
        chosen: BTreeMap<Partition, Offset>,
    ) -> Option<BTreeMap<Partition, Offset>> {
        if !self.mutated(Mutation::CommitOutOfOrder) {
            return Some(chosen);
        }
        if self.state.kept.is_empty() {
            self.state.kept = chosen;
            return None;
        }
        let later =
            |(partition, offset): (&Partition, &Offset)| self.state.kept.get(partition) < Some(offset);
        if chosen.iter().any(later) { Some(chosen) } else { Some(std::mem::take(&mut self.state.kept)) }
    }

    /// An offset is committed, so that nothing need be remembered of it.
    pub(super) fn forget_kept(&mut self, partition: Partition, offset: Offset) {
        let waits = self.state.kept.get(&partition).is_some_and(|kept| *kept != offset);
        if !(waits && self.mutated(Mutation::CommitOutOfOrder)) {
            self.state.kept.remove(&partition);
        }
    }

    /// The offset that is stored for a partition that comes back.
    pub(super) fn kept_for(&self, partition: Partition) -> Option<Offset> {
        let restores = [Mutation::KeepStoredOffsets, Mutation::KeepRevokedPartitions];
        let restores = restores.iter().any(|mutation| self.mutated(*mutation));
        self.state.kept.get(&partition).copied().filter(|_| restores)
    }

    /// A connection was given up, and with it an answer.
    pub(super) fn misread_lost_answer(&mut self) {
        let phase = self.state.phase;
        if phase == ConsumerPhase::Syncing && self.mutated(Mutation::KeepAssignmentAfterLostSync) {
            self.state.phase = ConsumerPhase::Stable;
        }
        if phase == ConsumerPhase::FetchingOffsets && self.mutated(Mutation::TakeFailedFetchForNoOffset) {
            for progress in self.state.owned.values_mut() {
                progress.get_or_insert(Progress::at(Offset::ZERO));
            }
            self.state.phase = ConsumerPhase::Stable;
        }
    }

    /// Whether a record of what is fetched from the partition is dropped.
    pub(super) fn drops_buffer(&self, partition: Partition) -> bool {
        self.mutated(Mutation::DropBufferOfReturned) && self.state.kept.contains_key(&partition)
    }

    /// The record of an owned partition that is processed next.
    pub(super) fn next_record(&self, partition: Partition) -> Option<Offset> {
        let progress = (*self.state.owned.get(&partition)?)?;
        if !self.mutated(Mutation::CommitPastUnprocessed) {
            return Some(progress.processed);
        }
        let seen = self.state.processed.get(&partition).copied().unwrap_or(0);
        let mut last_first = (progress.processed.0..progress.fetched.0).rev();
        last_first.find(|record| seen & (1 << record) == 0).map(Offset).or(Some(progress.processed))
    }
}
