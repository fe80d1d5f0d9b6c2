//! Chapter `fetch_offsets` (`OffsetMetadataManager.fetchOffsets`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::ids::{GroupId, TopicName};
use super::mutation::Mutation;
use super::pending::Pending;
use super::record::{CommittedOffset, Record};
use super::request::OffsetFetch;
use super::requests::Api;
use super::response::{FetchedOffset, OffsetFetchResponse, Response};

/// What an OffsetFetch looks at, beside what is replicated.
struct Read {
    /// What is written but not replicated; none: deleted.
    written: BTreeMap<(TopicName, i32), Option<CommittedOffset>>,
    pending: Pending,
    require_stable: bool,
}

impl Decision<'_> {
    pub(super) fn fetch_offsets(&mut self, call: &Call, request: OffsetFetch) {
        if let Err(error) = self.admit(Api::OffsetFetch, &request.group) {
            return self.answer(call.id, Response::OffsetFetch(refused(&request, error)));
        }
        let asked = request.topics.unwrap_or_else(|| self.every_partition(&request.group));
        let (written, pending) = self.unreplicated(&request.group);
        let read = Read { written, pending, require_stable: request.require_stable };
        let mut topics = Vec::new();
        for (topic, partitions) in asked {
            let read = |partition| self.offset(&request.group, &topic, partition, &read);
            let mut offsets: Vec<_> = partitions.into_iter().map(read).collect();
            if self.mutated(Mutation::AnswerOffsetPastCommitted) {
                offsets.iter_mut().filter(|offset| offset.offset >= 0).for_each(|offset| offset.offset += 1);
            }
            topics.push((topic, offsets));
        }
        let each = || topics.iter().flat_map(|(_, offsets)| offsets);
        if each().any(|offset| offset.error == ErrorCode::UnstableOffsetCommit) {
            self.refuse_unstable_offset();
        }
        if each().any(|offset| offset.offset >= 0) {
            self.answer_committed_offset();
        }
        let is_none = |offset: &FetchedOffset| offset.offset < 0 && offset.error == ErrorCode::None;
        if each().any(is_none) || each().next().is_none() {
            self.answer_without_committed_offset();
        }
        let response = Response::OffsetFetch(OffsetFetchResponse { error: ErrorCode::None, topics });
        match (self.config.release, request.require_stable) {
            (Release::V4_3, true) => self.answer_when_committed(call.id, response),
            (Release::V4_3, false) | (Release::V3_9, _) => self.answer(call.id, response),
        }
    }

    /// Whatever the state of the group: the offset may be that of a consumer that manages its partitions itself.
    fn answer_committed_offset(&mut self) {
        self.follow(Rule::AnswerCommittedOffset);
    }

    /// An absent group, a topic that does not exist and a partition never committed look the same: -1, no error.
    fn answer_without_committed_offset(&mut self) {
        self.follow(Rule::AnswerWithoutCommittedOffset);
    }

    fn offset(&self, group: &GroupId, topic: &TopicName, partition: i32, read: &Read) -> FetchedOffset {
        let key = (topic.clone(), partition);
        let unstable = read.require_stable && read.pending.holds(group, &key);
        if unstable && !self.mutated(Mutation::AnswerUnstableOffset) {
            return FetchedOffset::none(partition, ErrorCode::UnstableOffsetCommit);
        }
        let replicated = self.state.offsets.get(group).and_then(|offsets| offsets.get(&key));
        match (read.written.get(&key), read.require_stable, self.config.release) {
            (Some(Some(_)), true, Release::V3_9) => {
                FetchedOffset::none(partition, ErrorCode::UnstableOffsetCommit)
            }
            (Some(Some(value)), true, Release::V4_3) => fetched(partition, value),
            (Some(None), _, Release::V3_9) | (Some(None), true, Release::V4_3) => {
                FetchedOffset::none(partition, ErrorCode::None)
            }
            (Some(Some(_)), false, _) | (Some(None), false, Release::V4_3) | (None, _, _) => match replicated
            {
                Some(value) => fetched(partition, value),
                None => FetchedOffset::none(partition, ErrorCode::None),
            },
        }
    }

    /// Offsets of the group that are written but not replicated, the last of each partition; none: deleted. And what is
    /// pending by then, of all groups.
    fn unreplicated(
        &self,
        wanted: &GroupId,
    ) -> (BTreeMap<(TopicName, i32), Option<CommittedOffset>>, Pending) {
        let mut offsets = BTreeMap::new();
        let mut pending = self.state.pending.clone();
        for uncommitted in self.state.uncommitted.values() {
            let ended = pending.take(&uncommitted.record).into_iter();
            offsets.extend(ended.filter(|(of, ..)| of == wanted).map(|(_, key, value)| (key, Some(value))));
            match &uncommitted.record {
                Record::OffsetCommit { group, topic, partition, value } if group == wanted => {
                    offsets.insert((topic.clone(), *partition), Some(value.clone()));
                }
                Record::OffsetDeleted { group, topic, partition } if group == wanted => {
                    offsets.insert((topic.clone(), *partition), None);
                }
                Record::OffsetCommit { .. }
                | Record::OffsetDeleted { .. }
                | Record::Transaction(_)
                | Record::GroupMetadata { .. }
                | Record::GroupDeleted { .. } => {}
            }
        }
        (offsets, pending)
    }

    /// The group's offsets, and what is pending, of all groups; what is not replicated yet is included.
    pub(super) fn latest(&self, group: &GroupId) -> (BTreeMap<(TopicName, i32), CommittedOffset>, Pending) {
        let mut offsets = self.state.offsets.get(group).cloned().unwrap_or_default();
        let (unreplicated, pending) = self.unreplicated(group);
        for (key, written) in unreplicated {
            match written {
                Some(value) => offsets.insert(key, value),
                None => offsets.remove(&key),
            };
        }
        (offsets, pending)
    }

    fn every_partition(&self, group: &GroupId) -> Vec<(TopicName, Vec<i32>)> {
        let mut topics: BTreeMap<TopicName, Vec<i32>> = BTreeMap::new();
        for (topic, partition) in self.state.offsets.get(group).into_iter().flat_map(BTreeMap::keys) {
            topics.entry(topic.clone()).or_default().push(*partition);
        }
        topics.into_iter().collect()
    }
}

fn fetched(partition: i32, value: &CommittedOffset) -> FetchedOffset {
    FetchedOffset {
        partition,
        offset: value.offset,
        leader_epoch: value.leader_epoch,
        metadata: value.metadata.clone(),
        error: ErrorCode::None,
    }
}

/// Below version 2 there is no place for the error of the request, so it stands at each partition.
fn refused(request: &OffsetFetch, error: ErrorCode) -> OffsetFetchResponse {
    if request.version >= 2 {
        return OffsetFetchResponse { error, topics: Vec::new() };
    }
    let none = |partitions: &Vec<i32>| partitions.iter().map(|p| FetchedOffset::none(*p, error)).collect();
    let topics = request.topics.iter().flatten();
    OffsetFetchResponse {
        error: ErrorCode::None,
        topics: topics.map(|(topic, partitions)| (topic.clone(), none(partitions))).collect(),
    }
}
