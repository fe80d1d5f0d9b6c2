//! A table of the states themselves: a state of one word is its own entry, so one look finds it, and nothing has to be
//! compared elsewhere.
//!
//! An entry is the complement of a state; 0 is free, since words of ones are no state. Its place follows from the word,
//! so the table is made anew when words are.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Space;
use super::view::{View, next, place};
use crate::raw::prefetch;

/// Words that are brought into the cache together while a table is made.
const TOGETHER: usize = 64;

/// Where a word lies; the upper bits are the good ones.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the innermost loop")]
pub(crate) fn hash(word: u64) -> u64 {
    (word ^ (word >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

impl Space {
    /// Whether the table holds the states themselves.
    pub(crate) fn is_direct(&self) -> bool {
        self.direct
    }

    /// From here on the table holds the states of these ranges themselves.
    pub(crate) fn hold_states(&mut self, ranges: &[(u64, u64)]) {
        self.empty_table(true);
        let view = self.view();
        let mut words = Vec::with_capacity(TOGETHER);
        let put = |words: &mut Vec<u64>| {
            for word in words.drain(..) {
                view.put::<true>(word, hash(word));
            }
        };
        for word in ranges.iter().flat_map(|(from, to)| *from..*to).filter_map(|index| self.word(index)) {
            let word = word.load(Ordering::Relaxed);
            view.prefetch_word(hash(word));
            words.push(word);
            if words.len() == TOGETHER {
                put(&mut words);
            }
        }
        put(&mut words);
    }

    /// From here on the table holds tags and indices; each state has to be put in again.
    pub(crate) fn hold_indices(&mut self) {
        self.empty_table(false);
    }

    /// Puts a state in that is not there, by the hash of its content.
    pub(crate) fn put_index(&mut self, hash: u64, index: u64) {
        let mut at = place(hash, self.table.len());
        while self.table[at].load(Ordering::Relaxed) != 0 {
            at = next(at);
        }
        self.table[at].store((hash >> 32 << 32) | (index + 1), Ordering::Relaxed);
    }

    fn empty_table(&mut self, direct: bool) {
        self.direct = direct;
        for entry in self.table.iter() {
            entry.store(0, Ordering::Relaxed);
        }
    }
}

impl View<'_> {
    /// Starts to bring a word's first place into the cache.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn prefetch_word(&self, hash: u64) {
        prefetch(self.table, place(hash, self.table.len()));
    }

    /// The place of a state that is there.
    pub(crate) fn place_of(&self, word: u64) -> Option<usize> {
        let mut at = place(hash(word), self.table.len());
        loop {
            match self.table[at].load(Ordering::Relaxed) {
                0 => return None,
                entry if entry == !word => return Some(at),
                _ => at = next(at),
            }
        }
    }

    /// Puts a state in: whether it is new. The table has room; `ALONE`: no other thread does the same.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn put<const ALONE: bool>(&self, word: u64, hash: u64) -> bool {
        let entry = !word;
        let mut at = place(hash, self.table.len());
        loop {
            let mut found = self.table[at].load(Ordering::Relaxed);
            if found == 0 {
                found = claim::<ALONE>(&self.table[at], entry);
                if found == 0 {
                    return true;
                }
            }
            if found == entry {
                return false;
            }
            at = next(at);
        }
    }

    /// Writes a state under an index that is this thread's.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the innermost loop")]
    pub(crate) fn keep(&self, index: u32, word: u64) {
        self.arena[index as usize].store(word, Ordering::Relaxed);
    }

    /// Places of the table.
    pub(crate) fn places(&self) -> usize {
        self.table.len()
    }
}

/// Takes a free place: 0, or what another thread put there.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the innermost loop")]
fn claim<const ALONE: bool>(place: &AtomicU64, entry: u64) -> u64 {
    if ALONE {
        place.store(entry, Ordering::Relaxed);
        return 0;
    }
    // The entry is all that there is to see, so no order is needed.
    match place.compare_exchange(0, entry, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(free) => free,
        Err(other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{FIRST_SEGMENTS, SEGMENT};

    fn spaced(i: u64) -> u64 {
        (i << 40) | ((i % 3) << 20) | (i % 7)
    }

    #[test]
    fn states_are_found_and_nothing_else_while_the_table_grows() {
        let mut space = Space::new(1, false).unwrap();
        space.hold_states(&[]);
        assert!(space.is_direct());
        for round in 0..6_u64 {
            space.make_room(20_000).unwrap();
            let view = space.view();
            for i in round * 10_000..(round + 1) * 10_000 {
                let new = view.put::<true>(spaced(i), hash(spaced(i)));
                assert!(new && !view.put::<false>(spaced(i), hash(spaced(i))), "{i}");
                view.keep(u32::try_from(i).unwrap(), spaced(i));
            }
            space.cursor.fetch_add(10_000, Ordering::Relaxed);
            space.unique.fetch_add(10_000, Ordering::Relaxed);
        }
        assert!(space.view().places() > FIRST_SEGMENTS * SEGMENT);
        let all_there = |space: &Space| (0..60_000).all(|i| space.view().place_of(spaced(i)).is_some());
        assert!(all_there(&space) && (60_000..70_000).all(|i| space.view().place_of(spaced(i)).is_none()));
        space.hold_states(&[(0, 60_000)]);
        assert!(all_there(&space) && space.view().place_of(0b1000).is_none());
        space.hold_indices();
        for index in 0..60_000 {
            space.put_index(crate::content::mix(spaced(index)), index);
        }
        let found = |i: u64| space.view().find(crate::content::mix(spaced(i)), &[spaced(i)]);
        assert!((0..60_000).all(|i| found(i) == u32::try_from(i).ok()) && found(60_000).is_none());
    }

    #[test]
    fn of_two_threads_that_put_the_same_in_one_is_told_that_it_is_new() {
        let mut space = Space::new(1, false).unwrap();
        space.hold_states(&[]);
        space.make_room(20_000).unwrap();
        let view = space.view();
        let news = || (0..10_000).filter(|i| view.put::<false>(spaced(*i), hash(spaced(*i)))).count();
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(news);
            (news(), other.join().unwrap())
        });
        assert_eq!(one + other, 10_000);
    }
}
