//! Reads a file of batches front to back, and tells a torn tail from a corrupt middle.

use std::io;

use bytes::{Bytes, BytesMut};

use super::batch::{self, HEADER_BYTES, Header};
use super::disk::DiskFile;

/// Bytes that are read at once, unless a batch is larger.
const WINDOW: usize = 1 << 20;

/// Where reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// At the end.
    End,
    /// At what a crash may leave of the last write.
    Torn { at: u64 },
    /// At what no crash leaves.
    Corrupt { at: u64 },
}

/// Which offsets may follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Each batch begins where the one before ends.
    Dense,
    /// Compaction leaves gaps.
    Sparse,
}

impl Order {
    fn allows(self, next: i64, base: i64) -> bool {
        match self {
            Self::Dense => base == next,
            Self::Sparse => base >= next,
        }
    }
}

/// Visits the batches of a file, of which the first begins at `next` or, if sparse, later. Leaves in `next` the offset
/// that follows the last one.
pub(super) fn scan(
    file: &dyn DiskFile,
    order: Order,
    next: &mut i64,
    mut visit: impl FnMut(u64, Header, Bytes) -> io::Result<()>,
) -> io::Result<Stop> {
    let mut window = Window::new(file)?;
    let mut at = 0;
    while at < window.length {
        let Some((header, batch)) = window.batch(at, order, *next)? else {
            return if window.is_torn(at, order, *next)? {
                Ok(Stop::Torn { at })
            } else {
                Ok(Stop::Corrupt { at })
            };
        };
        visit(at, header, batch)?;
        *next = header.last_offset + 1;
        at += u64::try_from(header.bytes).unwrap_or(u64::MAX);
    }
    Ok(Stop::End)
}

/// A part of a file in memory.
struct Window<'f> {
    file: &'f dyn DiskFile,
    length: u64,
    at: u64,
    bytes: Bytes,
}

impl<'f> Window<'f> {
    fn new(file: &'f dyn DiskFile) -> io::Result<Self> {
        Ok(Self { file, length: file.length()?, at: 0, bytes: Bytes::new() })
    }

    /// Up to `wanted` bytes at a place, less at the end of the file.
    fn get(&mut self, at: u64, wanted: usize) -> io::Result<Bytes> {
        let left = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = wanted.min(left);
        let held = |window: &Self| {
            let from = usize::try_from(at.checked_sub(window.at)?).ok()?;
            (from.checked_add(wanted)? <= window.bytes.len()).then(|| window.bytes.slice(from..from + wanted))
        };
        if let Some(bytes) = held(self) {
            return Ok(bytes);
        }
        let mut buffer = BytesMut::zeroed(wanted.max(WINDOW).min(left));
        self.file.read(at, &mut buffer)?;
        (self.at, self.bytes) = (at, buffer.freeze());
        Ok(self.bytes.slice(..wanted))
    }

    /// The header at a place, if it is one that may stand there.
    fn header(&mut self, at: u64, order: Order, next: i64) -> io::Result<Option<Header>> {
        let found = batch::header(&self.get(at, HEADER_BYTES)?);
        Ok(found.filter(|header| order.allows(next, header.base_offset)))
    }

    /// The whole, intact batch at a place.
    fn batch(&mut self, at: u64, order: Order, next: i64) -> io::Result<Option<(Header, Bytes)>> {
        let Some(header) = self.header(at, order, next)? else { return Ok(None) };
        if u64::try_from(header.bytes).unwrap_or(u64::MAX) > self.length - at {
            return Ok(None);
        }
        let batch = self.get(at, header.bytes)?;
        Ok(batch::is_intact(&batch).then_some((header, batch)))
    }

    /// Whether what is at a place, and is no batch, may be left of the last write. Between two syncs there is only
    /// one, of one batch: so nothing that was written later follows.
    fn is_torn(&mut self, at: u64, order: Order, next: i64) -> io::Result<bool> {
        if let Some(header) = self.header(at, order, next)?
            && u64::try_from(header.bytes).unwrap_or(u64::MAX) < self.length - at
        {
            return Ok(false);
        }
        for later in at + 1..self.length {
            if self.batch(later, Order::Sparse, next.saturating_add(1))?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
