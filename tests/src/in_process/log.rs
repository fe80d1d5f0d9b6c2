//! The log of the reference in process, with replication and failed appends in the hand of the test.

use muster_reference::coordinator::{Change, ErrorCode, Input, Position, Record, Transition};

/// What was appended, what of it is replicated, and what happens to the next append.
#[derive(Debug, Default)]
pub(super) struct Log {
    records: Vec<Record>,
    /// How many of the records are replicated.
    replicated: usize,
    /// The last record of this term that is not replicated.
    last: Option<Position>,
    held: bool,
    failure: Option<ErrorCode>,
}

impl Log {
    /// Appends what the transition writes; gives back what the coordinator is to be told of it.
    pub(super) fn take(&mut self, transition: &Transition) -> Option<Input> {
        let written: Vec<(Position, &Record)> =
            transition.changes.iter().filter_map(Change::appended).collect();
        let first = written.first()?.0;
        if let Some(error) = self.failure.take() {
            return Some(Input::AppendFailed { first, error });
        }
        self.last = written.last().map(|(position, _)| *position);
        self.records.extend(written.into_iter().map(|(_, record)| record.clone()));
        if self.held { None } else { self.replicate() }
    }

    fn replicate(&mut self) -> Option<Input> {
        self.replicated = self.records.len();
        self.last.take().map(|through| Input::Committed { through })
    }

    pub(super) fn hold(&mut self) {
        self.held = true;
    }

    pub(super) fn release(&mut self) -> Option<Input> {
        self.held = false;
        self.replicate()
    }

    pub(super) fn fail_next(&mut self, error: ErrorCode) {
        self.failure = Some(error);
    }

    pub(super) fn lose_unreplicated(&mut self) {
        self.records.truncate(self.replicated);
    }

    /// The records as the next leader reads them: all that are there, and replicated by then.
    pub(super) fn read(&mut self) -> &[Record] {
        self.failure = None;
        self.last = None;
        self.replicated = self.records.len();
        &self.records
    }
}
