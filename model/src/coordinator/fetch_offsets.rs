//! OffsetFetch (`OffsetMetadataManager.fetchOffsets`). It looks at no member and no generation, and, but for
//! `require_stable`, at nothing that is not replicated.

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::Turn;
use crate::message::Response;
use crate::mutation::Mutation;
use crate::types::{Connection, Offset, Partition};

impl Turn<'_> {
    pub(super) fn offset_fetch(&mut self, connection: Connection, partitions: &[Partition], stable: bool) {
        if stable {
            return self.offset_fetch_of_stable(connection, partitions);
        }
        let offsets = partitions.iter().map(|p| (*p, self.committed(*p))).collect();
        self.answer(connection, Response::OffsetFetch(Ok(offsets)));
    }

    /// OffsetFetch of the group without a name, which is absent.
    pub(super) fn fetch_with_empty_group_id(&mut self, connection: Connection) {
        let none = self.answer_without_committed_offset();
        self.answer(connection, Response::OffsetFetch(Ok(BTreeMap::from([(Partition::FIRST, none)]))));
    }

    /// What is appended counts, and the answer waits until it is replicated.
    fn offset_fetch_of_stable(&mut self, connection: Connection, partitions: &[Partition]) {
        let answer = if partitions.iter().any(|partition| self.state.open.holds(*partition)) {
            Err(self.refuse_unstable_offset())
        } else {
            let appended = |turn: &mut Self, p: Partition| turn.told(turn.state.offsets.get(&p).copied());
            Ok(partitions.iter().map(|p| (*p, appended(self, *p))).collect())
        };
        self.answer_write(connection, Response::OffsetFetch(answer));
    }

    fn committed(&mut self, partition: Partition) -> Option<Offset> {
        let replicated =
            if self.scenario.keeps_log() { &self.state.log.offsets } else { &self.state.offsets };
        self.told(replicated.get(&partition).copied())
    }

    fn told(&mut self, offset: Option<Offset>) -> Option<Offset> {
        match offset {
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
