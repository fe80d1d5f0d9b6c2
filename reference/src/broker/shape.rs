//! Looks a request over before it is decoded.
//!
//! The codec reserves memory for as many elements as an array claims to have. A claim that the frame cannot hold must
//! never reach it: each length is checked against the bytes that are there, for every array, by walking the request
//! once.

/// The kind of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// So many bytes; consecutive fields of fixed length may be taken together.
    Fixed(usize),
    /// A string, nullable or not.
    Text,
    /// Bytes or records, nullable or not.
    Bytes,
    /// Structures.
    Array(&'static [Field]),
    /// Primitives.
    List(&'static Kind),
}

/// A field, in the versions that have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) since: i16,
    pub(super) until: i16,
    pub(super) kind: Kind,
}

/// A field of every version.
pub(super) const fn all(kind: Kind) -> Field {
    Field { since: 0, until: i16::MAX, kind }
}

/// A field of this version and later ones.
pub(super) const fn since(version: i16, kind: Kind) -> Field {
    Field { since: version, until: i16::MAX, kind }
}

/// A field of this version and earlier ones.
pub(super) const fn until(version: i16, kind: Kind) -> Field {
    Field { since: 0, until: version, kind }
}

/// Why bytes are not a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("it ends in the middle of a field")]
    Truncated,
    #[error("a length is larger than the request")]
    Length,
    #[error("{0} bytes follow the request")]
    Trailing(usize),
}

/// The bytes of a request that are not looked over yet.
pub(super) struct Walker<'a> {
    rest: &'a [u8],
    version: i16,
    flexible: bool,
}

impl<'a> Walker<'a> {
    pub(super) fn new(rest: &'a [u8], version: i16, flexible: bool) -> Self {
        Self { rest, version, flexible }
    }

    /// Looks over a whole request.
    pub(super) fn request(mut self, fields: &[Field]) -> Result<(), Malformed> {
        self.structure(fields)?;
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::Trailing(self.rest.len())) }
    }

    fn structure(&mut self, fields: &[Field]) -> Result<(), Malformed> {
        let version = self.version;
        for field in fields.iter().filter(|field| (field.since..=field.until).contains(&version)) {
            self.value(field.kind)?;
        }
        if self.flexible { self.tagged_fields() } else { Ok(()) }
    }

    fn value(&mut self, kind: Kind) -> Result<(), Malformed> {
        match kind {
            Kind::Fixed(length) => self.skip(length),
            Kind::Text => {
                let length = if self.flexible { self.compact_length()? } else { self.short_length()? };
                self.skip(length)
            }
            Kind::Bytes => {
                let length = self.length()?;
                self.skip(length)
            }
            Kind::Array(fields) => {
                for _ in 0..self.count()? {
                    self.structure(fields)?;
                }
                Ok(())
            }
            Kind::List(kind) => {
                for _ in 0..self.count()? {
                    self.value(*kind)?;
                }
                Ok(())
            }
        }
    }

    pub(super) fn tagged_fields(&mut self) -> Result<(), Malformed> {
        for _ in 0..self.varint()? {
            self.varint()?;
            let length = self.varint()?;
            self.skip(length)?;
        }
        Ok(())
    }

    /// The number of elements that follow. Each takes a byte at least.
    fn count(&mut self) -> Result<usize, Malformed> {
        let count = self.length()?;
        if count > self.rest.len() { Err(Malformed::Length) } else { Ok(count) }
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        if self.flexible {
            return self.compact_length();
        }
        let length = i32::from_be_bytes(self.take()?);
        // -1 is null; the codec refuses what is less.
        Ok(usize::try_from(length).unwrap_or(0))
    }

    fn short_length(&mut self) -> Result<usize, Malformed> {
        let length = i16::from_be_bytes(self.take()?);
        Ok(usize::try_from(length).unwrap_or(0))
    }

    fn compact_length(&mut self) -> Result<usize, Malformed> {
        Ok(self.varint()?.saturating_sub(1))
    }

    fn varint(&mut self) -> Result<usize, Malformed> {
        let mut value = 0_usize;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.take()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Length)
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A string of the old form, null for -1.
    pub(super) fn nullable_text(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        let length = i16::from_be_bytes(self.take()?);
        let Ok(length) = usize::try_from(length) else { return Ok(None) };
        let (text, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Length)?;
        self.rest = rest;
        Ok(Some(text))
    }

    pub(super) fn skip(&mut self, length: usize) -> Result<(), Malformed> {
        self.rest = self.rest.get(length..).ok_or(Malformed::Truncated)?;
        Ok(())
    }

    /// How many bytes are not looked over yet.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }
}
