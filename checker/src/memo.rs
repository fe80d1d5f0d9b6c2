//! A map from 64-bit keys to small values, for the innermost loop: open addressing, half full at most.

use crate::raw::prefetch;

/// No step has this key: its halves are ids below the largest.
const EMPTY: u64 = u64::MAX;
/// Entries in front.
const FRONT: usize = 256;

/// What was computed once, by key.
pub(crate) struct Memo<V> {
    /// What was asked for last, by place, as small as the nearest cache.
    front: Vec<(u64, V)>,
    slots: Vec<(u64, V)>,
    /// The hash's upper bits are the place.
    shift: u32,
    len: usize,
}

impl<V: Copy + Default> Default for Memo<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Copy + Default> Memo<V> {
    pub(crate) fn new() -> Self {
        let front = vec![(EMPTY, V::default()); FRONT];
        Self { front, slots: vec![(EMPTY, V::default()); 64], shift: 58, len: 0 }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the shift leaves as many bits as the table has places"
    )]
    fn place(&self, key: u64) -> usize {
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    #[allow(clippy::cast_possible_truncation, reason = "the shift leaves as many bits as there are places")]
    pub(crate) fn get(&mut self, key: u64) -> Option<V> {
        let near = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - FRONT.trailing_zeros())) as usize;
        let (found, value) = self.front[near];
        if found == key {
            return Some(value);
        }
        let at = self.find(key)?;
        self.front[near] = self.slots[at];
        Some(self.slots[at].1)
    }

    /// The same without the front: for what is rarely asked for twice in a row.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn look_up(&self, key: u64) -> Option<V> {
        self.find(key).map(|at| self.slots[at].1)
    }

    /// Starts to bring a key's place into the cache.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn prefetch(&self, key: u64) {
        prefetch(&self.slots, self.place(key) & (self.slots.len() - 1));
    }

    #[inline]
    fn find(&self, key: u64) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = self.place(key) & mask;
        loop {
            let found = self.slots[at].0;
            if found == key {
                return Some(at);
            }
            if found == EMPTY {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// The key is not there yet.
    pub(crate) fn insert(&mut self, key: u64, value: V) {
        if self.len * 2 >= self.slots.len() {
            let larger = vec![(EMPTY, V::default()); self.slots.len() * 2];
            let before = std::mem::replace(&mut self.slots, larger);
            self.shift -= 1;
            for (key, value) in before.into_iter().filter(|(key, _)| *key != EMPTY) {
                self.put(key, value);
            }
        }
        self.len += 1;
        self.put(key, value);
    }

    fn put(&mut self, key: u64, value: V) {
        let mask = self.slots.len() - 1;
        let mut at = self.place(key) & mask;
        while self.slots[at].0 != EMPTY {
            at = (at + 1) & mask;
        }
        self.slots[at] = (key, value);
    }

    /// Resident, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        (self.slots.len() + FRONT) * size_of::<(u64, V)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let mut memo = Memo::<u32>::new();
        for i in 0..5000_u32 {
            memo.insert(u64::from(i) << 32 | u64::from(i % 7), i);
        }
        assert!((0..5000_u32).all(|i| memo.get(u64::from(i) << 32 | u64::from(i % 7)) == Some(i)));
        assert_eq!((memo.get(3), memo.look_up(3)), (None, None));
        memo.prefetch(3);
        assert!((0..5000_u32).all(|i| memo.look_up(u64::from(i) << 32 | u64::from(i % 7)) == Some(i)));
        assert!(memo.bytes() >= 5000 * 16);
    }
}
