//! OffsetCommit (`ConsumerCoordinator.sendOffsetCommitRequest`, `OffsetCommitResponseHandler`,
//! `maybeAutoCommitOffsetsAsync`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::config::CommitPolicy;
use super::mutation::ConsumerMutation;
use super::state::{Failure, Identity, Kind, LastCommit, Phase, Why, commit_due};
use super::transition::ConsumerEffect;
use super::turn::Turn;
use crate::assignor::TopicPartition;
use crate::coordinator::{
    ErrorCode, OffsetCommit, OffsetCommitResponse, PartitionCommit, Request, RequestId, TopicName,
};

/// The version of the API.
const OFFSET_COMMIT_VERSION: i16 = 9;

impl Turn<'_> {
    pub(super) fn commit_when_asked(&mut self) {
        self.commit(Why::Asked);
    }

    /// `auto.commit.interval.ms`
    pub(super) fn commit_by_interval(&mut self) {
        if self.state.commit_due.is_some_and(|due| due <= self.now) {
            self.state.commit_due = commit_due(self.config, self.now);
            self.commit(Why::Interval);
        }
    }

    /// Sends what is to be committed, if there is any and it may.
    pub(super) fn commit(&mut self, why: Why) -> Option<RequestId> {
        let offsets = self.commit_what_was_processed();
        if offsets.is_empty() || !self.knows_coordinator() || !self.commit_only_while_stable() {
            return None;
        }
        let mut topics: BTreeMap<TopicName, Vec<PartitionCommit>> = BTreeMap::new();
        for (TopicPartition { topic, partition }, offset) in &offsets {
            let partition = *partition;
            let commit = PartitionCommit { partition, offset: *offset, leader_epoch: -1, metadata: None };
            topics.entry(topic.clone()).or_default().push(commit);
        }
        let request = OffsetCommit {
            version: OFFSET_COMMIT_VERSION,
            group: self.config.group.clone(),
            generation: self.state.identity.generation,
            member: self.state.identity.member.clone(),
            instance: self.config.instance.clone(),
            topics: topics.into_iter().collect(),
        };
        Some(self.send(Kind::OffsetCommit(why, offsets), Request::OffsetCommit(request)))
    }

    fn commit_only_while_stable(&mut self) -> bool {
        self.follow(Rule::CommitOnlyWhileStable);
        self.state.phase == Phase::Stable
    }

    /// An automatic commit takes what was handed out by an earlier `poll` for processed. All of it is sent each time, as
    /// `allConsumed` does: that heals an offset which a commit given up before has set back.
    fn commit_what_was_processed(&mut self) -> BTreeMap<TopicPartition, i64> {
        self.follow(Rule::CommitWhatWasProcessed);
        let fetched = self.mutated(ConsumerMutation::CommitFetched);
        if self.mutated(ConsumerMutation::NeverCommit) {
            return BTreeMap::new();
        }
        let done = self.state.owned.iter().filter_map(|(partition, progress)| {
            let position = progress.position?;
            let offset = match self.config.commit {
                _ if fetched => progress.fetched,
                CommitPolicy::Auto { .. } => position,
                CommitPolicy::Manual | CommitPolicy::OnRevocation => progress.processed,
            };
            Some((partition.clone(), offset))
        });
        done.collect()
    }

    pub(super) fn on_commit(
        &mut self,
        id: RequestId,
        why: Why,
        offsets: BTreeMap<TopicPartition, i64>,
        answer: &OffsetCommitResponse,
        sent: &Identity,
    ) {
        let errors =
            answer.topics.iter().flat_map(|(_, partitions)| partitions.iter().map(|(_, error)| *error));
        let error = errors.into_iter().find(|error| *error != ErrorCode::None).unwrap_or_default();
        if error == ErrorCode::None {
            return self.acknowledged(id, why, offsets);
        }
        let again = [ErrorCode::UnknownTopicOrPartition, ErrorCode::RequestTimedOut].contains(&error);
        if self.on_coordinator_error(error) || again {
            return self.commit_lost(id, why, offsets);
        }
        let stale = !self.is_unchanged(sent) && self.state.phase == Phase::Preparing;
        if error == ErrorCode::RebalanceInProgress {
            self.rejoin_on_rebalance_in_progress();
        } else if stale {
            self.ignore_answer_to_earlier_generation();
        } else if error == ErrorCode::IllegalGeneration {
            self.reset_generation_on_illegal_generation();
        } else if error == ErrorCode::UnknownMemberId {
            self.reset_on_unknown_member();
        } else if error == ErrorCode::FencedInstanceId {
            self.stop_when_fenced();
        } else {
            self.raise(Failure::Fatal(error));
        }
        self.over(id, why);
        self.effect(ConsumerEffect::CommitFailed(offsets));
    }

    fn acknowledged(&mut self, id: RequestId, why: Why, offsets: BTreeMap<TopicPartition, i64>) {
        for (partition, offset) in &offsets {
            if let Some(progress) = self.state.owned.get_mut(partition) {
                progress.committed = *offset;
            }
        }
        self.effect(ConsumerEffect::Committed(offsets));
        self.over(id, why);
    }

    /// It may have been stored or not. Before a join it is sent again; the next one by interval is due at once.
    pub(super) fn commit_lost(&mut self, id: RequestId, why: Why, offsets: BTreeMap<TopicPartition, i64>) {
        match why {
            Why::Asked | Why::OnRevocation => self.effect(ConsumerEffect::CommitFailed(offsets)),
            Why::Interval => self.state.commit_due = Some(self.now),
            Why::BeforeJoin => self.state.last_commit = LastCommit::Due,
        }
        if why == Why::OnRevocation {
            self.finish_revocation(id);
        }
    }

    fn over(&mut self, id: RequestId, why: Why) {
        match why {
            Why::Asked | Why::Interval => {}
            Why::BeforeJoin => self.state.last_commit = LastCommit::Done,
            Why::OnRevocation => self.finish_revocation(id),
        }
    }
}
