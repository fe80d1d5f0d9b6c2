//! Primitives of Kafka's message schemas, in the versions with and without compact lengths.

use bytes::{BufMut, Bytes, BytesMut};

use super::batch::TrySplit;

/// Reads a message front to back.
pub(super) struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = self.rest.try_split(N)?;
        taken.first_chunk().copied()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.fixed().map(u8::from_be_bytes)
    }

    pub(super) fn i16(&mut self) -> Option<i16> {
        self.fixed().map(i16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.fixed().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.fixed().map(i64::from_be_bytes)
    }

    pub(super) fn u128(&mut self) -> Option<u128> {
        self.fixed().map(u128::from_be_bytes)
    }

    pub(super) fn varint(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.fixed()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A string with a length of two bytes; -1 is null.
    #[allow(clippy::option_option, reason = "malformed, null, or there")]
    pub(super) fn nullable_text(&mut self) -> Option<Option<&'b str>> {
        match usize::try_from(self.i16()?) {
            Ok(length) => Some(Some(self.text_of(length)?)),
            Err(_) => Some(None),
        }
    }

    /// A string with a length of two bytes.
    pub(super) fn text(&mut self) -> Option<&'b str> {
        self.nullable_text()?
    }

    /// A string whose length is a varint, and one more.
    pub(super) fn compact_text(&mut self) -> Option<&'b str> {
        let length = self.varint()?.checked_sub(1)?;
        self.text_of(length)
    }

    /// Bytes with a length of four bytes, apart from the buffer that they were read from.
    /// Such a string, or null, for which zero stands.
    #[allow(clippy::option_option, reason = "malformed, null, or there")]
    pub(super) fn nullable_compact_text(&mut self) -> Option<Option<&'b str>> {
        match self.varint()?.checked_sub(1) {
            None => Some(None),
            Some(length) => self.text_of(length).map(Some),
        }
    }

    pub(super) fn bytes(&mut self) -> Option<Bytes> {
        let length = usize::try_from(self.i32()?).ok()?;
        self.rest.try_split(length).map(Bytes::copy_from_slice)
    }

    fn text_of(&mut self, length: usize) -> Option<&'b str> {
        std::str::from_utf8(self.rest.try_split(length)?).ok()
    }
}

/// Writes the pieces that `BytesMut` does not know.
pub(super) trait Write {
    fn put_text(&mut self, text: &str);
    fn put_nullable_text(&mut self, text: Option<&str>);
    fn put_compact_text(&mut self, text: &str);
    fn put_block(&mut self, bytes: &[u8]);
    fn put_varint(&mut self, value: usize);
}

impl Write for BytesMut {
    /// A text of the protocol has at most `i16::MAX` bytes: it arrived with such a length, or fits by a bound.
    fn put_text(&mut self, text: &str) {
        let fits = text.len().min(usize::from(i16::MAX.unsigned_abs()));
        self.put_i16(i16::try_from(fits).unwrap_or(i16::MAX));
        self.put_slice(&text.as_bytes()[..fits]);
    }

    fn put_nullable_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.put_text(text),
            None => self.put_i16(-1),
        }
    }

    fn put_compact_text(&mut self, text: &str) {
        self.put_varint(text.len() + 1);
        self.put_slice(text.as_bytes());
    }

    fn put_block(&mut self, bytes: &[u8]) {
        self.put_i32(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        self.put_slice(bytes);
    }

    fn put_varint(&mut self, value: usize) {
        let mut left = value;
        while left >= 0x80 {
            self.put_u8(u8::try_from(left & 0x7f).unwrap_or(0) | 0x80);
            left >>= 7;
        }
        self.put_u8(u8::try_from(left).unwrap_or(0));
    }
}
