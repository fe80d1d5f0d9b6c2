//! The coordinator's timers, by deadline.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use crate::coordinator::TimerKey;

/// When a timer fires; of two at the same time, the one set first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline {
    at: Instant,
    order: u64,
}

/// Timers that are set.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_key: BTreeMap<TimerKey, Deadline>,
    by_deadline: BTreeSet<(Deadline, TimerKey)>,
    set: u64,
}

impl Timers {
    /// Sets a timer, or sets it anew.
    pub(super) fn set(&mut self, key: TimerKey, at: Instant) {
        // The names of a key that is held are held on, and not those of each request.
        let key = self.take(&key).unwrap_or(key);
        self.set += 1;
        let deadline = Deadline { at, order: self.set };
        self.by_deadline.insert((deadline, key.clone()));
        self.by_key.insert(key, deadline);
    }

    /// Cancels a timer, if it is set.
    pub(super) fn cancel(&mut self, key: &TimerKey) {
        self.take(key);
    }

    fn take(&mut self, key: &TimerKey) -> Option<TimerKey> {
        let (key, deadline) = self.by_key.remove_entry(key)?;
        self.by_deadline.remove(&(deadline, key.clone()));
        Some(key)
    }

    /// Whether it is set.
    pub(super) fn is_set(&self, key: &TimerKey) -> bool {
        self.by_key.contains_key(key)
    }

    /// When the next one fires.
    pub(super) fn next(&self) -> Option<Instant> {
        self.by_deadline.first().map(|(deadline, _)| deadline.at)
    }

    /// Takes the next one that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<TimerKey> {
        if self.next()? > now {
            return None;
        }
        let (_, key) = self.by_deadline.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }
}
