//! A batch in the making: records are written into it one by one, and the fixed part last.

use bytes::{BufMut, Bytes, BytesMut};

use super::batch::{CRC_AT, CRC_FROM, HEADER_BYTES, PREFIX_BYTES};

/// Bytes that are reserved for the first records; most are smaller than a hundred.
const FIRST_BYTES: usize = 4096;

/// A batch in the making.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    batch: BytesMut,
    first_offset: i64,
    last_offset: i64,
    first_timestamp: i64,
    newest: i64,
    count: usize,
}

impl Builder {
    /// Records in it.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The offsets of its first and its last record; of no use without records.
    pub(crate) fn offsets(&self) -> (i64, i64) {
        (self.first_offset, self.last_offset)
    }

    /// Adds a record; its offset is above all before. A record without value is a tombstone.
    pub(crate) fn push(&mut self, offset: i64, timestamp: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        if self.count == 0 {
            self.batch.reserve(FIRST_BYTES);
            self.batch.put_bytes(0, HEADER_BYTES);
            (self.first_offset, self.first_timestamp, self.newest) = (offset, timestamp, timestamp);
        }
        self.last_offset = offset;
        self.newest = self.newest.max(timestamp);
        self.count += 1;
        let (later, further) = (timestamp - self.first_timestamp, offset - self.first_offset);
        // Attributes and headers take a byte each: there are none.
        let length = 2 + varint_bytes(later) + varint_bytes(further) + block_bytes(key) + block_bytes(value);
        put_varint(&mut self.batch, wide(length));
        self.batch.put_u8(0);
        put_varint(&mut self.batch, later);
        put_varint(&mut self.batch, further);
        put_block(&mut self.batch, key);
        put_block(&mut self.batch, value);
        self.batch.put_u8(0);
    }

    /// The batch; nothing without records.
    pub(crate) fn finish(mut self) -> Bytes {
        if self.count == 0 {
            return Bytes::new();
        }
        let length = i32::try_from(self.batch.len() - PREFIX_BYTES).unwrap_or(i32::MAX);
        let more = i32::try_from(self.last_offset - self.first_offset).unwrap_or(i32::MAX);
        let count = i32::try_from(self.count).unwrap_or(i32::MAX);
        let mut fixed = &mut self.batch[..HEADER_BYTES];
        fixed.put_i64(self.first_offset);
        fixed.put_i32(length);
        fixed.put_i32(0); // leader epoch
        fixed.put_u8(2); // magic
        fixed.put_u32(0); // checksum, below
        fixed.put_i16(0); // no compression, CreateTime
        fixed.put_i32(more);
        fixed.put_i64(self.first_timestamp);
        fixed.put_i64(self.newest);
        fixed.put_i64(-1); // producer id
        fixed.put_i16(-1); // producer epoch
        fixed.put_i32(-1); // base sequence
        fixed.put_i32(count);
        let crc = crc32c::crc32c(&self.batch[CRC_FROM..]);
        self.batch[CRC_AT..CRC_FROM].copy_from_slice(&crc.to_be_bytes());
        self.batch.freeze()
    }
}

fn wide(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

fn varint_bytes(value: i64) -> usize {
    let bits = u64::BITS - (zigzag(value) | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

fn block_bytes(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(1, |bytes| varint_bytes(wide(bytes.len())) + bytes.len())
}

fn put_varint(to: &mut BytesMut, value: i64) {
    let mut left = zigzag(value);
    while left >= 0x80 {
        to.put_u8(u8::try_from(left & 0x7f).unwrap_or(0) | 0x80);
        left >>= 7;
    }
    to.put_u8(u8::try_from(left).unwrap_or(0));
}

fn put_block(to: &mut BytesMut, bytes: Option<&[u8]>) {
    match bytes {
        None => put_varint(to, -1),
        Some(bytes) => {
            put_varint(to, wide(bytes.len()));
            to.put_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BytesMut, put_varint, varint_bytes};

    #[test]
    fn the_length_of_a_number_is_known_before_it_is_written() {
        for shift in 0..63 {
            for value in [1_i64 << shift, (1 << shift) - 1, -(1 << shift), i64::MIN, i64::MAX] {
                let mut bytes = BytesMut::new();
                put_varint(&mut bytes, value);
                assert_eq!(bytes.len(), varint_bytes(value), "{value}");
            }
        }
    }
}
