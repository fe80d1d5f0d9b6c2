//! OffsetFetch (`ConsumerCoordinator.initWithCommittedOffsetsIfNeeded`, `refreshCommittedOffsets`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::mutation::ConsumerMutation;
use super::state::{Kind, Progress};
use super::turn::Turn;
use crate::assignor::TopicPartition;
use crate::coordinator::{ErrorCode, OffsetFetch, OffsetFetchResponse, Request, TopicName};

/// The version of the API.
const OFFSET_FETCH_VERSION: i16 = 9;

impl Turn<'_> {
    /// Asks for what is assigned and has no position yet.
    pub(super) fn fetch_missing_offsets(&mut self) {
        if !self.knows_coordinator() || self.awaits(|kind| *kind == Kind::OffsetFetch) {
            return;
        }
        let missing = self.state.owned.iter().filter(|(_, p)| p.position.is_none() && !p.pending_revocation);
        let mut topics: BTreeMap<TopicName, Vec<i32>> = BTreeMap::new();
        for (TopicPartition { topic, partition }, _) in missing {
            topics.entry(topic.clone()).or_default().push(*partition);
        }
        if topics.is_empty() {
            return;
        }
        let request = OffsetFetch {
            version: OFFSET_FETCH_VERSION,
            group: self.config.group.clone(),
            topics: Some(topics.into_iter().collect()),
            require_stable: true,
        };
        self.send(Kind::OffsetFetch, Request::OffsetFetch(request));
    }

    /// An error is retried by the next `poll`.
    pub(super) fn on_offsets(&mut self, answer: OffsetFetchResponse) {
        if answer.error == ErrorCode::None {
            self.resume_from_committed_offset(answer);
        } else {
            self.on_coordinator_error(answer.error);
        }
    }

    /// `auto.offset.reset=earliest` where there is none.
    fn resume_from_committed_offset(&mut self, answer: OffsetFetchResponse) {
        self.follow(Rule::ResumeFromCommittedOffset);
        let first = i64::from(self.mutated(ConsumerMutation::SkipFirstRecord));
        let offsets = answer
            .topics
            .into_iter()
            .flat_map(|(topic, offsets)| offsets.into_iter().map(move |offset| (topic.clone(), offset)));
        for (topic, offset) in offsets.filter(|(_, offset)| offset.error == ErrorCode::None) {
            let partition = TopicPartition { topic, partition: offset.partition };
            let Some(progress) = self.state.owned.get_mut(&partition) else { continue };
            if progress.position.is_none() {
                let start = if offset.offset < 0 { first } else { offset.offset };
                *progress = Progress::at(start);
            }
        }
    }
}
