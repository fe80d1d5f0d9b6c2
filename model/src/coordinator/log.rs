//! The coordinator's log: what was appended, what of it is replicated, and what happens then
//! (`CoordinatorRuntime.CoordinatorContext`).
//!
//! A step sees all that was appended before it. Its own write is appended at its end, in one piece: if that fails,
//! nothing is in the log; otherwise what waits for it happens once it is replicated, which is at once unless the
//! environment holds replication.

mod failed;
mod write;

use std::collections::BTreeMap;

use super::retention::Aged;
use super::transactions::Open;
use super::{Group, Phase, Turn};
use crate::message::{Assignments, Error, JoinError, Response};
use crate::mutation::Mutation;
use crate::trace::Release;
use crate::types::{Connection, Generation, Offset, Partition};
use failed::failed;
pub use write::{Record, Then, Write};

/// Why the log takes no record. Kafka has more of them, which it tells clients in these three ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AppendError {
    /// Too few replicas keep up.
    NotEnoughReplicas,
    /// The broker does not lead the log, and has not heard of it.
    NotLeaderOrFollower,
    /// The records exceed `max.message.bytes`.
    MessageTooLarge,
}

impl AppendError {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::NotEnoughReplicas, Self::NotLeaderOrFollower, Self::MessageTooLarge];

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotEnoughReplicas => "NOT_ENOUGH_REPLICAS",
            Self::NotLeaderOrFollower => "NOT_LEADER_OR_FOLLOWER",
            Self::MessageTooLarge => "MESSAGE_TOO_LARGE",
        }
    }

    /// What clients are told (`CoordinatorOperationExceptionHelper`, `appendGroupMetadataErrorToResponseError`).
    fn told(self) -> Error {
        match self {
            Self::NotEnoughReplicas => Error::CoordinatorNotAvailable,
            Self::NotLeaderOrFollower => Error::NotCoordinator,
            Self::MessageTooLarge => Error::UnknownServerError,
        }
    }
}

/// The log, as far as the scenario looks at it: the group where there are failovers, the rest there and where replication
/// is held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log {
    /// What a coordinator that reads the replicated records makes of the group.
    pub group: Option<Group>,
    /// The same of the committed offsets.
    pub offsets: BTreeMap<Partition, Offset>,
    /// Those of them that the retention has passed since.
    pub aged: Aged,
    /// The same of the offsets of open transactions.
    pub open: Open,
    /// What is appended and not replicated.
    pub unreplicated: Vec<Write>,
    /// Nothing is replicated for the time being.
    pub held: bool,
    /// The next append fails.
    pub failure: Option<AppendError>,
    /// How often the leadership of the log was lost.
    pub terms: u8,
}

impl Log {
    /// Every group that is written.
    pub(super) fn groups_mut(&mut self) -> impl Iterator<Item = &mut Group> {
        let records = self.unreplicated.iter_mut().flat_map(|write| &mut write.records);
        let appended = records.filter_map(|record| match record {
            Record::Group(group) => group.as_deref_mut(),
            Record::Offset(..) | Record::OpenOffset(..) | Record::EndTransaction(..) => None,
        });
        self.group.iter_mut().chain(appended)
    }

    fn take(&mut self, record: Record, over_later: bool) {
        match record {
            Record::Group(group) => self.group = group.map(|group| *group),
            Record::Offset(partition, Some(offset)) => {
                self.open.outdo(partition);
                self.put(partition, offset);
            }
            Record::Offset(partition, None) => {
                self.open.drop_of(partition);
                self.aged.remove(partition);
                self.offsets.remove(&partition);
            }
            Record::OpenOffset(producer, partition, offset) => {
                // A group is made of whatever offset is read of it, also where that is not to stay.
                self.group.get_or_insert_default();
                self.open.hold(producer, partition, offset);
            }
            Record::EndTransaction(producer, commits) => {
                for (partition, offset, aged) in self.open.end(producer, commits, over_later).counts {
                    self.put(partition, offset);
                    self.aged.set(partition, aged);
                }
            }
        }
    }
}

impl Log {
    fn put(&mut self, partition: Partition, offset: Offset) {
        self.aged.remove(partition);
        self.offsets.insert(partition, offset);
    }
}

