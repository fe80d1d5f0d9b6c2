//! OffsetCommit (`OffsetMetadataManager.validateOffsetCommit`, `ClassicGroup.validateOffsetCommit`). Nobody checks
//! that the member owns the partition.

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::{Group, Identity, Phase, Record, Then, Turn};
use crate::message::{Error, OffsetCommit, Response};
use crate::mutation::Mutation;
use crate::trace::{CommitMetadata, Release};
use crate::types::{Connection, Generation, Offset, Partition};

impl Turn<'_> {
    pub(super) fn offset_commit(&mut self, connection: Connection, commit: &OffsetCommit) {
        let errors =
            self.commit_errors(&commit.offsets, |turn, offsets| turn.commit_to_group(commit, offsets));
        // What is accepted waits for the log, even where it has nothing to write.
        let waits = self.write.is_some() || errors.values().any(|e| *e == Error::OffsetMetadataTooLarge);
        let answer = Response::OffsetCommit(errors);
        if waits {
            self.answer_write(connection, answer);
        } else {
            self.answer(connection, answer);
        }
    }

    /// The group is asked about the partitions that exist, if there are any.
    pub(super) fn commit_errors(
        &mut self,
        offsets: &BTreeMap<Partition, Offset>,
        group: impl FnOnce(&mut Self, &[(Partition, Offset)]) -> Error,
    ) -> BTreeMap<Partition, Error> {
        let (known, unknown): (Vec<_>, Vec<_>) =
            offsets.iter().map(|(p, o)| (*p, *o)).partition(|(p, _)| self.scenario.has(*p));
        let reported = self.report_unknown_partition_on_commit(&unknown);
        let error = if known.is_empty() { Error::None } else { group(self, &known) };
        let told = known.iter().map(|(p, _)| (*p, error));
        told.chain(reported).collect()
    }

    fn report_unknown_partition_on_commit(
        &mut self,
        unknown: &[(Partition, Offset)],
    ) -> Vec<(Partition, Error)> {
        if !unknown.is_empty() {
            self.follow(Rule::ReportUnknownPartitionOnCommit);
        }
        unknown.iter().map(|(p, _)| (*p, Error::UnknownTopicOrPartition)).collect()
    }

    fn commit_to_group(&mut self, commit: &OffsetCommit, offsets: &[(Partition, Offset)]) -> Error {
        match self.state.group.take() {
            None if commit.generation == Generation::NONE => {
                self.accept_commit_to_absent_group(commit, offsets)
            }
            None => self.reject_commit_to_absent_group(commit.version),
            Some(group) => {
                let error = self.commit_to(&group, commit, offsets);
                self.state.group = Some(group);
                error
            }
        }
    }

    fn commit_to(&mut self, group: &Group, commit: &OffsetCommit, offsets: &[(Partition, Offset)]) -> Error {
        if commit.generation == Generation::NONE && group.phase == Phase::Empty {
            return self.accept_commit_to_empty_group(commit, offsets);
        }
        if commit.generation == Generation::NONE && commit.member.is_none() && commit.instance.is_none() {
            return self.reject_commit_without_identity();
        }
        match group.identify(commit.member, commit.instance) {
            Identity::Member(_) => {}
            Identity::Unknown if self.accepts_commit_of_unknown(commit) => {}
            Identity::Unknown => return self.reject_commit_of_unknown_member(),
            Identity::Replaced if self.mutated(Mutation::AcceptCommitOfReplacedMember) => {}
            Identity::Replaced => return self.fence_replaced_static_member(),
        }
        if group.generation != commit.generation && !self.mutated(Mutation::AcceptStaleCommit) {
            return self.fence_commit_of_stale_generation();
        }
        if group.phase == Phase::CompletingRebalance && !self.mutated(Mutation::AcceptCommitWhileCompleting) {
            return self.reject_commit_while_completing();
        }
        self.accept_commit(group, commit, offsets)
    }

    fn accepts_commit_of_unknown(&self, commit: &OffsetCommit) -> bool {
        commit.member.is_some() && self.mutated(Mutation::AcceptCommitOfUnknownMember)
    }

    fn accept_commit_to_absent_group(
        &mut self,
        commit: &OffsetCommit,
        offsets: &[(Partition, Offset)],
    ) -> Error {
        self.follow(Rule::AcceptCommitToAbsentGroup);
        // With nothing to store, nothing is written of the group; only an append that fails makes a difference of it.
        let writes = commit.metadata != CommitMetadata::TooLong;
        let unwritten = !writes && self.scenario.append_failures > 0;
        self.state.group = Some(Group { unwritten, ..Group::new() });
        if writes {
            self.write.get_or_insert_default().then.push(Then::Create);
        }
        self.store(commit, offsets)
    }

    /// OffsetCommit as a member of the group without a name, which is absent.
    pub(super) fn commit_with_empty_group_id(&mut self, connection: Connection, version: i16) {
        let error = self.reject_commit_to_absent_group(version);
        self.answer(connection, Response::OffsetCommit(BTreeMap::from([(Partition::FIRST, error)])));
    }

    fn reject_commit_to_absent_group(&mut self, version: i16) -> Error {
        self.follow(Rule::RejectCommitToAbsentGroup);
        match self.scenario.release {
            Release::V3_9 => Error::IllegalGeneration,
            Release::V4_3 if version < 9 => Error::IllegalGeneration,
            Release::V4_3 => Error::GroupIdNotFound,
        }
    }

    fn accept_commit_to_empty_group(
        &mut self,
        commit: &OffsetCommit,
        offsets: &[(Partition, Offset)],
    ) -> Error {
        self.follow(Rule::AcceptCommitToEmptyGroup);
        self.store(commit, offsets)
    }

    fn reject_commit_without_identity(&mut self) -> Error {
        self.follow(Rule::RejectCommitWithoutIdentity);
        Error::UnknownMemberId
    }

    fn reject_commit_of_unknown_member(&mut self) -> Error {
        self.follow(Rule::RejectCommitOfUnknownMember);
        Error::UnknownMemberId
    }

    fn fence_commit_of_stale_generation(&mut self) -> Error {
        self.follow(Rule::FenceCommitOfStaleGeneration);
        Error::IllegalGeneration
    }

    fn reject_commit_while_completing(&mut self) -> Error {
        self.follow(Rule::RejectCommitWhileCompleting);
        Error::RebalanceInProgress
    }

    fn accept_commit(
        &mut self,
        group: &Group,
        commit: &OffsetCommit,
        offsets: &[(Partition, Offset)],
    ) -> Error {
        self.follow(Rule::AcceptCommit);
        let current = commit.member.is_some_and(|m| group.members.contains_key(&m));
        if !current || commit.generation != group.generation {
            self.state.ghost.stale_commit_accepted = true;
        }
        let error = self.store(commit, offsets);
        if let Some(member) = commit.member.filter(|_| current) {
            self.restart_session_timer(member);
        }
        error
    }

    /// But what has too much metadata.
    fn store(&mut self, commit: &OffsetCommit, offsets: &[(Partition, Offset)]) -> Error {
        match commit.metadata {
            CommitMetadata::Short | CommitMetadata::Longest => {}
            CommitMetadata::TooLong => return Error::OffsetMetadataTooLarge,
        }
        self.outdo_open(offsets);
        let mut before = BTreeMap::new();
        let aged = self.state.aged;
        for (partition, offset) in offsets {
            before.insert(*partition, self.state.offsets.insert(*partition, *offset));
            self.state.aged.remove(*partition);
        }
        let write = self.write.get_or_insert_default();
        write
            .records
            .extend(offsets.iter().map(|(partition, offset)| Record::Offset(*partition, Some(*offset))));
        write.then.push(Then::Commit {
            before,
            aged,
            now: offsets.iter().copied().collect(),
            abandoned: commit.abandoned,
        });
        Error::None
    }

    /// Ghost: what is replicated may be told.
    pub(super) fn acknowledge(&mut self, offsets: &BTreeMap<Partition, Offset>, abandoned: bool) {
        for (partition, offset) in offsets {
            let acknowledged = self.state.ghost.acknowledged.entry(*partition).or_insert(*offset);
            if abandoned || *offset > *acknowledged {
                *acknowledged = *offset;
            }
        }
    }
}
