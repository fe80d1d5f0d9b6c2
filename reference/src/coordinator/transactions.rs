//! Chapter `transactions` (`OffsetMetadataManager.commitTransactionalOffset`, `replayEndTransactionMarker`,
//! `ClassicGroup.validateOffsetCommit`).

use muster_specs::Rule;

use super::change::GroupChange;
use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::Phase;
use super::ids::{GroupId, ProducerId, TopicName};
use super::mutation::Mutation;
use super::pending::Pending;
use super::record::{CommittedOffset, Record, TransactionRecord};
use super::request::{OffsetCommit, TxnOffsetCommit};
use super::requests::Api;

impl Decision<'_> {
    pub(super) fn commit_in_transaction(&mut self, call: &Call, request: TxnOffsetCommit) {
        let TxnOffsetCommit { producer, commit } = request;
        let found = self.names_known_partition(&commit).then(|| self.validate_txn_commit(&commit));
        self.finish_commit(call, commit, found, Some(producer));
    }

    /// Neither is the state of the group looked at, nor does it count as a sign of life.
    fn validate_txn_commit(&mut self, commit: &OffsetCommit) -> Result<(), ErrorCode> {
        self.admit(Api::TxnOffsetCommit, &commit.group)?;
        let outside = commit.generation.0 < 0;
        let Some(group) = self.group(&commit.group) else {
            if !outside {
                return Err(self.reject_txn_commit_to_absent_group());
            }
            self.change(&commit.group, GroupChange::Created);
            self.accept_txn_commit_to_empty_group();
            return Ok(());
        };
        let (generation, empty) = (group.generation, group.phase == Phase::Empty);
        if outside && empty {
            self.accept_txn_commit_to_empty_group();
            return Ok(());
        }
        if outside && commit.member.is_empty() && commit.instance.is_none() {
            self.accept_txn_commit_without_identity();
            return Ok(());
        }
        if self.mutated(Mutation::AcceptTxnCommitOfAnyone) {
            self.accept_txn_commit();
            return Ok(());
        }
        if self.is_replaced(&commit.group, &commit.member, commit.instance.as_ref()) {
            return Err(self.fence_replaced_static_member());
        }
        if !self.knows(&commit.group, &commit.member, commit.instance.as_ref()) {
            return Err(self.reject_txn_commit_of_unknown_member());
        }
        if commit.generation != generation {
            return Err(self.fence_txn_commit_of_stale_generation());
        }
        self.accept_txn_commit();
        Ok(())
    }

    fn reject_txn_commit_to_absent_group(&mut self) -> ErrorCode {
        self.follow(Rule::RejectTxnCommitToAbsentGroup);
        match self.config.release {
            Release::V3_9 => ErrorCode::UnknownMemberId,
            Release::V4_3 => ErrorCode::IllegalGeneration,
        }
    }

    /// With any member id: there is no member that it could harm.
    fn accept_txn_commit_to_empty_group(&mut self) {
        self.follow(Rule::AcceptTxnCommitToEmptyGroup);
    }

    /// Of a producer that does not know that there are groups.
    fn accept_txn_commit_without_identity(&mut self) {
        self.follow(Rule::AcceptTxnCommitWithoutIdentity);
    }

    fn reject_txn_commit_of_unknown_member(&mut self) -> ErrorCode {
        self.follow(Rule::RejectTxnCommitOfUnknownMember);
        ErrorCode::UnknownMemberId
    }

    fn fence_txn_commit_of_stale_generation(&mut self) -> ErrorCode {
        self.follow(Rule::FenceTxnCommitOfStaleGeneration);
        ErrorCode::IllegalGeneration
    }

    /// While the group rebalances too.
    fn accept_txn_commit(&mut self) {
        self.follow(Rule::AcceptTxnCommit);
    }

    /// What is written for one partition.
    pub(super) fn pending_record(
        &self,
        producer: ProducerId,
        group: GroupId,
        topic: TopicName,
        partition: i32,
        value: CommittedOffset,
    ) -> Record {
        if self.mutated(Mutation::CountTxnCommitAtOnce) {
            return Record::OffsetCommit { group, topic, partition, value };
        }
        Record::Transaction(TransactionRecord::Pending { producer, group, topic, partition, value })
    }

    /// What is pending, what is not replicated included.
    pub(super) fn latest_pending(&self) -> Pending {
        let mut pending = self.state.pending.clone();
        for uncommitted in self.state.uncommitted.values() {
            _ = pending.take(&uncommitted.record);
        }
        pending
    }

    /// Nobody is answered here: whoever writes the marker waits for the log.
    pub(super) fn end_transaction(&mut self, producer: ProducerId, commits: bool) {
        let ended = self.latest_pending().of_producer(producer);
        if ended.is_empty() {
            return;
        }
        if !commits {
            self.abort_transaction();
        }
        if commits && ended.iter().any(|(_, counts)| *counts) {
            self.commit_transaction();
        }
        if commits && ended.iter().any(|(_, counts)| !counts) {
            self.keep_later_offset();
        }
        let over_later = commits && self.mutated(Mutation::CommitOverLaterOffset);
        for (record, _) in ended.into_iter().filter(|(_, counts)| over_later && !counts) {
            self.append(record);
        }
        let commits = if commits {
            !self.mutated(Mutation::ForgetCommittedTransaction)
        } else {
            self.mutated(Mutation::CommitAbortedTransaction)
        };
        self.append(Record::Transaction(TransactionRecord::Ended { producer, commits }));
    }

    fn commit_transaction(&mut self) {
        self.follow(Rule::CommitTransaction);
    }

    /// The one whose record is later in the log, whichever marker came first.
    fn keep_later_offset(&mut self) {
        self.follow(Rule::KeepLaterOffset);
    }

    fn abort_transaction(&mut self) {
        self.follow(Rule::AbortTransaction);
    }

    pub(super) fn refuse_unstable_offset(&mut self) {
        self.follow(Rule::RefuseUnstableOffset);
    }

    /// Of the offsets that would expire those stay that a transaction may move.
    pub(super) fn keep_offset_of_open_transaction(
        &mut self,
        group: &GroupId,
        pending: &Pending,
        expired: &mut Vec<(TopicName, i32)>,
    ) {
        let before = expired.len();
        if !self.mutated(Mutation::ExpireOffsetOfOpenTransaction) {
            expired.retain(|key| !pending.holds(group, key));
        }
        if expired.len() < before {
            self.follow(Rule::KeepOffsetOfOpenTransaction);
        }
    }

    /// The records that say that offsets are deleted say it of what is pending too.
    pub(super) fn drop_offset_of_open_transaction(
        &mut self,
        group: &GroupId,
        pending: &Pending,
        held: &[&(TopicName, i32)],
    ) {
        self.follow(Rule::DropOffsetOfOpenTransaction);
        if self.mutated(Mutation::KeepPendingOffsetOnDeletion) {
            for record in held.iter().flat_map(|key| pending.records_of(group, key)) {
                self.append(record);
            }
        }
    }
}
