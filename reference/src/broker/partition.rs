//! A partition: its batches, in memory or by their places on disk.

use super::batch::Batch;
use super::producers::Producers;
use super::segments::{Limits, Segments};
use crate::coordinator::ErrorCode;
use crate::storage::{FoundPartition, Place};

/// A partition.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pub(super) batches: Vec<Batch>,
    /// The first offset: a retention let go of what was below.
    pub(super) start: i64,
    /// The next record's offset.
    pub(super) end: i64,
    /// Records from here on are not on disk yet, and are shown to nobody.
    pub(super) high_watermark: i64,
    pub(super) producers: Producers,
    segments: Segments,
}

impl Partition {
    /// The index of the batch that holds this offset or a later one.
    pub(super) fn find(&self, offset: i64) -> usize {
        self.batches.partition_point(|batch| batch.last_offset < offset)
    }

    /// The batches below the high watermark.
    pub(super) fn readable(&self) -> &[Batch] {
        self.batches.get(..self.find(self.high_watermark)).unwrap_or_default()
    }

    /// The batch that starts at this offset is on disk.
    pub(super) fn settle(&mut self, offset: i64, place: Place) -> usize {
        let index = self.find(offset);
        let Some(batch) = self.batches.get_mut(index).filter(|batch| batch.base_offset == offset) else {
            return 0;
        };
        let before = batch.held_bytes();
        batch.settle(place);
        self.high_watermark = self.high_watermark.max(batch.last_offset.saturating_add(1));
        before - batch.held_bytes()
    }

    /// The batch that starts at this offset could not be written: it is taken back, and all that follow.
    pub(super) fn take_back(&mut self, offset: i64) -> usize {
        let lost = self.batches.split_off(self.find(offset).min(self.batches.len()));
        if !lost.is_empty() {
            self.end = self.batches.last().map_or(self.start, |batch| batch.last_offset.saturating_add(1));
            self.segments.rebuild(&self.batches);
            self.producers = Producers::default();
            for batch in &self.batches {
                self.producers.appended(batch);
            }
        }
        lost.iter().map(Batch::held_bytes).sum()
    }

    /// Takes a batch that starts at the end; whether a segment begins with it.
    pub(super) fn push(&mut self, batch: Batch, limits: &Limits) -> bool {
        let rolls = self.segments.rolls(&batch, limits);
        self.put(batch, rolls);
        rolls
    }

    fn put(&mut self, batch: Batch, rolls: bool) {
        self.segments.push(&batch, rolls);
        self.end = batch.last_offset.saturating_add(1);
        self.producers.appended(&batch);
        self.batches.push(batch);
    }

    /// Takes a partition that was found on disk.
    pub(super) fn found(found: FoundPartition) -> Result<Self, ErrorCode> {
        let mut partition = Self { start: found.start, end: found.end, ..Self::default() };
        let mut segment = None;
        for (fixed, place) in found.batches {
            let rolls = segment.replace(place.segment()) != Some(place.segment());
            partition.put(Batch::found(fixed, place)?, rolls);
        }
        partition.high_watermark = partition.end;
        Ok(partition)
    }

    /// Lets go of what was kept for long enough; how many bytes of memory that frees, and why.
    pub(super) fn let_go(&mut self, now: i64, limits: &Limits) -> Option<(usize, &'static str)> {
        let (start, why) = self.segments.expired(now, limits, self.end, self.high_watermark)?;
        self.segments.trim(start, self.end);
        let gone = self.batches.drain(..self.find(start)).map(|batch| batch.held_bytes()).sum();
        self.start = start;
        Some((gone, why))
    }
}
