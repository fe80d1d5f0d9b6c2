//! All that a coordinator knows, and the one place where it changes.

use std::collections::BTreeMap;

use super::change::{Change, GroupChange, Then};
use super::group::Group;
use super::ids::{GroupId, Position, TopicName};
use super::pending::Pending;
use super::record::{CommittedOffset, Record};
use super::restore;

/// A group's offsets, by topic and partition.
pub(super) type Offsets = BTreeMap<(TopicName, i32), CommittedOffset>;

/// A record that is written but not yet replicated, and what waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Uncommitted {
    pub(super) record: Record,
    pub(super) then: Vec<Then>,
}

/// All that a coordinator knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) topics: BTreeMap<TopicName, i32>,
    pub(super) groups: BTreeMap<GroupId, Group>,
    /// Replicated offsets.
    pub(super) offsets: BTreeMap<GroupId, Offsets>,
    /// Replicated offsets of open transactions.
    pub(super) pending: Pending,
    /// Written, not yet replicated.
    pub(super) uncommitted: BTreeMap<Position, Uncommitted>,
    /// Where the next record will stand.
    pub(super) log_end: Position,
    /// Groups that were made without a record, and where the first record after that stands: they go if it is lost.
    pub(super) unwritten: BTreeMap<GroupId, Position>,
}

impl State {
    /// Applies a change.
    pub(super) fn evolve(&mut self, change: &Change) {
        match change {
            Change::Append { position, record } => {
                self.log_end = Position(position.0.saturating_add(1));
                self.uncommitted.insert(*position, Uncommitted { record: record.clone(), then: Vec::new() });
            }
            Change::Await { position, then } => {
                if let Some(waiting) = self.uncommitted.get_mut(position) {
                    waiting.then.push(then.clone());
                }
            }
            Change::Committed { through } => self.commit(*through),
            Change::Lost { first } => {
                self.uncommitted.split_off(first);
                self.log_end = self.log_end.min(*first);
                self.unwritten.retain(|_, position| *position < *first);
            }
            Change::Restored(record) => self.restore(record.clone()),
            Change::Group { group, change } => self.evolve_group(group, change),
            Change::Topics(topics) => self.topics.clone_from(topics),
            Change::Unwritten(group) => {
                self.unwritten.insert(group.clone(), self.log_end);
            }
            Change::OffsetsForgotten(group) => {
                self.offsets.remove(group);
            }
        }
    }

    /// Takes a record that is read back from the log; a million of them are not copied first.
    pub(super) fn restore(&mut self, record: Record) {
        self.log_end = Position(self.log_end.0.saturating_add(1));
        restore::replay(self, record);
    }

    fn commit(&mut self, through: Position) {
        self.unwritten.retain(|_, first| *first > through);
        let later = self.uncommitted.split_off(&Position(through.0.saturating_add(1)));
        for (_, committed) in std::mem::replace(&mut self.uncommitted, later) {
            for (group, key, value) in self.pending.take(&committed.record) {
                self.offsets.entry(group).or_default().insert(key, value);
            }
            match committed.record {
                Record::GroupMetadata { .. } | Record::GroupDeleted { .. } | Record::Transaction(_) => {}
                Record::OffsetDeleted { group, topic, partition } => {
                    if let Some(offsets) = self.offsets.get_mut(&group) {
                        offsets.remove(&(topic, partition));
                    }
                }
                Record::OffsetCommit { group, topic, partition, value } => {
                    self.offsets.entry(group).or_default().insert((topic, partition), value);
                }
            }
        }
    }

    fn evolve_group(&mut self, id: &GroupId, change: &GroupChange) {
        let mut group = self.groups.remove(id);
        evolve(&mut group, change);
        if let Some(group) = group {
            self.groups.insert(id.clone(), group);
        }
    }
}

/// Applies a change to a group that may be absent.
pub(super) fn evolve(group: &mut Option<Group>, change: &GroupChange) {
    if *change == GroupChange::Removed {
        *group = None;
    } else if *change == GroupChange::Created {
        group.get_or_insert_with(Group::default);
    } else if let GroupChange::Reinstated(before) = change {
        *group = Some((**before).clone());
    } else if let Some(group) = group {
        group.evolve(change);
    }
}
