//! OffsetCommit (`ConsumerCoordinator.sendOffsetCommitRequest`, `OffsetCommitResponseHandler`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::{Awaited, Consumer, ConsumerPhase, ConsumerTurn};
use crate::message::{Error, Msg, OffsetCommit, Request, TxnOffsetCommit};
use crate::scenario::{CommitMode, Scenario};
use crate::trace::CommitMetadata;
use crate::types::{Offset, Partition, Producer};

/// The API versions that the model's consumers use.
const OFFSET_COMMIT_VERSION: i16 = 9;
const TXN_OFFSET_COMMIT_VERSION: i16 = 4;

impl ConsumerTurn<'_> {
    /// The timer exists in that phase only: a client that joins holds its commits back.
    pub(super) fn commit_only_while_stable(&mut self) {
        self.follow(Rule::CommitOnlyWhileStable);
        if !self.state.knows_coordinator {
            return self.resume();
        }
        match self.scenario.commit {
            CommitMode::Async | CommitMode::Auto => {
                let mut offsets = self.commit_what_was_processed();
                self.add_kept(&mut offsets);
                let Some(offsets) = self.in_turn(offsets) else { return };
                self.send_commit(offsets);
            }
            CommitMode::Sync => self.commit_and_wait(),
            CommitMode::Transactional | CommitMode::Mixed => {
                let offsets = self.commit_what_was_processed();
                if self.state.in_transaction {
                    self.send_commit(offsets);
                } else {
                    self.send_txn_commit(offsets);
                }
            }
        }
    }

    /// `commitSync`: nothing else of the application runs, and what is lost with a connection is sent again.
    pub(super) fn commit_and_wait(&mut self) {
        self.state.phase = ConsumerPhase::Committing;
        let offsets = self.commit_what_was_processed();
        self.send_commit(offsets);
    }

    pub(super) fn send_commit(&mut self, offsets: BTreeMap<Partition, Offset>) {
        let commit = OffsetCommit {
            version: OFFSET_COMMIT_VERSION,
            member: self.state.member,
            instance: self.instance(),
            generation: self.state.generation,
            offsets: offsets.clone(),
            metadata: CommitMetadata::Short,
            abandoned: false,
        };
        self.send(Request::OffsetCommit(commit), Awaited::OffsetCommit(offsets));
    }

    /// The stored offsets of owned partitions that are not committed yet.
    fn commit_what_was_processed(&mut self) -> BTreeMap<Partition, Offset> {
        self.follow(Rule::CommitWhatWasProcessed);
        self.unsaved(|_| true)
    }

    /// Of some of the owned partitions.
    pub(super) fn unsaved(&self, of: impl Fn(Partition) -> bool) -> BTreeMap<Partition, Offset> {
        let unsaved =
            self.state.progress().filter(|(p, progress)| of(*p) && progress.stored != progress.committed);
        unsaved.map(|(p, progress)| (p, progress.stored)).collect()
    }

    /// The first error decides: all partitions of a group fail alike.
    pub(super) fn on_commit(&mut self, awaited: Option<Awaited>, errors: &BTreeMap<Partition, Error>) {
        let error = errors.values().copied().find(|e| *e != Error::None).unwrap_or(Error::None);
        if let (Error::None, Some(Awaited::OffsetCommit(offsets))) = (error, awaited) {
            self.acknowledge(&offsets);
        }
        let over = matches!(error, Error::None | Error::RebalanceInProgress);
        let retried = matches!(
            error,
            Error::NotCoordinator | Error::CoordinatorNotAvailable | Error::CoordinatorLoadInProgress
        );
        match self.state.phase {
            ConsumerPhase::Revoking if over => return self.finish_revocation(),
            ConsumerPhase::Preparing if over => return self.give_up_and_join(),
            ConsumerPhase::Closing if !retried => return self.leave_on_close(),
            ConsumerPhase::Committing if !retried => self.state.phase = ConsumerPhase::Stable,
            ConsumerPhase::Joining
            | ConsumerPhase::Syncing
            | ConsumerPhase::Revoking
            | ConsumerPhase::Preparing
            | ConsumerPhase::Committing
            | ConsumerPhase::Closing
            | ConsumerPhase::Overdue
            | ConsumerPhase::FetchingOffsets
            | ConsumerPhase::Stable
            | ConsumerPhase::Crashed
            | ConsumerPhase::Closed => {}
        }
        self.on_group_error(error);
    }

    /// `sendOffsetsToTransaction`.
    fn send_txn_commit(&mut self, offsets: BTreeMap<Partition, Offset>) {
        let commit = TxnOffsetCommit {
            version: TXN_OFFSET_COMMIT_VERSION,
            producer: Producer(self.client),
            member: self.state.member,
            instance: self.instance(),
            generation: self.state.generation,
            offsets: offsets.clone(),
        };
        self.send(Request::TxnOffsetCommit(commit), Awaited::TxnOffsetCommit(offsets));
    }

    /// `commitTransaction`: from here on the application takes it for committed. With an error it aborts a transaction that
    /// holds nothing, and hears from the group by itself.
    pub(super) fn on_txn_commit(&mut self, awaited: Option<Awaited>, errors: &BTreeMap<Partition, Error>) {
        let accepted = errors.values().all(|error| *error == Error::None);
        if let (true, Some(Awaited::TxnOffsetCommit(offsets))) = (accepted, awaited) {
            self.acknowledge(&offsets);
            self.state.in_transaction = true;
            self.effects.sent.push(Msg::EndTransaction(Producer(self.client)));
        }
    }

    fn acknowledge(&mut self, offsets: &BTreeMap<Partition, Offset>) {
        for (partition, offset) in offsets {
            if let Some(Some(progress)) = self.state.owned.get_mut(partition) {
                progress.committed = *offset;
            }
            self.forget_kept(*partition, *offset);
        }
    }
}

impl Consumer {
    /// A transaction cannot begin before the marker of the one before is written (`CONCURRENT_TRANSACTIONS`).
    pub(super) fn may_commit(&self, scenario: &Scenario) -> bool {
        match scenario.commit {
            CommitMode::Transactional => !self.in_transaction,
            CommitMode::Async | CommitMode::Sync | CommitMode::Auto | CommitMode::Mixed => true,
        }
    }
}
