//! Components by content: each distinct value once, with an id, and a hash that does not depend on who found it first.
//!
//! A state's hash is the exclusive or of its components' hashes, each mixed with its place. It follows from the
//! contents alone, so that what is chosen by hash is the same on any number of threads.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// A fast hasher without a key.
#[derive(Default)]
pub(crate) struct ContentHasher(u64);

impl ContentHasher {
    #[inline]
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9E37_79B9_7F4A_7C15) * 0xA076_1D64_78BD_642F;
        #[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
        {
            self.0 = (product >> 64) as u64 ^ (product as u64).rotate_left(23);
        }
    }
}

impl Hasher for ContentHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
        self.add(bytes.len() as u64);
    }

    fn write_u8(&mut self, i: u8) {
        self.add(u64::from(i));
    }

    fn write_u16(&mut self, i: u16) {
        self.add(u64::from(i));
    }

    fn write_u32(&mut self, i: u32) {
        self.add(u64::from(i));
    }

    fn write_u64(&mut self, i: u64) {
        self.add(i);
    }

    fn write_usize(&mut self, i: usize) {
        self.add(i as u64);
    }

    fn finish(&self) -> u64 {
        mix(self.0)
    }
}

/// Builds them.
pub(crate) type Quick = BuildHasherDefault<ContentHasher>;

/// Spreads every bit over all.
#[inline]
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let word = (word ^ (word >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    word ^ (word >> 32)
}

/// The hash of a value.
pub(crate) fn hash_of<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = ContentHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// For keys that are hashes.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash_of(bytes);
    }

    fn write_u64(&mut self, i: u64) {
        self.0 = i;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Each distinct value once.
pub(crate) struct Interner<T> {
    values: Vec<Arc<T>>,
    hashes: Vec<u64>,
    /// The first value of a hash.
    by_hash: HashMap<u64, u32, BuildHasherDefault<AsIs>>,
    /// The next value of the same hash, by id.
    same_hash: HashMap<u32, u32>,
}

impl<T: PartialEq> Interner<T> {
    pub(crate) fn new() -> Self {
        Self {
            values: Vec::new(),
            hashes: Vec::new(),
            by_hash: HashMap::default(),
            same_hash: HashMap::new(),
        }
    }

    /// The value's id; `hash` is of its content.
    pub(crate) fn id_of(&mut self, hash: u64, value: T) -> u32 {
        let Some(mut id) = self.by_hash.get(&hash).copied() else {
            let id = self.push(hash, value);
            self.by_hash.insert(hash, id);
            return id;
        };
        loop {
            if *self.values[id as usize] == value {
                return id;
            }
            let Some(other) = self.same_hash.get(&id) else { break };
            id = *other;
        }
        let new = self.push(hash, value);
        self.same_hash.insert(id, new);
        new
    }

    fn push(&mut self, hash: u64, value: T) -> u32 {
        self.values.push(Arc::new(value));
        self.hashes.push(hash);
        u32::try_from(self.values.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, id: u32) -> Arc<T> {
        Arc::clone(&self.values[id as usize])
    }

    pub(crate) fn hash(&self, id: u32) -> u64 {
        self.hashes[id as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Resident, in bytes, without what values own elsewhere.
    pub(crate) fn bytes(&self) -> usize {
        self.values.len() * (size_of::<T>() + 16 + 8 + 8 + 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_id_and_equal_hashes_do_not_make_values_equal() {
        let mut interner = Interner::new();
        let ids: Vec<u32> = ["a", "b", "a", "c", "b"].into_iter().map(|v| interner.id_of(7, v)).collect();
        assert_eq!(ids, [0, 1, 0, 2, 1]);
        assert_eq!((*interner.get(2), interner.hash(2), interner.len()), ("c", 7, 3));
    }

    #[test]
    fn hashes_follow_from_content_and_length() {
        assert_eq!(hash_of("abc"), hash_of(&"abc".to_owned()));
        let all =
            [hash_of(&[0_u8, 0][..]), hash_of(&[0_u8][..]), hash_of(&1_u8), hash_of(&2_u64), hash_of(&())];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }
}
