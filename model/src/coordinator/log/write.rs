//! What is written to the log, and what waits for it.

use std::collections::BTreeMap;

use super::super::{Aged, Group, Open, Replacement};
use crate::message::{Assignments, Response};
use crate::types::{Connection, Generation, Offset, Partition, Producer};

/// What one step appends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Write {
    /// The records.
    pub records: Vec<Record>,
    /// What waits for them.
    pub then: Vec<Then>,
}

/// A record of the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// The group; `None`: it is deleted.
    Group(Option<Box<Group>>),
    /// A committed offset; `None`: it is deleted.
    Offset(Partition, Option<Offset>),
    /// An offset that a producer's transaction holds.
    OpenOffset(Producer, Partition, Offset),
    /// The marker of a producer's transaction: whether it is committed.
    EndTransaction(Producer, bool),
}

/// What waits for a write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// The leader's assignment is handed out, if the group still awaits that of this generation.
    HandOut(Generation, Assignments),
    /// An answer leaves; it may wait for a write of another request.
    Answer(Connection, Response),
    /// A static member's JoinGroup is answered; if the write is lost, the old id is back.
    Replaced(Box<Replacement>),
    /// A new group stays; if the write is lost, it is gone.
    Create,
    /// A group is gone; if the write is lost, it is back.
    Delete(Box<Group>),
    /// Committed offsets count; if the write is lost, those before do.
    Commit {
        /// What was committed before.
        before: BTreeMap<Partition, Option<Offset>>,
        /// Those of them that the retention had passed since.
        aged: Aged,
        /// What is committed.
        now: BTreeMap<Partition, Offset>,
        /// Ghost: the client had given up.
        abandoned: bool,
    },
    /// Offsets of open transactions count; if the write is lost, those before do.
    Open(Open),
}
