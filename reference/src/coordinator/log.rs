//! What happens when records are replicated, or lost.

use super::change::{Change, GroupChange, Then};
use super::decision::Decision;
use super::error::ErrorCode;
use super::group::Member;
use super::ids::{GroupId, Position};
use super::record::Record;
use super::response::{JoinGroupResponse, Response, SyncGroupResponse};
use super::state::Uncommitted;

impl Decision<'_> {
    /// The records up to and with `through` are replicated: what waited for them happens, in their order.
    pub(super) fn committed(&mut self, through: Position) {
        self.note(Change::Committed { through });
        for (position, written) in self.state.uncommitted.range(..=through) {
            for then in &written.then {
                match then {
                    Then::HandOut { group, generation } => match &written.record {
                        Record::GroupMetadata { value, .. } => {
                            self.hand_out_assignment(group, *generation, value);
                        }
                        Record::OffsetCommit { .. }
                        | Record::Transaction(_)
                        | Record::GroupDeleted { .. }
                        | Record::OffsetDeleted { .. } => {}
                    },
                    Then::Replaced(replacement) => self.answer_replacement(replacement, *position),
                    Then::Answer { id, response } => self.answer_after(*id, response.clone(), *position),
                    Then::Create { .. } | Then::Delete { .. } => {}
                }
            }
        }
    }

    /// The records from `first` on are lost.
    pub(super) fn append_failed(&mut self, first: Position, error: ErrorCode) {
        let told = error.of_failed_append();
        self.note(Change::Lost { first });
        let lost: Vec<&Uncommitted> = self.state.uncommitted.range(first..).map(|(_, w)| w).collect();
        // What groups there are goes back step by step; then each waiting request is told, in order.
        for then in lost.iter().rev().flat_map(|written| written.then.iter().rev()) {
            self.take_back(then, told);
        }
        for written in lost {
            self.record_lost(written, told);
        }
        self.forget_unwritten(first);
    }

    /// The groups are those of the last record that stands (`CoordinatorContext.revertLastWrittenOffset`). Nobody tells
    /// those who wait in one that goes.
    fn forget_unwritten(&mut self, first: Position) {
        let after = self.state.unwritten.iter().filter(|(_, position)| **position >= first);
        let gone: Vec<GroupId> = after.map(|(group, _)| group.clone()).collect();
        for group in gone {
            self.change(&group, GroupChange::Removed);
        }
    }

    fn record_lost(&mut self, written: &Uncommitted, error: ErrorCode) {
        for then in &written.then {
            match then {
                Then::HandOut { group, generation } => self.lose_assignment(group, *generation, error),
                Then::Replaced(replacement) => self.undo_replacement(replacement, error),
                Then::Answer { id, response } => self.answer(*id, response.clone().failed(error)),
                Then::Delete { .. } | Then::Create { .. } => {}
            }
        }
    }

    fn take_back(&mut self, then: &Then, error: ErrorCode) {
        match then {
            Then::Delete { group, before } => {
                self.change(group, GroupChange::Reinstated(before.clone()));
            }
            Then::Create { group } => self.forget_group(group, error),
            Then::HandOut { .. } | Then::Replaced(_) | Then::Answer { .. } => {}
        }
    }

    /// The group never came to be. Kafka answers only the request that made the group; here, so that none hangs, every
    /// request parked in it is answered.
    fn forget_group(&mut self, id: &GroupId, error: ErrorCode) {
        let members = self.group(id).into_iter().flat_map(|group| group.members.iter());
        let parked: Vec<_> = members.map(|(id, member)| (id.clone(), member.clone())).collect();
        self.change(id, GroupChange::Removed);
        for (id, Member { join, sync, .. }) in parked {
            if let Some(join) = join {
                self.answer(join, Response::JoinGroup(JoinGroupResponse::error(id, error)));
            }
            if let Some(sync) = sync {
                self.answer(sync, Response::SyncGroup(SyncGroupResponse::error(error)));
            }
        }
    }
}
