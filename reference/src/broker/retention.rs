//! Records that were kept for long enough go (`log.retention.*`, `retention.*`).

use std::sync::Weak;
use std::time::{Duration, SystemTime};

use tokio::sync::{oneshot, watch};
use tracing::{error, info};

use super::config::Kind;
use super::server::Shared;
use crate::coordinator::{PropertyError, TopicName, number};
use crate::storage::Job;

/// Kafka waits so long before the first look (`log.initial.task.delay.ms`).
const FIRST_LOOK: Duration = Duration::from_secs(30);
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How long the records of topics are kept that say nothing else, and how large segments become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRetention {
    /// `log.retention.hours`; below 0: for ever.
    pub hours: i32,
    /// `log.retention.minutes`, in place of the hours.
    pub minutes: Option<i32>,
    /// `log.retention.ms`, in place of the minutes.
    pub ms: Option<i64>,
    /// `log.retention.bytes`, of a partition; below 0: any number.
    pub bytes: i64,
    /// `log.retention.check.interval.ms`.
    pub check_interval_ms: i64,
    /// `log.roll.hours`.
    pub roll_hours: i32,
    /// `log.roll.ms`, in place of the hours.
    pub roll_ms: Option<i64>,
}

impl Default for LogRetention {
    fn default() -> Self {
        let (hours, roll_hours) = (168, 168);
        Self {
            hours,
            minutes: None,
            ms: None,
            bytes: -1,
            check_interval_ms: 300_000,
            roll_hours,
            roll_ms: None,
        }
    }
}

impl LogRetention {
    /// Sets a property by Kafka's name; false: it is none of these.
    pub(super) fn set(&mut self, property: &str, value: &str) -> Result<bool, PropertyError> {
        match property {
            "log.retention.bytes" => self.bytes = number(property, value, i64::MIN, i64::MAX)?,
            "log.retention.check.interval.ms" => {
                self.check_interval_ms = number(property, value, 1, i64::MAX)?;
            }
            "log.retention.hours" => self.hours = number(property, value, i32::MIN, i32::MAX)?,
            "log.retention.minutes" => self.minutes = Some(number(property, value, i32::MIN, i32::MAX)?),
            "log.retention.ms" => self.ms = Some(number(property, value, i64::MIN, i64::MAX)?),
            "log.roll.hours" => self.roll_hours = number(property, value, 1, i32::MAX)?,
            "log.roll.ms" => self.roll_ms = Some(number(property, value, 1, i64::MAX)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Milliseconds; -1: for ever.
    pub fn retention_ms(&self) -> i64 {
        let minutes = || self.minutes.map(|minutes| i64::from(minutes) * MINUTE_MS);
        let ms = self.ms.or_else(minutes).unwrap_or(i64::from(self.hours) * HOUR_MS);
        if ms < 0 { -1 } else { ms }
    }

    /// Milliseconds.
    pub fn roll_ms(&self) -> i64 {
        self.roll_ms.unwrap_or(i64::from(self.roll_hours) * HOUR_MS)
    }

    /// As tools are shown them.
    pub(super) fn settings(&self) -> Vec<(&'static str, String, Kind)> {
        let minutes = self.minutes.map(|minutes| ("log.retention.minutes", minutes.to_string(), Kind::Int));
        let ms = self.ms.map(|ms| ("log.retention.ms", ms.to_string(), Kind::Long));
        let roll_ms = self.roll_ms.map(|ms| ("log.roll.ms", ms.to_string(), Kind::Long));
        let always = [
            ("log.retention.bytes", self.bytes.to_string(), Kind::Long),
            ("log.retention.check.interval.ms", self.check_interval_ms.to_string(), Kind::Long),
            ("log.retention.hours", self.hours.to_string(), Kind::Int),
            ("log.roll.hours", self.roll_hours.to_string(), Kind::Int),
        ];
        always.into_iter().chain(minutes).chain(ms).chain(roll_ms).collect()
    }
}

/// Looks after what was kept for long enough, until the broker stops.
pub(super) async fn run(shared: Weak<Shared>, period_ms: i64, mut stopped: watch::Receiver<bool>) {
    let period = Duration::from_millis(u64::try_from(period_ms).unwrap_or(1));
    let mut wait = period.min(FIRST_LOOK);
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stopped.changed() => return,
        }
        wait = period;
        let Some(shared) = shared.upgrade() else { return };
        shared.let_go(now()).await;
    }
}

impl Shared {
    /// Lets the records go that need not be kept any longer.
    pub(super) async fn let_go(&self, now: i64) {
        let expired = self.topics().let_go(now);
        for (topic, index, start, why) in expired {
            info!("{topic}-{index}: the records below offset {start} are deleted: {why}");
            self.trim(topic, index, start).await;
        }
    }

    /// Has the files go. What was let go of stays so, even if they stay.
    async fn trim(&self, topic: TopicName, partition: i32, start: i64) {
        let Some(writer) = &self.writer else { return };
        let name = format!("{topic}-{partition}");
        let (told, trimmed) = oneshot::channel();
        let done = Box::new(move |outcome: Result<(), _>| _ = told.send(outcome.is_ok()));
        writer.give(Job::Trim { topic, partition, start, done });
        if trimmed.await != Ok(true) {
            error!("{name}: files of deleted records are still there");
        }
    }
}

/// Milliseconds since the epoch.
#[allow(clippy::disallowed_methods, reason = "records have timestamps, and their age counts")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
