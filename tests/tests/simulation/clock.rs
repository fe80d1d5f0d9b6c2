//! What happens when: a queue of events in the order of their time, and of two at the same time in the order in which
//! they were planned.

use std::collections::BTreeMap;

/// When an event is due, and the number of its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    at_ms: i64,
    number: u64,
}

/// Events to come.
#[derive(Debug)]
pub(super) struct Clock<E> {
    pub(super) now_ms: i64,
    planned: u64,
    events: BTreeMap<Due, E>,
}

impl<E> Clock<E> {
    pub(super) fn new() -> Self {
        Self { now_ms: 0, planned: 0, events: BTreeMap::new() }
    }

    pub(super) fn plan(&mut self, after_ms: i64, event: E) -> Due {
        self.planned += 1;
        let due = Due { at_ms: self.now_ms + after_ms.max(0), number: self.planned };
        self.events.insert(due, event);
        due
    }

    pub(super) fn cancel(&mut self, due: Due) {
        self.events.remove(&due);
    }

    /// The next event; the time is its time.
    pub(super) fn take(&mut self) -> Option<E> {
        let (due, event) = self.events.pop_first()?;
        self.now_ms = self.now_ms.max(due.at_ms);
        Some(event)
    }
}
