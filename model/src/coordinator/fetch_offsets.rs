//! OffsetFetch (`OffsetMetadataManager.fetchOffsets`). It looks at no member and no generation, and at nothing that is
//! not replicated.

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::Turn;
use crate::message::Response;
use crate::mutation::Mutation;
use crate::types::{Connection, Offset, Partition};

impl Turn<'_> {
    pub(super) fn offset_fetch(&mut self, connection: Connection, partitions: &[Partition]) {
        let offsets = partitions.iter().map(|p| (*p, self.committed(*p))).collect();
        self.answer(connection, Response::OffsetFetch(Ok(offsets)));
    }

    /// OffsetFetch of the group without a name, which is absent.
    pub(super) fn fetch_with_empty_group_id(&mut self, connection: Connection) {
        let none = self.answer_without_committed_offset();
        self.answer(connection, Response::OffsetFetch(Ok(BTreeMap::from([(Partition::FIRST, none)]))));
    }

    fn committed(&mut self, partition: Partition) -> Option<Offset> {
        let replicated =
            if self.scenario.keeps_log() { &self.state.log.offsets } else { &self.state.offsets };
        match replicated.get(&partition).copied() {
            Some(offset) => Some(self.answer_committed_offset(offset)),
            None => self.answer_without_committed_offset(),
        }
    }

    fn answer_committed_offset(&mut self, offset: Offset) -> Offset {
        self.follow(Rule::AnswerCommittedOffset);
        if self.mutated(Mutation::AnswerOffsetPastCommitted) { offset.next() } else { offset }
    }

    fn answer_without_committed_offset(&mut self) -> Option<Offset> {
        self.follow(Rule::AnswerWithoutCommittedOffset);
        None
    }
}
