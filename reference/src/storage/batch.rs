//! Record batches of format 2 (`org.apache.kafka.common.record.DefaultRecordBatch`): uncompressed where they are
//! written here, of any compression where they came from a producer.

use bytes::Bytes;

pub(crate) use super::build::Builder;

/// Bytes of the fixed part.
pub(crate) const HEADER_BYTES: usize = 61;
/// Bytes before the part that the length counts.
pub(super) const PREFIX_BYTES: usize = 12;
/// Where the checksum stands, and where what it covers begins.
pub(super) const CRC_AT: usize = 17;
pub(super) const CRC_FROM: usize = 21;

/// The fixed part of a batch, as far as it is of use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Of the whole batch.
    pub(crate) bytes: usize,
    pub(crate) base_offset: i64,
    pub(crate) last_offset: i64,
    pub(crate) base_timestamp: i64,
    pub(crate) max_timestamp: i64,
}

/// The header at the start of `bytes`, which may end before the batch does. None: this is no batch.
pub(crate) fn header(bytes: &[u8]) -> Option<Header> {
    if bytes.len() < HEADER_BYTES || bytes[16] != 2 {
        return None;
    }
    let length = usize::try_from(i32::from_be_bytes(field(bytes, 8)?)).ok()?;
    let delta = i32::from_be_bytes(field(bytes, 23)?);
    let base_offset = i64::from_be_bytes(field(bytes, 0)?);
    let all = length.checked_add(PREFIX_BYTES).filter(|all| *all >= HEADER_BYTES)?;
    if base_offset < 0 || delta < 0 {
        return None;
    }
    Some(Header {
        bytes: all,
        base_offset,
        last_offset: base_offset.checked_add(i64::from(delta))?,
        base_timestamp: i64::from_be_bytes(field(bytes, 27)?),
        max_timestamp: i64::from_be_bytes(field(bytes, 35)?),
    })
}

/// Whether the checksum of a whole batch holds. It covers neither the offset nor the leader's epoch.
pub(crate) fn is_intact(batch: &[u8]) -> bool {
    let stored = field(batch, CRC_AT).map(u32::from_be_bytes);
    batch.get(CRC_FROM..).is_some_and(|covered| stored == Some(crc32c::crc32c(covered)))
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A record of a batch that is written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) offset: i64,
    /// Milliseconds since the epoch.
    pub(crate) timestamp: i64,
    pub(crate) key: Option<Bytes>,
    /// None: a tombstone.
    pub(crate) value: Option<Bytes>,
}

/// Writes a batch of records in the order of their offsets; nothing without records.
pub(crate) fn encode(entries: &[Entry]) -> Bytes {
    let mut builder = Builder::default();
    for Entry { offset, timestamp, key, value } in entries {
        builder.push(*offset, *timestamp, key.as_deref(), value.as_deref());
    }
    builder.finish()
}

/// Reads the records of a whole, intact and uncompressed batch. None: it is not one that was written here.
pub(crate) fn decode(batch: &Bytes) -> Option<Vec<Entry>> {
    let header = header(batch)?;
    let attributes = i16::from_be_bytes(field(batch, 21)?);
    let count = usize::try_from(i32::from_be_bytes(field(batch, 57)?)).ok()?;
    if attributes & 7 != 0 {
        return None;
    }
    let mut rest = batch.get(HEADER_BYTES..)?;
    let mut entries = Vec::with_capacity(count.min(rest.len()));
    for _ in 0..count {
        let length = usize::try_from(take_varint(&mut rest)?).ok()?;
        let mut record = rest.try_split(length)?;
        let _attributes = record.try_split(1)?;
        let timestamp = header.base_timestamp.checked_add(take_varint(&mut record)?)?;
        let offset = header.base_offset.checked_add(take_varint(&mut record)?)?;
        let key = take_bytes(&mut record)?.map(|key| batch.slice_ref(key));
        let value = take_bytes(&mut record)?.map(|value| batch.slice_ref(value));
        entries.push(Entry { offset, timestamp, key, value });
    }
    Some(entries)
}

fn take_varint(from: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = from.try_split(1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}

#[allow(clippy::option_option, reason = "malformed, null, or there")]
fn take_bytes<'b>(from: &mut &'b [u8]) -> Option<Option<&'b [u8]>> {
    match take_varint(from)? {
        -1 => Some(None),
        length => Some(Some(from.try_split(usize::try_from(length).ok()?)?)),
    }
}

/// Takes bytes off the front, if there are so many.
pub(crate) trait TrySplit<'b> {
    fn try_split(&mut self, length: usize) -> Option<&'b [u8]>;
}

impl<'b> TrySplit<'b> for &'b [u8] {
    fn try_split(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.split_at_checked(length)?;
        *self = rest;
        Some(taken)
    }
}
