//! The segments of a partition: a retention lets records go by whole segments, in memory as on disk
//! (`UnifiedLog.deleteOldSegments`, `LogSegment.shouldRoll`).

use std::collections::VecDeque;

use super::batch::Batch;

/// How long records are kept, and how large a segment becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// `retention.ms`; below 0: for ever.
    pub(super) retention_ms: i64,
    /// `retention.bytes`; below 0: any number.
    pub(super) retention_bytes: i64,
    /// `segment.bytes`.
    pub(super) segment_bytes: i64,
    /// `segment.ms`.
    pub(super) segment_ms: i64,
}

/// A segment, as far as a retention wants to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    base: i64,
    bytes: i64,
    first_timestamp: i64,
    largest_timestamp: i64,
}

/// The segments of a partition, the one that is appended to being the last.
#[derive(Debug, Default)]
pub(super) struct Segments {
    all: VecDeque<Segment>,
}

fn bytes_of(batch: &Batch) -> i64 {
    i64::try_from(batch.length()).unwrap_or(i64::MAX)
}

impl Segments {
    /// Whether a batch begins a segment.
    pub(super) fn rolls(&self, batch: &Batch, limits: &Limits) -> bool {
        self.all.back().is_none_or(|active| {
            let waited = batch.max_timestamp.saturating_sub(active.first_timestamp);
            active.bytes.saturating_add(bytes_of(batch)) > limits.segment_bytes || waited > limits.segment_ms
        })
    }

    /// Takes a batch that was appended; it begins a segment if it is to.
    pub(super) fn push(&mut self, batch: &Batch, rolls: bool) {
        if rolls || self.all.is_empty() {
            self.all.push_back(Segment {
                base: batch.base_offset,
                bytes: 0,
                first_timestamp: batch.max_timestamp,
                largest_timestamp: batch.max_timestamp,
            });
        }
        if let Some(active) = self.all.back_mut() {
            active.bytes = active.bytes.saturating_add(bytes_of(batch));
            active.largest_timestamp = active.largest_timestamp.max(batch.max_timestamp);
        }
    }

    /// The offset up to which a retention lets records go, and why; none if it lets none go. What is not yet on disk
    /// stays, and all that follows it.
    pub(super) fn expired(
        &self,
        now: i64,
        limits: &Limits,
        end: i64,
        high_watermark: i64,
    ) -> Option<(i64, &'static str)> {
        let ends = self.all.iter().skip(1).map(|segment| segment.base).chain([end]);
        let settled = || self.all.iter().zip(ends.clone()).take_while(|(_, end)| *end <= high_watermark);
        let all: i64 = self.all.iter().map(|segment| segment.bytes).sum();
        let mut over =
            if limits.retention_bytes < 0 { -1 } else { all.saturating_sub(limits.retention_bytes) };
        let too_many = settled().take_while(|(segment, _)| {
            over = over.saturating_sub(segment.bytes);
            over >= 0
        });
        let by_size = too_many.last().map(|(_, end)| end);
        let too_old = settled().take_while(|(segment, end)| {
            by_size.is_some_and(|gone| *end <= gone)
                || (limits.retention_ms >= 0
                    && now.saturating_sub(segment.largest_timestamp) > limits.retention_ms)
        });
        let by_time = too_old.last().map(|(_, end)| end);
        let size = by_size.map(|end| (end, "retention.bytes"));
        by_time.filter(|end| by_size.is_none_or(|gone| *end > gone)).map(|end| (end, "retention.ms")).or(size)
    }

    /// Drops the segments below an offset.
    pub(super) fn trim(&mut self, start: i64, end: i64) {
        while self.all.get(1).map_or(end, |next| next.base) <= start && !self.all.is_empty() {
            self.all.pop_front();
        }
    }

    /// Makes them anew of the batches that are left.
    pub(super) fn rebuild(&mut self, batches: &[Batch]) {
        let bases: Vec<_> = self.all.iter().map(|segment| segment.base).collect();
        self.all.clear();
        for batch in batches {
            self.push(batch, bases.contains(&batch.base_offset));
        }
    }
}