impl Turn<'_> {
    /// Answers a request that may write: from 4.0 on, not before all that it may have seen is replicated.
    pub(super) fn answer_write(&mut self, connection: Connection, response: Response) {
        let last = self.write.as_mut().or_else(|| self.state.log.unreplicated.last_mut());
        match (self.scenario.release, last) {
            (Release::V4_3, Some(write)) => write.then.push(Then::Answer(connection, response)),
            (Release::V4_3, None) | (Release::V3_9, _) => self.answer(connection, response),
        }
    }

    /// What this step has appended is in the log, or is not.
    pub(super) fn write_through(&mut self) {
        let Some(write) = self.write.take() else { return };
        if let Some(error) = self.state.log.failure.take() {
            return self.lose(write.then, error.told());
        }
        self.state.group.iter_mut().for_each(|group| group.unwritten = false);
        if !self.scenario.keeps_log() {
            return write.then.into_iter().for_each(|then| self.happen(then));
        }
        self.state.log.unreplicated.push(write);
        if !self.state.log.held {
            self.replicate();
        }
    }

    /// Everything that was appended is replicated.
    pub(super) fn replicate(&mut self) {
        let mut writes = std::mem::take(&mut self.state.log.unreplicated);
        let late = self.left_over(&mut writes);
        for write in writes {
            write.records.into_iter().for_each(|record| self.take_record(record));
            write.then.into_iter().for_each(|then| self.happen(then));
        }
        self.replicate_left_over(late);
    }

    /// What was appended counts as replicated: a new leader's log is.
    pub(super) fn settle_log(&mut self) {
        let mut writes = std::mem::take(&mut self.state.log.unreplicated);
        let late = self.left_over(&mut writes);
        let records = writes.into_iter().flat_map(|write| write.records);
        records.for_each(|record| self.take_record(record));
        self.state.log.unreplicated = late;
    }

    pub(super) fn take_record(&mut self, record: Record) {
        if !self.passes_over(&record) {
            let over_later = self.mutated(Mutation::CommitOverLaterOffset);
            self.state.log.take(record, over_later);
        }
    }

    fn happen(&mut self, then: Then) {
        match then {
            Then::HandOut(generation, assignments) if self.awaits_leader(generation) => {
                self.hand_out_assignment(&assignments);
            }
            Then::Answer(connection, response) => self.answer(connection, response),
            Then::Replaced(replacement) => self.answer_replacement(&replacement),
            Then::Commit { before: _, aged: _, now, abandoned } => self.acknowledge(&now, abandoned),
            Then::HandOut(..) | Then::Create | Then::Delete(_) | Then::Open(_) => {}
        }
    }

    /// A write failed: what groups and offsets there are goes back, then whoever waits is told.
    fn lose(&mut self, then: Vec<Then>, error: Error) {
        for back in then.iter().rev() {
            match back {
                Then::Delete(group) => self.state.group = Some((**group).clone()),
                Then::Create => self.forget_group(error),
                Then::Commit { .. }
                | Then::HandOut(..)
                | Then::Answer(..)
                | Then::Replaced(_)
                | Then::Open(_) => {}
            }
        }
        for told in then {
            match told {
                Then::HandOut(generation, _) if self.awaits_leader(generation) => {
                    self.cancel_parked_syncs(error);
                    self.start_rebalance();
                }
                Then::Replaced(replacement) => self.undo_replacement(&replacement, error),
                Then::Answer(connection, response) => self.answer(connection, failed(response, error)),
                Then::Commit { before, aged, .. } => self.restore_offsets(before, aged),
                Then::Open(before) => self.state.open = before,
                Then::HandOut(..) | Then::Create | Then::Delete(_) => {}
            }
        }
        // The groups are those of the last record that was appended (`CoordinatorContext.revertLastWrittenOffset`).
        self.state.group.take_if(|group| group.unwritten);
    }

    fn restore_offsets(&mut self, before: BTreeMap<Partition, Option<Offset>>, aged: Aged) {
        for (partition, offset) in before {
            self.state.aged.restore(partition, aged);
            match offset {
                Some(offset) => _ = self.state.offsets.insert(partition, offset),
                None => _ = self.state.offsets.remove(&partition),
            }
        }
    }

    /// The group never came to be: whoever waits in it is told.
    fn forget_group(&mut self, error: Error) {
        let Some(group) = self.state.group.take() else { return };
        for member in group.members.into_values() {
            if let Some(connection) = member.parked.join {
                let refused = JoinError::new(error);
                self.answer(connection, Response::JoinGroup(Err(refused)));
            }
        }
    }

    /// Whether the group is still in Completing, at this generation.
    pub(super) fn awaits_leader(&self, generation: Generation) -> bool {
        let group = self.state.group.as_ref();
        group.is_some_and(|g| g.phase == Phase::CompletingRebalance && g.generation == generation)
    }

    /// Writes the group as it is; only a failover reads it.
    pub(super) fn log_group(&mut self, then: Option<Then>) {
        let restored = self.scenario.has_failover().then(|| self.group().as_restored());
        let write = self.write.get_or_insert_default();
        write.records.extend(restored.map(|group| Record::Group(Some(Box::new(group)))));
        write.then.extend(then);
    }

    /// Whoever waits for the log when its leadership is lost is told so: the write may stand all the same.
    pub(super) fn refuse_unreplicated(&mut self) {
        let writes = self.state.log.unreplicated.iter_mut();
        let waiting: Vec<Then> = writes.flat_map(|write| std::mem::take(&mut write.then)).collect();
        for then in waiting {
            match then {
                Then::Answer(connection, response) => {
                    self.answer(connection, failed(response, Error::NotCoordinator));
                }
                Then::HandOut(..)
                | Then::Replaced(_)
                | Then::Create
                | Then::Delete(_)
                | Then::Open(_)
                | Then::Commit { .. } => {}
            }
        }
    }

    /// Writes the group with what its leader gave to each member.
    pub(super) fn log_assignments(&mut self, assignments: &Assignments) {
        let generation = self.group().generation;
        self.log_group(Some(Then::HandOut(generation, assignments.clone())));
        let records = self.write.iter_mut().flat_map(|write| &mut write.records);
        for record in records {
            if let Record::Group(Some(group)) = record {
                for (id, member) in &mut group.members {
                    member.assignment = assignments.get(id).cloned();
                }
            }
        }
    }
}
