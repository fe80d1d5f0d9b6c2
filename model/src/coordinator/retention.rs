//! What is not kept for ever (`GroupCoordinatorShard.cleanupGroupMetadata`,
//! `OffsetMetadataManager.cleanupExpiredOffsets`).
//!
//! Dates are not modelled: of each offset, and of a group that became Empty, it is known whether the retention has
//! passed since.

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::{Coordinator, Group, Phase, Turn};
use crate::types::{Offset, Partition, ProtocolType};

/// The partitions whose offsets the retention has passed since: a bit for each of eight partitions of each of eight topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Aged(u64);

impl Aged {
    fn bit(partition: Partition) -> u64 {
        1_u64.checked_shl(u32::from(partition.topic.0) * 8 + u32::from(partition.index)).unwrap_or(0)
    }

    fn contains(self, partition: Partition) -> bool {
        self.0 & Self::bit(partition) != 0
    }

    /// The same of other partitions.
    pub(crate) fn map(self, mut to: impl FnMut(Partition) -> Partition) -> Self {
        Self(Partition::of_bits(self.0).fold(0, |bits, partition| bits | Self::bit(to(partition))))
    }

    /// An offset is what it was.
    pub(super) fn restore(&mut self, partition: Partition, before: Self) {
        self.set(partition, before.contains(partition));
    }

    /// An offset is committed that was sent a while ago.
    pub(super) fn set(&mut self, partition: Partition, aged: bool) {
        self.remove(partition);
        if aged {
            self.0 |= Self::bit(partition);
        }
    }

    /// An offset is committed or deleted.
    pub(super) fn remove(&mut self, partition: Partition) {
        self.0 &= !Self::bit(partition);
    }
}

impl<'p> FromIterator<&'p Partition> for Aged {
    fn from_iter<I: IntoIterator<Item = &'p Partition>>(partitions: I) -> Self {
        Self(partitions.into_iter().fold(0, |bits, partition| bits | Self::bit(*partition)))
    }
}

impl Turn<'_> {
    pub(super) fn check_retention(&mut self) {
        let Some(group) = self.state.group.take() else { return };
        let expired = self.expired(&group);
        self.no_longer_owed(&group, &expired);
        self.forget_offsets_of(&expired);
        let empty = group.phase == Phase::Empty;
        self.state.group = Some(group);
        if empty && self.state.offsets.is_empty() && self.state.open.0.is_empty() {
            self.forget_group_without_offsets();
        }
    }

    /// `ClassicGroup.offsetExpirationCondition`.
    fn expired(&mut self, group: &Group) -> Vec<Partition> {
        match (group.protocol_type, group.phase) {
            (None, _) => self.expire_offsets_of_simple_group(),
            (Some(_), Phase::Empty) if group.aged => self.expire_offsets_of_empty_group(),
            (Some(ProtocolType::Consumer), Phase::Stable) => self.expire_offsets_of_unread_topic(group),
            (
                Some(_),
                Phase::Empty | Phase::PreparingRebalance { .. } | Phase::CompletingRebalance | Phase::Stable,
            ) => Vec::new(),
        }
    }

    /// There is nobody who could leave.
    fn expire_offsets_of_simple_group(&mut self) -> Vec<Partition> {
        let expired = self.aged().collect();
        self.all_but_open(Rule::ExpireOffsetsOfSimpleGroup, expired)
    }

    /// However old they are: members that come back find them.
    fn expire_offsets_of_empty_group(&mut self) -> Vec<Partition> {
        let expired = self.state.offsets.keys().copied().collect();
        self.all_but_open(Rule::ExpireOffsetsOfEmptyGroup, expired)
    }

    fn expire_offsets_of_unread_topic(&mut self, group: &Group) -> Vec<Partition> {
        let unread = self.aged().filter(|partition| !group.is_subscribed_to(*partition));
        let expired = unread.collect();
        self.all_but_open(Rule::ExpireOffsetsOfUnreadTopic, expired)
    }

    fn aged(&self) -> impl Iterator<Item = Partition> {
        self.state.offsets.keys().copied().filter(|partition| self.state.aged.contains(*partition))
    }

    /// All but what transactions may move.
    fn all_but_open(&mut self, rule: Rule, mut expired: Vec<Partition>) -> Vec<Partition> {
        self.keep_offset_of_open_transaction(&mut expired);
        if !expired.is_empty() {
            self.follow(rule);
        }
        expired
    }

    /// At once, whatever the retention.
    pub(super) fn forget_group_without_offsets(&mut self) {
        self.follow(Rule::ForgetGroupWithoutOffsets);
        self.drop_group();
    }
}

impl Group {
    fn can_age(&self) -> bool {
        self.phase == Phase::Empty && self.protocol_type.is_some() && !self.aged
    }

    fn age(&mut self) {
        self.aged |= self.can_age();
    }
}

impl Coordinator {
    /// Whether something is there that the retention has not passed since.
    pub(super) fn can_age(&self) -> bool {
        let young = |aged: Aged, offsets: &BTreeMap<Partition, Offset>| {
            offsets.keys().any(|partition| !aged.contains(*partition))
        };
        young(self.aged, &self.offsets)
            || young(self.log.aged, &self.log.offsets)
            || self.open.can_age()
            || self.log.open.can_age()
            || self.group.iter().chain(&self.log.group).any(Group::can_age)
    }

    /// The retention passes.
    pub(super) fn age(&mut self) {
        self.aged = self.offsets.keys().collect();
        self.log.aged = self.log.offsets.keys().collect();
        self.open.age();
        self.log.open.age();
        for group in self.group.iter_mut().chain(self.log.groups_mut()) {
            group.age();
        }
    }
}
