//! Compaction of `__consumer_offsets`: of each key the last record is kept, in a new segment in place of the old ones.
//!
//! The new segment is written beside the old ones, synced, and takes the name of the first of them; then the others
//! are removed. A crash in between leaves segments that begin before the end of the new one: opening removes them.
//! The last record of all is kept even if it is a tombstone, so that the new segment reaches as far as the old ones.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tracing::error;

use super::batch::{self, Entry};
use super::disk::{Disk, DiskFile};
use super::log::{Log, Segment, segment_name};
use super::open::OFFSETS;
use super::scan::{Order, Stop, scan};
use super::store::Store;

/// The end of the name of a segment that is not finished.
pub(super) const UNFINISHED: &str = ".cleaned";
/// Records of a batch that is written here.
const BATCH: usize = 1024;

/// Segments that are to become one.
pub(super) struct Plan {
    disk: Arc<dyn Disk>,
    directory: String,
    segments: Vec<Segment>,
}

/// The one that they have become.
#[derive(Debug)]
pub(super) struct Compacted {
    segment: Segment,
    replaces: usize,
}

impl Log {
    /// What to compact: all but the segment that is written to, once they are twice as large as compaction left them.
    pub(super) fn plan_compaction(&self, left_bytes: u64) -> Option<Plan> {
        let (_active, closed) = self.segments.split_last()?;
        let bytes: u64 = closed.iter().map(|segment| segment.bytes).sum();
        let worth = bytes > 0 && bytes >= left_bytes.saturating_mul(2);
        let (disk, directory) = (Arc::clone(&self.disk), self.directory.clone());
        worth.then(|| Plan { disk, directory, segments: closed.to_vec() })
    }

    /// Takes the new segment in place of the old ones; gives its size.
    pub(super) fn adopt(&mut self, compacted: Compacted) -> u64 {
        let bytes = compacted.segment.bytes;
        self.segments.splice(..compacted.replaces, [compacted.segment]);
        bytes
    }
}

impl Store {
    /// What to compact, if it is time.
    pub(super) fn plan_compaction(&self) -> Option<Plan> {
        self.offsets.plan_compaction(self.compacted_bytes)
    }

    /// Compaction has ended.
    pub(super) fn adopt(&mut self, outcome: io::Result<Compacted>) {
        match outcome {
            Ok(compacted) => self.compacted_bytes = self.offsets.adopt(compacted),
            // The old segments are all there still. It is tried again when there is twice as much.
            Err(reason) => {
                self.compacted_bytes =
                    self.compacted_bytes.saturating_mul(2).max(self.settings.offsets_segment_bytes);
                error!("{OFFSETS}: not compacted: {reason}");
            }
        }
    }
}

impl Plan {
    /// Compacts.
    pub(super) fn run(self) -> io::Result<Compacted> {
        let Some(first) = self.segments.first() else { return Err(io::ErrorKind::NotFound.into()) };
        let (base, name) = (first.base, segment_name(&self.directory, first.base));
        let last = self.last_offsets()?;
        let unfinished = format!("{name}{UNFINISHED}");
        let file = self.disk.create(&unfinished)?;
        let bytes = self.write(&last, &*file)?;
        file.sync()?;
        self.disk.rename(&unfinished, &name)?;
        self.disk.sync_directory(&self.directory)?;
        for old in self.segments.iter().skip(1) {
            self.disk.remove(&segment_name(&self.directory, old.base))?;
        }
        self.disk.sync_directory(&self.directory)?;
        Ok(Compacted { segment: Segment { base, bytes, file }, replaces: self.segments.len() })
    }

    /// The offset of the last record of each key.
    fn last_offsets(&self) -> io::Result<HashMap<Bytes, i64>> {
        let mut last = HashMap::new();
        self.visit(|entry| {
            if let Some(key) = &entry.key {
                match last.get_mut(key) {
                    Some(offset) => *offset = entry.offset,
                    // Apart from the buffer that it was read from.
                    None => _ = last.insert(Bytes::copy_from_slice(key), entry.offset),
                }
            }
            Ok(())
        })?;
        Ok(last)
    }

    fn write(&self, last: &HashMap<Bytes, i64>, to: &dyn DiskFile) -> io::Result<u64> {
        let end = last.values().copied().max().unwrap_or(0);
        let mut at = 0;
        let mut kept = Vec::with_capacity(BATCH);
        let mut flush = |kept: &mut Vec<Entry>| {
            let batch = batch::encode(kept);
            kept.clear();
            to.write(at, &batch)?;
            at += u64::try_from(batch.len()).unwrap_or(u64::MAX);
            Ok::<_, io::Error>(at)
        };
        self.visit(|entry| {
            let is_last = entry.key.as_ref().and_then(|key| last.get(key)) == Some(&entry.offset);
            if is_last && (entry.value.is_some() || entry.offset == end) {
                kept.push(entry);
            }
            if kept.len() == BATCH { flush(&mut kept).map(|_| ()) } else { Ok(()) }
        })?;
        flush(&mut kept)
    }

    fn visit(&self, mut see: impl FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        for segment in &self.segments {
            let mut next = segment.base;
            let stop = scan(&*segment.file, Order::Sparse, &mut next, |_, _, batch| {
                let entries = batch::decode(&batch).ok_or(io::ErrorKind::InvalidData)?;
                entries.into_iter().try_for_each(&mut see)
            })?;
            if stop != Stop::End {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(())
    }
}
