//! A batch of records (format 2, `DefaultRecordBatch`): what the broker checks of it, and reads in it.

use bytes::{Bytes, BytesMut};

use crate::coordinator::ErrorCode;
use crate::storage::Place;

/// The fixed part of a batch.
const HEADER_BYTES: usize = 61;
/// Where the bytes start that the checksum covers: the attributes, and all that follows them.
const CHECKED_FROM: usize = 21;
const COMPRESSION_BITS: i16 = 0b111;
const ZSTD: i16 = 4;
const LOG_APPEND_TIME_BIT: i16 = 1 << 3;
const TRANSACTIONAL_BIT: i16 = 1 << 4;
const CONTROL_BIT: i16 = 1 << 5;

/// The producer of a batch that has one with an id, and the numbers it gave to the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) producer_id: i64,
    pub(super) epoch: i16,
    pub(super) first: i32,
    pub(super) last: i32,
}

/// Where the bytes of a batch are.
#[derive(Clone, Debug)]
enum Body {
    Memory(Bytes),
    Disk(Place),
}

/// A batch of records, as its producer sent it but for its offsets.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) base_offset: i64,
    pub(super) last_offset: i64,
    pub(super) max_timestamp: i64,
    pub(super) sequence: Option<Sequence>,
    body: Body,
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], ErrorCode> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().ok_or(ErrorCode::CorruptMessage)
}

fn short(bytes: &[u8], at: usize) -> Result<i16, ErrorCode> {
    field(bytes, at).map(i16::from_be_bytes)
}

fn int(bytes: &[u8], at: usize) -> Result<i32, ErrorCode> {
    field(bytes, at).map(i32::from_be_bytes)
}

fn long(bytes: &[u8], at: usize) -> Result<i64, ErrorCode> {
    field(bytes, at).map(i64::from_be_bytes)
}

/// Whether a producer's records belong to a transaction. Bytes that are no batch do not.
pub(super) fn is_transactional(sent: &[u8]) -> bool {
    field(sent, 16) == Ok([2]) && short(sent, 21).is_ok_and(|attributes| attributes & TRANSACTIONAL_BIT != 0)
}

/// Checks what a producer sent for one partition in a version of Produce, as Kafka does
/// (`ProduceRequest.validateRecords`, `UnifiedLog.analyzeAndValidateRecords`, `LogValidator.validateBatch`): exactly
/// one whole batch, with the right checksum and without gaps. What the records hold is left to their readers.
pub(super) fn check(sent: &[u8], version: i16, most_bytes: usize) -> Result<(), ErrorCode> {
    let length = usize::try_from(int(sent, 8).map_err(|_| ErrorCode::InvalidRecord)?);
    let length = length.ok().and_then(|length| length.checked_add(12)).ok_or(ErrorCode::CorruptMessage)?;
    if length < HEADER_BYTES {
        return Err(ErrorCode::CorruptMessage);
    }
    // A batch that ends before its end is none; what follows a batch would be another.
    if length != sent.len() || field(sent, 16)? != [2] {
        return Err(ErrorCode::InvalidRecord);
    }
    let attributes = short(sent, 21)?;
    let compression = attributes & COMPRESSION_BITS;
    if version < 7 && compression == ZSTD {
        return Err(ErrorCode::UnsupportedCompressionType);
    }
    if long(sent, 0)? != 0 {
        return Err(ErrorCode::InvalidRecord);
    }
    if length > most_bytes {
        return Err(ErrorCode::MessageTooLarge);
    }
    let checked = sent.get(CHECKED_FROM..).unwrap_or_default();
    if field(sent, 17).map(u32::from_be_bytes)? != crc32c::crc32c(checked) {
        return Err(ErrorCode::CorruptMessage);
    }
    if compression > ZSTD {
        return Err(ErrorCode::UnknownServerError);
    }
    let (last_delta, count) = (int(sent, 23)?, int(sent, 57)?);
    let (producer_id, first_sequence) = (long(sent, 43)?, int(sent, 53)?);
    let refused = count < 1
        || last_delta != count - 1
        || attributes & CONTROL_BIT != 0
        || (producer_id >= 0 && first_sequence < 0);
    if refused { Err(ErrorCode::InvalidRecord) } else { Ok(()) }
}

/// Gives a batch its offsets and its place in the leader's only epoch. The checksum does not cover them.
pub(super) fn stored(sent: &[u8], base_offset: i64) -> Result<Batch, ErrorCode> {
    let mut bytes = BytesMut::from(sent);
    for (at, place) in [(0, &base_offset.to_be_bytes()[..]), (12, &0_i32.to_be_bytes()[..])] {
        let end = at + place.len();
        bytes.get_mut(at..end).ok_or(ErrorCode::CorruptMessage)?.copy_from_slice(place);
    }
    Batch::read(bytes.freeze())
}

