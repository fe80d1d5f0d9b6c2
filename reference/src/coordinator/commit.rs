//! Chapter `commit` (`KafkaApis.handleOffsetCommitRequest`, `OffsetMetadataManager.commitOffset`,
//! `ClassicGroup.validateOffsetCommit`).

use muster_specs::Rule;

use super::change::{Change, GroupChange, Then};
use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::Phase;
use super::ids::{Position, ProducerId, TopicName};
use super::mutation::Mutation;
use super::record::{CommittedOffset, Record};
use super::request::{OffsetCommit, PartitionCommit};
use super::requests::Api;
use super::response::{OffsetCommitResponse, Response};

impl Decision<'_> {
    pub(super) fn commit_offsets(&mut self, call: &Call, request: OffsetCommit) {
        // With nothing left to commit the group is not asked.
        let found = self.names_known_partition(&request).then(|| self.validate_commit(&request));
        self.finish_commit(call, request, found, None);
    }

    /// Whether there is one that exists. Those that do not are reported.
    pub(super) fn names_known_partition(&mut self, request: &OffsetCommit) -> bool {
        let known = |topic: &TopicName, partition: i32| {
            self.state.topics.get(topic).is_some_and(|count| (0..*count).contains(&partition))
        };
        let mut all = request.topics.iter().flat_map(|(topic, partitions)| {
            partitions.iter().map(move |commit| known(topic, commit.partition))
        });
        let (some_unknown, some_known) = (all.clone().any(|known| !known), all.any(|known| known));
        if some_unknown {
            self.report_unknown_partition_on_commit();
        }
        some_known
    }

    fn validate_commit(&mut self, request: &OffsetCommit) -> Result<(), ErrorCode> {
        self.admit(Api::OffsetCommit, &request.group)?;
        let Some(group) = self.group(&request.group) else {
            return if request.generation.0 < 0 {
                self.accept_commit_to_absent_group(request);
                Ok(())
            } else {
                Err(self.reject_commit_to_absent_group(request))
            };
        };
        let (generation, empty) = (group.generation, group.phase == Phase::Empty);
        let completing = matches!(group.phase, Phase::Completing { .. });
        let anonymous = request.member.is_empty() && request.instance.is_none();
        if empty && request.generation.0 < 0 {
            self.accept_commit_to_empty_group();
            return Ok(());
        }
        if request.generation.0 < 0 && anonymous {
            return Err(self.reject_commit_without_identity());
        }
        let replaced = self.is_replaced(&request.group, &request.member, request.instance.as_ref());
        let accepts_replaced = replaced && self.mutated(Mutation::AcceptCommitOfReplacedMember);
        if replaced && !accepts_replaced {
            return Err(self.fence_replaced_static_member());
        }
        if !accepts_replaced
            && !self.knows(&request.group, &request.member, request.instance.as_ref())
            && !self.mutated(Mutation::AcceptCommitOfUnknownMember)
        {
            return Err(self.reject_commit_of_unknown_member());
        }
        if request.generation != generation && !self.mutated(Mutation::AcceptStaleCommit) {
            return Err(self.fence_commit_of_stale_generation());
        }
        if completing && !self.mutated(Mutation::AcceptCommitWhileCompleting) {
            return Err(self.reject_commit_while_completing());
        }
        self.accept_commit(request);
        Ok(())
    }

    /// Before anything else is looked at, the group included.
    fn report_unknown_partition_on_commit(&mut self) {
        self.follow(Rule::ReportUnknownPartitionOnCommit);
    }

    /// A consumer that manages its partitions itself: the group is there from now on, Empty.
    fn accept_commit_to_absent_group(&mut self, request: &OffsetCommit) {
        self.follow(Rule::AcceptCommitToAbsentGroup);
        self.change(&request.group, GroupChange::Created);
    }

    /// From version 9 on, 4.3 has an error of its own for it.
    fn reject_commit_to_absent_group(&mut self, request: &OffsetCommit) -> ErrorCode {
        self.follow(Rule::RejectCommitToAbsentGroup);
        match (self.config.release, request.version >= 9) {
            (Release::V4_3, true) => ErrorCode::GroupIdNotFound,
            (Release::V4_3, false) | (Release::V3_9, _) => ErrorCode::IllegalGeneration,
        }
    }

    /// With any member id: there is no member that it could harm.
    fn accept_commit_to_empty_group(&mut self) {
        self.follow(Rule::AcceptCommitToEmptyGroup);
    }

    fn reject_commit_without_identity(&mut self) -> ErrorCode {
        self.follow(Rule::RejectCommitWithoutIdentity);
        ErrorCode::UnknownMemberId
    }

    fn reject_commit_of_unknown_member(&mut self) -> ErrorCode {
        self.follow(Rule::RejectCommitOfUnknownMember);
        ErrorCode::UnknownMemberId
    }

    /// A known member without a generation is stale too.
    fn fence_commit_of_stale_generation(&mut self) -> ErrorCode {
        self.follow(Rule::FenceCommitOfStaleGeneration);
        ErrorCode::IllegalGeneration
    }

    fn reject_commit_while_completing(&mut self) -> ErrorCode {
        self.follow(Rule::RejectCommitWhileCompleting);
        ErrorCode::RebalanceInProgress
    }

    /// That the member owns the partition is not checked. A commit counts as a sign of life.
    fn accept_commit(&mut self, request: &OffsetCommit) {
        self.follow(Rule::AcceptCommit);
        let phase = self.group(&request.group).map(|group| &group.phase);
        if matches!(phase, Some(Phase::Stable { .. } | Phase::Preparing { .. })) {
            self.restart_session_timer(&request.group, &request.member);
        }
    }

    /// What is accepted is stored, by itself or in the transaction of a producer, and answered. What was found of the group
    /// is `None` where it was not asked.
    pub(super) fn finish_commit(
        &mut self,
        call: &Call,
        request: OffsetCommit,
        found: Option<Result<(), ErrorCode>>,
        producer: Option<ProducerId>,
    ) {
        let waits = found.is_some_and(|found| found.is_ok());
        let group = request.group.clone();
        let is_new = !self.state.groups.contains_key(&group);
        let (response, last) = self.store_offsets(request, found.unwrap_or(Ok(())), producer);
        if self.config.release == Release::V4_3 && is_new {
            match last {
                Some(position) => self.wait_for(position, Then::Create { group }),
                None if waits => self.note(Change::Unwritten(group)),
                None => {}
            }
        }
        let response = match producer {
            Some(_) => Response::TxnOffsetCommit(response),
            None => Response::OffsetCommit(response),
        };
        let id = call.id;
        match last {
            Some(position) => self.wait_for(position, Then::Answer { id, response }),
            // What is accepted waits for what was written before, even where it has nothing to write.
            None if waits => self.answer_write(id, response),
            None => self.answer(id, response),
        }
    }

    /// The errors, and where the last record stands, if there is one.
    fn store_offsets(
        &mut self,
        request: OffsetCommit,
        accepted: Result<(), ErrorCode>,
        producer: Option<ProducerId>,
    ) -> (OffsetCommitResponse, Option<Position>) {
        let mut last = None;
        let mut response = OffsetCommitResponse::default();
        for (topic, partitions) in request.topics {
            let count = self.state.topics.get(&topic).copied().unwrap_or(0);
            let mut answered = Vec::new();
            for commit in partitions {
                let partition = commit.partition;
                let stored = if (0..count).contains(&partition) {
                    accepted.and_then(|()| self.storable(commit))
                } else {
                    Err(ErrorCode::UnknownTopicOrPartition)
                };
                let error = stored.as_ref().err().copied().unwrap_or_default();
                if let Ok(value) = stored {
                    let (group, topic) = (request.group.clone(), topic.clone());
                    last = Some(self.append(match producer {
                        Some(producer) => self.pending_record(producer, group, topic, partition, value),
                        None => Record::OffsetCommit { group, topic, partition, value },
                    }));
                }
                answered.push((partition, error));
            }
            response.topics.push((topic, answered));
        }
        (response, last)
    }

    fn storable(&self, commit: PartitionCommit) -> Result<CommittedOffset, ErrorCode> {
        let metadata = commit.metadata.unwrap_or_default();
        let most = usize::try_from(self.config.offset_metadata_max_bytes).unwrap_or(0);
        // Kafka counts UTF-16 units, whatever the property's name says.
        if metadata.encode_utf16().count() > most {
            return Err(ErrorCode::OffsetMetadataTooLarge);
        }
        Ok(CommittedOffset {
            offset: commit.offset,
            leader_epoch: commit.leader_epoch,
            metadata,
            committed_at: self.now,
        })
    }
}
