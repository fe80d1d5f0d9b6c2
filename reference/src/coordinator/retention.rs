//! Chapter `retention`: what is not kept for ever (`GroupCoordinatorShard.cleanupGroupMetadata`,
//! `OffsetMetadataManager.cleanupExpiredOffsets`; in 3.9 `GroupMetadataManager.cleanupGroupMetadata`).

use muster_specs::Rule;

use super::decision::Decision;
use super::group::Phase;
use super::ids::{GroupId, Timestamp, TopicName};
use super::mutation::Mutation;
use super::pending::Pending;
use super::record::CommittedOffset;

/// From when on the retention of an offset counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    /// The group became Empty.
    Emptied(Timestamp),
    /// The offset was committed, by a consumer that is in no group.
    CommittedAlone,
    /// The offset was committed, and nobody reads the topic any more.
    CommittedUnread,
}

impl Decision<'_> {
    pub(super) fn check_retention(&mut self) {
        let groups: Vec<GroupId> = self.state.groups.keys().cloned().collect();
        for group in groups {
            let (latest, pending) = self.latest(&group);
            let expired = self.expired(&group, latest.iter().collect(), &pending);
            self.forget_offsets(&group, &pending, &expired);
            let empty = self.group(&group).is_some_and(|group| group.phase == Phase::Empty);
            let keeps = self.mutated(Mutation::KeepGroupWithoutOffsets);
            if empty && !keeps && expired.len() == latest.len() && !pending.is_of(&group) {
                self.forget_group_without_offsets(&group);
            }
        }
    }

    fn expired(
        &mut self,
        id: &GroupId,
        offsets: Vec<(&(TopicName, i32), &CommittedOffset)>,
        pending: &Pending,
    ) -> Vec<(TopicName, i32)> {
        let Some(since) = self.retention(id) else { return Vec::new() };
        let from = |offset: &CommittedOffset| match since {
            Since::Emptied(_) if self.mutated(Mutation::ExpireOffsetsByCommit) => offset.committed_at,
            Since::Emptied(then) => then,
            Since::CommittedAlone | Since::CommittedUnread => offset.committed_at,
        };
        let over = |offset: &CommittedOffset| self.now.0 - from(offset).0 >= self.config.offsets_retention_ms;
        let read = |topic: &TopicName| self.group(id).is_some_and(|group| group.is_subscribed_to(topic));
        let in_use = |topic: &TopicName| read(topic) && !self.mutated(Mutation::ExpireOffsetsOfReadTopic);
        let expired = offsets.into_iter().filter(|((topic, _), offset)| !in_use(topic) && over(offset));
        let mut expired: Vec<_> = expired.map(|(key, _)| key.clone()).collect();
        self.keep_offset_of_open_transaction(id, pending, &mut expired);
        if !expired.is_empty() {
            match since {
                Since::Emptied(_) => self.expire_offsets_of_empty_group(),
                Since::CommittedAlone => self.expire_offsets_of_simple_group(),
                Since::CommittedUnread => self.expire_offsets_of_unread_topic(),
            }
        }
        expired
    }

    /// `ClassicGroup.offsetExpirationCondition`; none: nothing expires.
    fn retention(&self, id: &GroupId) -> Option<Since> {
        let group = self.group(id)?;
        match (&group.protocol_type, &group.phase) {
            (None, _) => Some(Since::CommittedAlone),
            (Some(_), Phase::Empty) => Some(group.empty_since.map_or(Since::CommittedAlone, Since::Emptied)),
            (Some(_), Phase::Stable { .. }) if group.is_consumer_group() && group.subscribed.is_some() => {
                Some(Since::CommittedUnread)
            }
            (Some(_), Phase::Stable { .. } | Phase::Preparing { .. } | Phase::Completing { .. }) => None,
        }
    }

    /// However old they are: members that come back find them.
    fn expire_offsets_of_empty_group(&mut self) {
        self.follow(Rule::ExpireOffsetsOfEmptyGroup);
    }

    /// There is nobody who could leave.
    fn expire_offsets_of_simple_group(&mut self) {
        self.follow(Rule::ExpireOffsetsOfSimpleGroup);
    }

    fn expire_offsets_of_unread_topic(&mut self) {
        self.follow(Rule::ExpireOffsetsOfUnreadTopic);
    }

    /// At once, whatever the retention.
    pub(super) fn forget_group_without_offsets(&mut self, id: &GroupId) {
        self.follow(Rule::ForgetGroupWithoutOffsets);
        self.drop_group(id);
    }
}