impl Batch {
    /// A batch that has its offsets.
    pub(super) fn read(bytes: Bytes) -> Result<Self, ErrorCode> {
        let (base_offset, last_delta) = (long(&bytes, 0)?, int(&bytes, 23)?);
        let last_offset = base_offset.checked_add(i64::from(last_delta)).ok_or(ErrorCode::CorruptMessage)?;
        let (producer_id, first) = (long(&bytes, 43)?, int(&bytes, 53)?);
        let sequence = (producer_id >= 0).then_some(Sequence {
            producer_id,
            epoch: short(&bytes, 51)?,
            first,
            last: wrapping_sequence(first, last_delta),
        });
        let max_timestamp = long(&bytes, 35)?;
        Ok(Self { base_offset, last_offset, max_timestamp, sequence, body: Body::Memory(bytes) })
    }

    /// A batch that lies on disk, by its fixed part.
    pub(super) fn found(fixed: Bytes, place: Place) -> Result<Self, ErrorCode> {
        let mut batch = Self::read(fixed)?;
        batch.settle(place);
        Ok(batch)
    }

    /// The batch lies on disk: memory need not hold it.
    pub(super) fn settle(&mut self, place: Place) {
        self.body = Body::Disk(place);
    }

    /// Bytes of the batch.
    pub(super) fn length(&self) -> usize {
        match &self.body {
            Body::Memory(bytes) => bytes.len(),
            Body::Disk(place) => place.length(),
        }
    }

    /// Bytes of memory that hold the batch and what is kept of it.
    pub(super) fn held_bytes(&self) -> usize {
        let body = match &self.body {
            Body::Memory(bytes) => bytes.len(),
            Body::Disk(_) => 0,
        };
        size_of::<Self>() + body
    }

    /// The whole batch.
    pub(super) fn bytes(&self) -> Result<Bytes, ErrorCode> {
        match &self.body {
            Body::Memory(bytes) => Ok(bytes.clone()),
            Body::Disk(place) => place.read().map_err(|error| {
                tracing::error!("cannot read a batch at offset {}: {error}", self.base_offset);
                ErrorCode::KafkaStorageError
            }),
        }
    }

    /// Timestamp and offset of the first record of this time or later. Records that are compressed are not looked
    /// into: their batch stands for its first record.
    pub(super) fn first_since(&self, timestamp: i64) -> Option<(i64, i64)> {
        let bytes = self.bytes().ok()?;
        let attributes = short(&bytes, 21).ok()?;
        let base_timestamp = long(&bytes, 27).ok()?;
        if attributes & LOG_APPEND_TIME_BIT != 0 {
            return (self.max_timestamp >= timestamp).then_some((self.max_timestamp, self.base_offset));
        }
        if attributes & COMPRESSION_BITS != 0 {
            return (self.max_timestamp >= timestamp).then_some((base_timestamp, self.base_offset));
        }
        let mut rest = bytes.get(HEADER_BYTES..)?;
        while !rest.is_empty() {
            let length = usize::try_from(varint(&mut rest)?).ok()?;
            let (mut record, after) = rest.split_at_checked(length)?;
            rest = after;
            record = record.get(1..)?;
            let at = base_timestamp.checked_add(varint(&mut record)?)?;
            let offset = self.base_offset.checked_add(varint(&mut record)?)?;
            if at >= timestamp {
                return Some((at, offset));
            }
        }
        None
    }
}

/// The number of a record, `more` after another: after the largest comes 0.
fn wrapping_sequence(first: i32, more: i32) -> i32 {
    let wide = i64::from(first) + i64::from(more);
    i32::try_from(wide).unwrap_or_else(|_| i32::try_from(wide - i64::from(i32::MAX) - 1).unwrap_or(0))
}

/// A signed number of variable length, as records hold them (zig-zag).
fn varint(from: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{varint, wrapping_sequence};

    #[test]
    fn sequences_wrap_as_kafkas_do() {
        assert_eq!(wrapping_sequence(5, 2), 7);
        assert_eq!(wrapping_sequence(i32::MAX, 0), i32::MAX);
        assert_eq!(wrapping_sequence(i32::MAX, 1), 0);
        assert_eq!(wrapping_sequence(i32::MAX - 1, 3), 1);
    }

    #[test]
    fn numbers_of_variable_length() {
        let read = |mut bytes: &[u8]| varint(&mut bytes);
        assert_eq!(read(&[0]), Some(0));
        assert_eq!(read(&[1]), Some(-1));
        assert_eq!(read(&[2]), Some(1));
        assert_eq!(read(&[0xac, 0x02]), Some(150));
        assert_eq!(read(&[0x80]), None, "it goes on");
    }
}
