//! TxnOffsetCommit, and the markers that end transactions (`OffsetMetadataManager.commitTransactionalOffset`,
//! `replayEndTransactionMarker`, `ClassicGroup.validateOffsetCommit`).
//!
//! The transaction coordinator is not modelled: a marker is something that the environment writes.

mod open;

use std::collections::{BTreeMap, BTreeSet};

use muster_specs::Rule;

pub use open::{Open, OpenOffset};

use super::{Control, Coordinator, CoordinatorTimer, Group, Identity, Phase, Record, Then, Turn};
use crate::message::{Error, Response, TxnOffsetCommit};
use crate::mutation::Mutation;
use crate::trace::Release;
use crate::types::{Connection, Generation, Offset, Partition, Producer};

impl Turn<'_> {
    pub(super) fn txn_offset_commit(&mut self, connection: Connection, commit: &TxnOffsetCommit) {
        let answer = self.commit_errors(&commit.offsets, |turn, offsets| turn.hold_for(commit, offsets));
        let answer = Response::TxnOffsetCommit(answer);
        if self.write.is_some() {
            self.answer_write(connection, answer);
        } else {
            self.answer(connection, answer);
        }
    }

    fn hold_for(&mut self, commit: &TxnOffsetCommit, offsets: &[(Partition, Offset)]) -> Error {
        let admitted = match self.state.group.take() {
            None if commit.generation == Generation::NONE => {
                self.accept_txn_commit_to_empty_group();
                self.state.group = Some(Group::new());
                self.write.get_or_insert_default().then.push(Then::Create);
                Error::None
            }
            None => self.reject_txn_commit_to_absent_group(),
            Some(group) => {
                let error = self.admit_txn_commit(&group, commit);
                self.state.group = Some(group);
                error
            }
        };
        if admitted == Error::None {
            self.hold(commit.producer, offsets);
        }
        admitted
    }

    /// The state of the group is not looked at, and no session timer restarted.
    fn admit_txn_commit(&mut self, group: &Group, commit: &TxnOffsetCommit) -> Error {
        if commit.generation == Generation::NONE && group.phase == Phase::Empty {
            self.accept_txn_commit_to_empty_group();
            return Error::None;
        }
        if commit.generation == Generation::NONE && commit.member.is_none() && commit.instance.is_none() {
            return self.accept_txn_commit_without_identity();
        }
        let of_anyone = self.mutated(Mutation::AcceptTxnCommitOfAnyone);
        match group.identify(commit.member, commit.instance) {
            Identity::Member(_) => {}
            Identity::Unknown | Identity::Replaced if of_anyone => {}
            Identity::Unknown => return self.reject_txn_commit_of_unknown_member(),
            Identity::Replaced => return self.fence_replaced_static_member(),
        }
        if group.generation != commit.generation && !of_anyone {
            return self.fence_txn_commit_of_stale_generation();
        }
        self.accept_txn_commit(group, commit)
    }

    fn reject_txn_commit_to_absent_group(&mut self) -> Error {
        self.follow(Rule::RejectTxnCommitToAbsentGroup);
        match self.scenario.release {
            Release::V3_9 => Error::UnknownMemberId,
            Release::V4_3 => Error::IllegalGeneration,
        }
    }

    fn accept_txn_commit_to_empty_group(&mut self) {
        self.follow(Rule::AcceptTxnCommitToEmptyGroup);
    }

    fn accept_txn_commit_without_identity(&mut self) -> Error {
        self.follow(Rule::AcceptTxnCommitWithoutIdentity);
        Error::None
    }

    fn reject_txn_commit_of_unknown_member(&mut self) -> Error {
        self.follow(Rule::RejectTxnCommitOfUnknownMember);
        Error::UnknownMemberId
    }

    fn fence_txn_commit_of_stale_generation(&mut self) -> Error {
        self.follow(Rule::FenceTxnCommitOfStaleGeneration);
        Error::IllegalGeneration
    }

    fn accept_txn_commit(&mut self, group: &Group, commit: &TxnOffsetCommit) -> Error {
        self.follow(Rule::AcceptTxnCommit);
        let current = commit.member.is_some_and(|m| group.members.contains_key(&m));
        if !current || commit.generation != group.generation {
            self.state.ghost.stale_commit_accepted = true;
        }
        Error::None
    }

    fn hold(&mut self, producer: Producer, offsets: &[(Partition, Offset)]) {
        let before = self.state.open.clone();
        for (partition, offset) in offsets {
            self.state.open.hold(producer, *partition, *offset);
        }
        let write = self.write.get_or_insert_default();
        write.records.extend(offsets.iter().map(|(p, offset)| Record::OpenOffset(producer, *p, *offset)));
        write.then.push(Then::Open(before));
    }

    pub(super) fn commit_transaction(&mut self, producer: Producer) {
        let before = self.state.open.clone();
        let over_later = self.mutated(Mutation::CommitOverLaterOffset);
        let ended = self.state.open.end(producer, true, over_later);
        if !ended.counts.is_empty() {
            self.follow(Rule::CommitTransaction);
        }
        if ended.outdone {
            self.keep_later_offset();
        }
        let (mut offsets, aged_before) = (BTreeMap::new(), self.state.aged);
        for (partition, offset, aged) in &ended.counts {
            offsets.insert(*partition, self.state.offsets.insert(*partition, *offset));
            self.state.aged.set(*partition, *aged);
        }
        let now = ended.counts.iter().map(|(partition, offset, _)| (*partition, *offset)).collect();
        let write = self.write.get_or_insert_default();
        write.then.push(Then::Commit { before: offsets, aged: aged_before, now, abandoned: false });
        self.end_transaction(producer, true, before);
    }

    /// Whichever offset was appended last counts.
    fn keep_later_offset(&mut self) {
        self.follow(Rule::KeepLaterOffset);
    }

    pub(super) fn abort_transaction(&mut self, producer: Producer) {
        self.follow(Rule::AbortTransaction);
        let before = self.state.open.clone();
        _ = self.state.open.end(producer, false, false);
        self.end_transaction(producer, false, before);
    }

    fn end_transaction(&mut self, producer: Producer, commits: bool, before: Open) {
        let write = self.write.get_or_insert_default();
        write.records.push(Record::EndTransaction(producer, commits));
        write.then.push(Then::Open(before));
        self.state.ending.remove(&producer);
        self.effects.ended = Some(producer);
    }

    /// Of those that would go, the ones that a transaction may move stay.
    pub(super) fn keep_offset_of_open_transaction(&mut self, expired: &mut Vec<Partition>) {
        let before = expired.len();
        expired.retain(|partition| !self.state.open.holds(*partition));
        if expired.len() < before {
            self.follow(Rule::KeepOffsetOfOpenTransaction);
        }
    }

    /// The offsets of partitions that transactions hold are gone with those that are committed.
    pub(super) fn drop_offset_of_open_transaction(&mut self, partitions: &[Partition]) -> Vec<Partition> {
        let held: Vec<Partition> =
            partitions.iter().copied().filter(|partition| self.state.open.holds(*partition)).collect();
        if held.is_empty() {
            return held;
        }
        self.follow(Rule::DropOffsetOfOpenTransaction);
        let before = self.state.open.clone();
        for partition in &held {
            self.state.open.drop_of(*partition);
        }
        self.write.get_or_insert_default().then.push(Then::Open(before));
        held
    }

    /// What is committed by itself was appended after what open transactions hold of the partition.
    pub(super) fn outdo_open(&mut self, offsets: &[(Partition, Offset)]) {
        if offsets.iter().all(|(partition, _)| !self.state.open.holds(*partition)) {
            return;
        }
        let before = self.state.open.clone();
        for (partition, _) in offsets {
            self.state.open.outdo(*partition);
        }
        self.write.get_or_insert_default().then.push(Then::Open(before));
    }

    pub(super) fn refuse_unstable_offset(&mut self) -> Error {
        self.follow(Rule::RefuseUnstableOffset);
        Error::UnstableOffsetCommit
    }
}

impl Coordinator {
    /// Ghost: a consumer's producer has asked for the end of its transaction.
    pub fn end_transaction_of(&mut self, producer: Producer) {
        self.ending.insert(producer);
    }

    /// Ghost: the markers that are on their way.
    pub(super) fn markers(&self) -> BTreeSet<CoordinatorTimer> {
        let written = self.ending.iter().filter(|p| !self.resigned && self.open.is_of(**p));
        written.map(|p| CoordinatorTimer::Environment(Control::CommitTransaction(*p))).collect()
    }
}
