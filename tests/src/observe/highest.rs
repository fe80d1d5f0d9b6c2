//! The highest of what was seen before a moment.

use std::collections::VecDeque;

/// Values with the time at which each was seen, of which only the highest so far counts.
#[derive(Debug, Default)]
pub(super) struct Highest {
    /// Each is later and higher than those before it.
    marks: VecDeque<(i64, i64)>,
}

impl Highest {
    /// Notes a value that was seen, not earlier than any before it.
    pub(super) fn note(&mut self, at_us: i64, value: i64) {
        if self.marks.back().is_none_or(|(_, highest)| *highest < value) {
            self.marks.push_back((at_us, value));
        }
    }

    /// The highest value that was seen before a moment.
    pub(super) fn before(&self, us: i64) -> Option<i64> {
        let earlier = self.marks.partition_point(|(at_us, _)| *at_us < us);
        earlier.checked_sub(1).map(|last| self.marks[last].1)
    }

    /// Forgets what no moment from here on needs.
    pub(super) fn forget(&mut self, before_us: i64) {
        while self.marks.get(1).is_some_and(|(at_us, _)| *at_us < before_us) {
            self.marks.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.marks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Highest;

    #[test]
    fn the_highest_before_a_moment_outlives_what_is_forgotten() {
        let mut highest = Highest::default();
        for (at, value) in [(1, 5), (2, 3), (4, 9), (6, 7), (8, 12)] {
            highest.note(at, value);
        }
        let before = |highest: &Highest| [1, 2, 4, 5, 8, 9].map(|at| highest.before(at));
        assert_eq!(before(&highest), [None, Some(5), Some(5), Some(9), Some(9), Some(12)]);
        highest.forget(8);
        assert_eq!(highest.marks.len(), 2);
        assert_eq!([8, 9].map(|at| highest.before(at)), [Some(9), Some(12)]);
    }
}
