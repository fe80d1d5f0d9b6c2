//! How the coordinator's task begins: with nothing, or from records.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::super::server::Kept;
use super::super::timers::Timers;
use super::super::watch::Watch;
use super::bounds::Bounds;
use super::offers::Offers;
use super::{Durability, Engine, Log, Written, now};
use crate::coordinator::{Config, Coordinator, Position, Record};
use crate::storage::encode_group;

/// When the coordinator is to look for offsets that are kept for long enough: the first time when the interval is over.
pub(super) fn retention(config: &Config) -> Interval {
    let period =
        Duration::from_millis(u64::try_from(config.offsets_retention_check_interval_ms).unwrap_or(1))
            .min(NEVER);
    let mut interval =
        tokio::time::interval_at(Instant::now() + period, period.max(Duration::from_millis(1)));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Thirty years: more than the clock can hold is no more than that.
const NEVER: Duration = Duration::from_hours(30 * 365 * 24);

impl Engine {
    pub(super) fn new(config: Config, kept: Kept, max_memory: u64, watch: Watch) -> Self {
        Self {
            log: None,
            coordinator: Coordinator::new(config),
            timers: Timers::default(),
            answers: HashMap::new(),
            requests: 0,
            watch,
            kept,
            metadata: BTreeMap::new(),
            restarts: Vec::new(),
            bounds: Bounds::new(max_memory),
            offers: Offers::default(),
        }
    }

    /// Takes over from the records on disk.
    pub(super) fn resume(&mut self, durability: Durability, written: mpsc::UnboundedSender<Written>) {
        let Durability { writer, records } = durability;
        let log =
            Log { writer, written, gathered: Vec::new(), first: Position::default(), epoch: 0, in_flight: 0 };
        self.log = Some(log);
        self.restore(records);
        self.write();
    }

    /// Begins anew with a coordinator that knows these records.
    pub(super) fn restore(&mut self, records: Vec<Record>) {
        let config = self.coordinator.config().clone();
        for record in &records {
            self.remember(record);
        }
        let (coordinator, transition) = Coordinator::restore(config, records, now());
        self.coordinator = coordinator;
        self.gather(&transition);
        self.follow(transition);
    }

    pub(super) fn remember(&mut self, record: &Record) {
        match record {
            Record::GroupMetadata { group, value } => {
                self.metadata.insert(group.clone(), encode_group(value, now().0));
            }
            Record::GroupDeleted { group } => {
                self.metadata.remove(group);
            }
            Record::OffsetCommit { .. } | Record::OffsetDeleted { .. } | Record::Transaction(_) => {}
        }
    }
}
