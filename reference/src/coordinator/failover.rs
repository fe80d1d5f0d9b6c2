//! Chapter `failover`: the end of a term, and the beginning of the next (`GroupMetadataManager.onUnloaded`, `onLoaded`; in
//! 3.9 `GroupCoordinator.onGroupUnloaded`, `onGroupLoaded`). What a record gives is in `restore.rs`.

use std::collections::{BTreeMap, BTreeSet};

use muster_specs::Rule;

use super::Coordinator;
use super::change::{GroupChange, Then};
use super::config::Release;
use super::decision::Decision;
use super::error::ErrorCode;
use super::ids::{Generation, GroupId, MemberId, RequestId};
use super::mutation::Mutation;
use super::record::Record;
use super::response::{JoinGroupResponse, Response, SyncGroupResponse};
use super::state::State;

impl Decision<'_> {
    /// What waits for the log may have been written all the same.
    pub(super) fn refuse_parked_requests_on_resignation(&mut self) {
        self.follow(Rule::RefuseParkedRequestsOnResignation);
        let error = ErrorCode::NotCoordinator;
        for then in self.state.uncommitted.values().flat_map(|written| &written.then) {
            match then {
                Then::Answer { id, response } => self.answer(*id, response.clone().failed(error)),
                Then::HandOut { .. } | Then::Replaced(_) | Then::Delete { .. } | Then::Create { .. } => {}
            }
        }
        let members = self.state.groups.values().flat_map(|group| group.members.iter());
        let parked: Vec<(MemberId, Option<RequestId>, Option<RequestId>)> =
            members.map(|(id, member)| (id.clone(), member.join, member.sync)).collect();
        for (member, join, sync) in parked {
            if let Some(join) = join {
                self.answer(join, Response::JoinGroup(JoinGroupResponse::error(member, error)));
            }
            if let Some(sync) = sync {
                self.answer(sync, Response::SyncGroup(SyncGroupResponse::error(error)));
            }
        }
        let groups: BTreeSet<GroupId> = self.state.groups.keys().cloned().collect();
        for group in &groups {
            self.change(group, GroupChange::Removed);
        }
    }

    /// The log is read: what the groups are from here on.
    pub(super) fn resume(&mut self) {
        let groups: Vec<GroupId> = self.state.groups.keys().cloned().collect();
        for id in groups {
            let Some(group) = self.group(&id) else { continue };
            let without_offsets = self.state.offsets.get(&id).is_none_or(BTreeMap::is_empty);
            let never_written = group.generation == Generation(0) && self.config.release == Release::V3_9;
            if !group.members.is_empty() {
                self.restore_members_as_stable(&id);
            } else if never_written && without_offsets {
                self.forget_group_without_records(&id);
            } else {
                self.restore_group_without_members_as_empty();
            }
        }
    }

    /// A group that is too large by the settings rebalances.
    fn restore_members_as_stable(&mut self, id: &GroupId) {
        self.follow(Rule::RestoreMembersAsStable);
        let Some(group) = self.group(id) else { return };
        let members: Vec<MemberId> = group.members.keys().cloned().collect();
        let most = usize::try_from(self.config.group_max_size).unwrap_or(0);
        for member in &members {
            self.restart_session_timer(id, member);
        }
        if members.len() > most {
            self.start_rebalance(id);
        }
    }

    fn restore_group_without_members_as_empty(&mut self) {
        self.follow(Rule::RestoreGroupWithoutMembersAsEmpty);
    }

    /// 3.9 knows a group that never completed a join by its offsets alone.
    fn forget_group_without_records(&mut self, id: &GroupId) {
        self.follow(Rule::ForgetGroupWithoutRecords);
        self.change(id, GroupChange::Removed);
    }
}

/// What brokers got wrong here. All of it does nothing without its mutation.
impl Coordinator {
    /// Whether a record is passed over: an older one of the group is there.
    pub(super) fn passes_over(&self, record: &Record) -> bool {
        if !self.config.is_mutated(Mutation::RestoreOlderRecord) {
            return false;
        }
        match record {
            Record::GroupMetadata { group, .. } => {
                self.state.groups.get(group).is_some_and(|group| !group.members.is_empty())
            }
            Record::GroupDeleted { .. }
            | Record::OffsetDeleted { .. }
            | Record::OffsetCommit { .. }
            | Record::Transaction(_) => false,
        }
    }

    /// An unload that was begun before the load ends after it.
    pub(super) fn unload_late(&mut self) {
        if self.config.is_mutated(Mutation::UnloadAfterLoad) {
            self.state = State { log_end: self.state.log_end, ..State::default() };
        }
    }
}
