//! A log: batches in files ("segments"), of which only the last is written to.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::batch::Header;
use super::disk::{Disk, DiskFile};
use super::open::OpenError;
use super::scan::{Order, Stop, scan};

/// The end of a segment's name.
const SEGMENT: &str = ".log";

/// Where a batch stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    file: Arc<dyn DiskFile>,
    segment: i64,
    at: u64,
    length: usize,
}

impl Place {
    /// Reads the batch.
    pub(crate) fn read(&self) -> io::Result<Bytes> {
        let mut bytes = BytesMut::zeroed(self.length);
        self.file.read(self.at, &mut bytes)?;
        Ok(bytes.freeze())
    }

    /// The offset at which its file begins.
    pub(crate) fn segment(&self) -> i64 {
        self.segment
    }

    /// Bytes of the batch.
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

/// A file of a log.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// The offset at which it begins, which is its name.
    pub(super) base: i64,
    pub(super) bytes: u64,
    pub(super) file: Arc<dyn DiskFile>,
}

/// A log.
pub(super) struct Log {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) directory: String,
    pub(super) segments: Vec<Segment>,
    /// A segment does not grow beyond this, unless by one batch.
    segment_bytes: u64,
    /// The next offset.
    end: i64,
    /// The file may not be what is assumed here: nothing more is written.
    failed: bool,
}

pub(super) fn segment_name(directory: &str, base: i64) -> String {
    format!("{directory}/{base:020}{SEGMENT}")
}

impl Log {
    /// An empty log, of which nothing is on disk yet.
    pub(super) fn new(disk: Arc<dyn Disk>, directory: String, segment_bytes: u64) -> Self {
        Self { disk, directory, segments: Vec::new(), segment_bytes, end: 0, failed: false }
    }

    /// Opens what is on disk, shows every batch, and cuts off a torn tail. Segments below the offset at which the log is to
    /// `start` are what a crash left of it.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        directory: String,
        segment_bytes: u64,
        start: i64,
        order: Order,
        visit: &mut dyn FnMut(Header, Place, &Bytes) -> Result<(), &'static str>,
    ) -> Result<Self, OpenError> {
        let mut log = Self::new(disk, directory, segment_bytes);
        log.end = start;
        let names = log.disk.list(&log.directory).map_err(OpenError::io(&log.directory))?;
        let is_base = |name: &str| Some(name.strip_suffix(SEGMENT)?.parse::<i64>().ok()).flatten();
        let mut bases: Vec<_> = names.iter().filter_map(|name| is_base(name)).collect();
        for leftover in names.iter().filter(|name| name.ends_with(super::compact::UNFINISHED)) {
            let name = format!("{}/{leftover}", log.directory);
            log.disk.remove(&name).map_err(OpenError::io(&name))?;
        }
        for gone in bases.drain(..bases.iter().skip(1).take_while(|next| **next <= start).count()) {
            let name = segment_name(&log.directory, gone);
            log.disk.remove(&name).map_err(OpenError::io(&name))?;
        }
        log.end = bases.first().copied().filter(|base| *base <= start).unwrap_or(start);
        for (index, base) in bases.iter().enumerate() {
            log.open_segment(*base, index + 1 == bases.len(), order, visit)?;
        }
        Ok(log)
    }

    fn open_segment(
        &mut self,
        base: i64,
        is_last: bool,
        order: Order,
        visit: &mut dyn FnMut(Header, Place, &Bytes) -> Result<(), &'static str>,
    ) -> Result<(), OpenError> {
        let name = segment_name(&self.directory, base);
        if order == Order::Sparse && base < self.end {
            // Compaction put its records into the segment before, and was cut short.
            return self.disk.remove(&name).map_err(OpenError::io(&name));
        }
        if order == Order::Dense && base != self.end {
            return Err(OpenError::Missing { file: name, offset: self.end });
        }
        let file = self.disk.open(&name).map_err(OpenError::io(&name))?;
        let mut next = base;
        let mut unknown = None;
        let stop = scan(&*file, order, &mut next, |at, header, batch| {
            let place = Place { file: Arc::clone(&file), segment: base, at, length: header.bytes };
            if let Err(reason) = visit(header, place, &batch) {
                unknown.get_or_insert(OpenError::Unknown { file: name.clone(), at, reason });
            }
            Ok(())
        });
        let stop = stop.map_err(OpenError::io(&name))?;
        if let Some(unknown) = unknown {
            return Err(unknown);
        }
        let bytes = match stop {
            Stop::End => file.length().map_err(OpenError::io(&name))?,
            Stop::Torn { at } if is_last => cut(&name, &*file, at).map_err(OpenError::io(&name))?,
            Stop::Torn { at } | Stop::Corrupt { at } => {
                return Err(OpenError::Corrupt { file: name, at, offset: next });
            }
        };
        self.end = next;
        self.segments.push(Segment { base, bytes, file });
        Ok(())
    }

    /// The offset that the next record gets.
    pub(super) fn end(&self) -> i64 {
        self.end
    }

    /// Writes one batch, to a segment of its own if it `rolls`. It lasts once [`Log::sync`] has returned; there must be a
    /// sync between two appends.
    pub(super) fn append(&mut self, batch: &Bytes, base: i64, last: i64, rolls: bool) -> io::Result<Place> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed; restart the broker"));
        }
        if base < self.end {
            return Err(io::Error::other("an earlier batch was not written"));
        }
        let length = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let fits = self.segments.last().is_some_and(|active| {
            active.bytes == 0 || (!rolls && active.bytes.saturating_add(length) <= self.segment_bytes)
        });
        if !fits {
            self.roll(base)?;
        }
        let Some(active) = self.segments.last_mut() else { return Err(io::ErrorKind::NotFound.into()) };
        let at = active.bytes;
        if let Err(error) = active.file.write(at, batch) {
            // A part may be there. If it cannot be taken back, what follows it would be taken for a corrupt middle.
            self.failed = active.file.truncate(at).is_err();
            return Err(error);
        }
        active.bytes += length;
        self.end = last + 1;
        Ok(Place { file: Arc::clone(&active.file), segment: active.base, at, length: batch.len() })
    }

    /// Makes what was written last. If that fails nothing is known of the file, and it is not written to again.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        let Some(active) = self.segments.last() else { return Ok(()) };
        let synced = active.file.sync();
        self.failed |= synced.is_err();
        synced
    }

    /// Begins a segment.
    pub(super) fn roll(&mut self, base: i64) -> io::Result<()> {
        if self.segments.is_empty() {
            self.disk.create_directory(&self.directory)?;
            self.disk.sync_directory("")?;
        }
        let file = self.disk.create(&segment_name(&self.directory, base))?;
        self.disk.sync_directory(&self.directory)?;
        self.segments.push(Segment { base, bytes: 0, file });
        Ok(())
    }
}

fn cut(name: &str, file: &dyn DiskFile, at: u64) -> io::Result<u64> {
    let torn = file.length()?.saturating_sub(at);
    tracing::warn!(
        "{name}: cut off {torn} bytes at byte {at}: a write that was not finished, and not acknowledged"
    );
    file.truncate(at)?;
    file.sync()?;
    Ok(at)
}
