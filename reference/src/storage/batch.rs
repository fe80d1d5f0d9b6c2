//! Record batches of format 2 (`org.apache.kafka.common.record.DefaultRecordBatch`): uncompressed where they are
//! written here, of any compression where they came from a producer.

use bytes::{BufMut, Bytes, BytesMut};

/// Bytes of the fixed part.
pub(crate) const HEADER_BYTES: usize = 61;
/// Bytes before the part that the length counts.
const PREFIX_BYTES: usize = 12;
/// Where the checksum stands, and where what it covers begins.
const CRC_AT: usize = 17;
const CRC_FROM: usize = 21;

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

/// Writes a batch of at least one record, in the order of their offsets.
pub(crate) fn encode(entries: &[Entry]) -> Bytes {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Bytes::new() };
    let newest = entries.iter().map(|entry| entry.timestamp).max().unwrap_or(first.timestamp);
    let mut batch = BytesMut::with_capacity(HEADER_BYTES + entries.len() * 128);
    batch.put_i64(first.offset);
    batch.put_i32(0); // length, below
    batch.put_i32(0); // leader epoch
    batch.put_u8(2); // magic
    batch.put_u32(0); // checksum, below
    batch.put_i16(0); // no compression, CreateTime
    batch.put_i32(i32::try_from(last.offset - first.offset).unwrap_or(i32::MAX));
    batch.put_i64(first.timestamp);
    batch.put_i64(newest);
    batch.put_i64(-1); // producer id
    batch.put_i16(-1); // producer epoch
    batch.put_i32(-1); // base sequence
    batch.put_i32(i32::try_from(entries.len()).unwrap_or(i32::MAX));
    let mut record = BytesMut::with_capacity(256);
    for entry in entries {
        record.clear();
        record.put_u8(0); // attributes
        put_varint(&mut record, entry.timestamp - first.timestamp);
        put_varint(&mut record, entry.offset - first.offset);
        put_bytes(&mut record, entry.key.as_ref());
        put_bytes(&mut record, entry.value.as_ref());
        put_varint(&mut record, 0); // headers
        put_varint(&mut batch, i64::try_from(record.len()).unwrap_or(i64::MAX));
        batch.put_slice(&record);
    }
    let length = i32::try_from(batch.len() - PREFIX_BYTES).unwrap_or(i32::MAX);
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&batch[CRC_FROM..]);
    batch[CRC_AT..CRC_FROM].copy_from_slice(&crc.to_be_bytes());
    batch.freeze()
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

fn put_varint(to: &mut BytesMut, value: i64) {
    let mut left = (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned();
    while left >= 0x80 {
        to.put_u8(u8::try_from(left & 0x7f).unwrap_or(0) | 0x80);
        left >>= 7;
    }
    to.put_u8(u8::try_from(left).unwrap_or(0));
}

fn put_bytes(to: &mut BytesMut, bytes: Option<&Bytes>) {
    match bytes {
        None => put_varint(to, -1),
        Some(bytes) => {
            put_varint(to, i64::try_from(bytes.len()).unwrap_or(i64::MAX));
            to.put_slice(bytes);
        }
    }
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
