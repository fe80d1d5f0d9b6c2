//! Chapter `administration`: what tools ask of a group from outside (`GroupCoordinatorShard.deleteGroups`,
//! `OffsetMetadataManager.deleteOffsets`; in 3.9 `GroupCoordinator.handleDeleteGroups`, `handleDeleteOffsets`).

mod looks;

use std::collections::{BTreeMap, BTreeSet};

use muster_specs::Rule;

use super::change::{Change, GroupChange, Then};
use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::Phase;
use super::ids::{Generation, GroupId, TopicName};
use super::mutation::Mutation;
use super::pending::Pending;
use super::record::{CommittedOffset, Record};
use super::request::{DeleteGroups, OffsetDelete};
use super::requests::Api;
use super::response::{DeleteGroupsResponse, OffsetDeleteResponse, Response};

impl Decision<'_> {
    /// Each group by itself.
    pub(super) fn delete_groups(&mut self, call: &Call, request: DeleteGroups) {
        let mut groups = Vec::new();
        for group in request.groups {
            let error = self.delete_one(&group).err().unwrap_or_default();
            groups.push((group, error));
        }
        self.answer_write(call.id, Response::DeleteGroups(DeleteGroupsResponse { groups }));
    }

    fn delete_one(&mut self, id: &GroupId) -> Result<(), ErrorCode> {
        self.admit(Api::DeleteGroups, id)?;
        let Some(group) = self.group(id) else {
            return Err(self.reject_deletion_of_absent_group());
        };
        if group.phase == Phase::Empty || self.mutated(Mutation::DeleteGroupWithMembers) {
            self.delete_empty_group(id);
            Ok(())
        } else {
            Err(self.reject_deletion_of_group_with_members())
        }
    }

    fn reject_deletion_of_absent_group(&mut self) -> ErrorCode {
        self.follow(Rule::RejectDeletionOfAbsentGroup);
        ErrorCode::GroupIdNotFound
    }

    fn reject_deletion_of_group_with_members(&mut self) -> ErrorCode {
        self.follow(Rule::RejectDeletionOfGroupWithMembers);
        ErrorCode::NonEmptyGroup
    }

    /// With its offsets, and with the count of its generations.
    fn delete_empty_group(&mut self, id: &GroupId) {
        self.follow(Rule::DeleteEmptyGroup);
        if !self.mutated(Mutation::KeepOffsetsOfDeletedGroup) {
            let (offsets, pending) = self.latest(id);
            let all: BTreeSet<_> = offsets.into_keys().chain(pending.of(id)).collect();
            self.forget_offsets(id, &pending, &all);
        }
        self.drop_group(id);
    }

    pub(super) fn forget_offsets<'o>(
        &mut self,
        group: &GroupId,
        pending: &Pending,
        of: impl IntoIterator<Item = &'o (TopicName, i32)>,
    ) {
        let mut held = Vec::new();
        for key in of {
            if pending.holds(group, key) {
                held.push(key);
            }
            let (group, (topic, partition)) = (group.clone(), key.clone());
            self.append(Record::OffsetDeleted { group, topic, partition });
        }
        if !held.is_empty() {
            self.drop_offset_of_open_transaction(group, pending, &held);
        }
    }

    /// 3.9 writes nothing of a group that never completed a join: its log knows nothing of it.
    pub(super) fn drop_group(&mut self, id: &GroupId) {
        let Some(before) = self.group(id).cloned() else { return };
        self.change(id, GroupChange::Removed);
        match self.config.release {
            Release::V3_9 if before.generation == Generation(0) => {}
            Release::V3_9 => {
                self.append(Record::GroupDeleted { group: id.clone() });
            }
            Release::V4_3 => {
                let position = self.append(Record::GroupDeleted { group: id.clone() });
                self.wait_for(position, Then::Delete { group: id.clone(), before: Box::new(before) });
            }
        }
    }

    pub(super) fn change_topics(&mut self, topics: BTreeMap<TopicName, i32>) {
        let is_gone = |topic: &&TopicName| !topics.contains_key(*topic);
        let gone: BTreeSet<_> = self.state.topics.keys().filter(is_gone).cloned().collect();
        self.note(Change::Topics(topics));
        if !gone.is_empty() {
            self.delete_offsets_of_deleted_topics(&gone);
        }
    }

    fn delete_offsets_of_deleted_topics(&mut self, gone: &BTreeSet<TopicName>) {
        let groups: Vec<GroupId> = self.state.groups.keys().cloned().collect();
        for group in groups {
            let (mut latest, pending) = self.latest(&group);
            let named = latest.keys().cloned().chain(pending.of(&group));
            let without: BTreeSet<_> = named.filter(|(topic, _)| gone.contains(topic)).collect();
            if !without.is_empty() {
                self.delete_offsets_of_deleted_topic(&group, &pending, &without);
            }
            latest.retain(|(topic, _), _| !gone.contains(topic));
            self.drop_group_after_deletion(&group, latest.is_empty());
        }
    }

    /// Whoever reads it: a topic of the same name that is created later is another one.
    fn delete_offsets_of_deleted_topic(
        &mut self,
        group: &GroupId,
        pending: &Pending,
        of: &BTreeSet<(TopicName, i32)>,
    ) {
        self.follow(Rule::DeleteOffsetsOfDeletedTopic);
        self.forget_offsets(group, pending, of);
    }

    pub(super) fn delete_offsets_of(&mut self, call: &Call, request: OffsetDelete) {
        let known = |topic: &TopicName, partition: i32| {
            self.state.topics.get(topic).is_some_and(|count| (0..*count).contains(&partition))
        };
        let named = request.topics.iter().flat_map(|(t, of)| of.iter().map(move |p| known(t, *p)));
        if named.into_iter().any(|known| !known) {
            self.report_unknown_partition_on_deletion();
        }
        let response = match self.admit_offset_deletion(&request.group) {
            Ok(()) => self.delete_each(request),
            Err(error) => OffsetDeleteResponse { error, topics: Vec::new() },
        };
        self.answer_write(call.id, Response::OffsetDelete(response));
    }

    fn admit_offset_deletion(&mut self, id: &GroupId) -> Result<(), ErrorCode> {
        self.admit(Api::OffsetDelete, id)?;
        let Some(group) = self.group(id) else {
            return Err(self.reject_offset_deletion_of_absent_group());
        };
        if group.phase == Phase::Empty || group.is_consumer_group() {
            return Ok(());
        }
        Err(self.reject_offset_deletion_of_other_group())
    }

    /// With the error of the request as a whole nothing is said of partitions.
    fn report_unknown_partition_on_deletion(&mut self) {
        self.follow(Rule::ReportUnknownPartitionOnDeletion);
    }

    fn reject_offset_deletion_of_absent_group(&mut self) -> ErrorCode {
        self.follow(Rule::RejectOffsetDeletionOfAbsentGroup);
        ErrorCode::GroupIdNotFound
    }

    /// What its members read is not known.
    fn reject_offset_deletion_of_other_group(&mut self) -> ErrorCode {
        self.follow(Rule::RejectOffsetDeletionOfOtherGroup);
        ErrorCode::NonEmptyGroup
    }

    fn delete_each(&mut self, request: OffsetDelete) -> OffsetDeleteResponse {
        let group = request.group;
        let (mut latest, _) = self.latest(&group);
        let (mut topics, mut allowed) = (Vec::new(), false);
        for (topic, partitions) in request.topics {
            let count = self.state.topics.get(&topic).copied().unwrap_or(0);
            let in_use = self.group(&group).is_some_and(|group| group.is_subscribed_to(&topic));
            let mut answered = Vec::new();
            for partition in partitions {
                let error = if !(0..count).contains(&partition) {
                    ErrorCode::UnknownTopicOrPartition
                } else if in_use && !self.mutated(Mutation::DeleteOffsetOfSubscribedTopic) {
                    self.keep_offset_of_subscribed_topic()
                } else {
                    allowed = true;
                    self.delete_offset(&group, &(topic.clone(), partition), &mut latest)
                };
                answered.push((partition, error));
            }
            topics.push((topic, answered));
        }
        let open = self.latest_pending().is_of(&group);
        self.drop_group_after_deletion(&group, allowed && latest.is_empty() && !open);
        OffsetDeleteResponse { error: ErrorCode::None, topics }
    }

    fn keep_offset_of_subscribed_topic(&mut self) -> ErrorCode {
        self.follow(Rule::KeepOffsetOfSubscribedTopic);
        ErrorCode::GroupSubscribedToTopic
    }

    /// Whether there is one or not.
    fn delete_offset(
        &mut self,
        group: &GroupId,
        key: &(TopicName, i32),
        latest: &mut BTreeMap<(TopicName, i32), CommittedOffset>,
    ) -> ErrorCode {
        self.follow(Rule::DeleteOffset);
        let pending = self.latest_pending();
        if latest.remove(key).is_some() || pending.holds(group, key) {
            self.forget_offsets(group, &pending, [key]);
        }
        ErrorCode::None
    }

    /// 3.9 cleans up at once an Empty group that is left without offsets; 4.3 at the next retention check.
    fn drop_group_after_deletion(&mut self, group: &GroupId, without_offsets: bool) {
        let empty = self.group(group).is_some_and(|group| group.phase == Phase::Empty);
        match self.config.release {
            Release::V3_9 if empty && without_offsets => self.forget_group_without_offsets(group),
            Release::V3_9 | Release::V4_3 => {}
        }
    }
}
