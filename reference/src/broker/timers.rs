//! The coordinator's timers, by deadline.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::coordinator::{GroupId, TimerKey};

/// When a timer fires, in nanoseconds since the first was set; of two at the same time, the one set first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline {
    at: u64,
    order: u64,
}

/// Timers that are set. Every member has one: its key is held once, and both maps point to it.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_key: BTreeMap<Arc<TimerKey>, Deadline>,
    by_deadline: BTreeMap<Deadline, Arc<TimerKey>>,
    set: u64,
    began: Option<Instant>,
}

impl Timers {
    /// Sets a timer, or sets it anew.
    pub(super) fn set(&mut self, key: TimerKey, at: Instant) {
        // The names of a key that is held are held on, and not those of each request.
        let key = self.take(&key).unwrap_or_else(|| Arc::new(self.with_name_held(key)));
        self.set += 1;
        let began = *self.began.get_or_insert_with(Instant::now);
        let at = u64::try_from(at.saturating_duration_since(began).as_nanos()).unwrap_or(u64::MAX);
        let deadline = Deadline { at, order: self.set };
        self.by_deadline.insert(deadline, Arc::clone(&key));
        self.by_key.insert(key, deadline);
    }

    /// Cancels a timer, if it is set.
    pub(super) fn cancel(&mut self, key: &TimerKey) {
        self.take(key);
    }

    fn take(&mut self, key: &TimerKey) -> Option<Arc<TimerKey>> {
        let (key, deadline) = self.by_key.remove_entry(key)?;
        self.by_deadline.remove(&deadline);
        Some(key)
    }

    /// The key of a member with the group's name as another member's key has it.
    fn with_name_held(&self, key: TimerKey) -> TimerKey {
        let before = self.by_key.range::<TimerKey, _>(..&key).next_back();
        let after = self.by_key.range::<TimerKey, _>(&key..).next();
        let neighbours = before.into_iter().chain(after).filter_map(|(key, _)| group_of_member(key));
        let held = group_of_member(&key).and_then(|group| neighbours.into_iter().find(|held| *held == group));
        match (held.cloned(), key) {
            (Some(group), TimerKey::Session { member, .. }) => TimerKey::Session { group, member },
            (_, key) => key,
        }
    }

    /// Whether it is set.
    pub(super) fn is_set(&self, key: &TimerKey) -> bool {
        self.by_key.contains_key(key)
    }

    /// When the next one fires.
    pub(super) fn next(&self) -> Option<Instant> {
        let (deadline, _) = self.by_deadline.first_key_value()?;
        self.began.map(|began| began + Duration::from_nanos(deadline.at))
    }

    /// Takes the next one that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<TimerKey> {
        if self.next()? > now {
            return None;
        }
        let (_, key) = self.by_deadline.pop_first()?;
        self.by_key.remove(&key);
        Some(Arc::unwrap_or_clone(key))
    }
}

fn group_of_member(key: &TimerKey) -> Option<&GroupId> {
    match key {
        TimerKey::Session { group, .. } => Some(group),
        TimerKey::Join { .. } | TimerKey::PendingSync { .. } => None,
    }
}
