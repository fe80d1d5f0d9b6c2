//! What the threads of a round share: the level, what is taken of it, and the room that is left.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::layout::Layout;
use crate::space::View;

/// States that are expanded before their successors are looked up.
pub(crate) const BATCH: u64 = 64;
/// Indices that a thread takes at once.
pub(crate) const BLOCK: u64 = 256;
/// States of one depth, by index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Level {
    /// Sorted, and not adjacent.
    pub(crate) ranges: Vec<(u64, u64)>,
    /// The position of each range's first state.
    starts: Vec<u64>,
    /// States.
    pub(crate) size: u64,
}

impl Level {
    pub(crate) fn new(mut found: Vec<(u64, u64)>) -> Self {
        found.sort_unstable();
        let mut level = Self::default();
        for (from, to) in found {
            match level.ranges.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                Some(_) | None => {
                    level.ranges.push((from, to));
                    level.starts.push(level.size);
                }
            }
            level.size += to - from;
        }
        level
    }

    /// The indices at these positions.
    pub(crate) fn indices(&self, (from, to): (u64, u64)) -> impl Iterator<Item = u64> {
        let first = self.starts.partition_point(|start| *start <= from).saturating_sub(1);
        let ranges = self.ranges.iter().zip(&self.starts).skip(first);
        ranges.take_while(move |(_, start)| **start < to).flat_map(move |(range, start)| {
            let (skip, end) = (from.saturating_sub(*start), to - start);
            range.0 + skip..range.1.min(range.0 + end)
        })
    }
}

/// What the threads of a round share.
pub(crate) struct Round<'a> {
    pub(crate) view: View<'a>,
    pub(crate) layout: &'a Layout,
    /// By property: ones where a packed state has what it reads.
    pub(crate) masks: &'a [Vec<u64>],
    /// Properties that are not decided yet.
    pub(crate) open: Vec<usize>,
    /// The level that is expanded.
    pub(crate) level: &'a Level,
    /// The first position of the level that nobody took.
    pub(crate) next: &'a AtomicU64,
    /// Batches that were taken and not finished.
    pub(crate) redo: &'a Mutex<Vec<(u64, u64)>>,
    /// Indices that were handed out.
    pub(crate) cursor: &'a AtomicU64,
    pub(crate) unique: &'a AtomicU64,
    pub(crate) generated: &'a AtomicU64,
    /// New states that still have room.
    pub(crate) room: AtomicU64,
    /// New nodes that still have room.
    pub(crate) node_room: AtomicU64,
    /// Set: every thread ends after its batch.
    pub(crate) stop: AtomicBool,
    /// An id had no room in the layout.
    pub(crate) outgrown: AtomicBool,
    /// A batch had more successors than there is room for: so many.
    pub(crate) full: AtomicU64,
    /// The same of nodes.
    pub(crate) nodes_full: AtomicU64,
    /// Whether the boundary is asked of the judge.
    pub(crate) judged: bool,
    /// One thread does all of it.
    pub(crate) alone: bool,
    /// Positions that a thread takes at once where it takes some batches.
    pub(crate) many: u64,
}

/// Takes room for so many; what there is not is noted.
pub(crate) fn claim(room: &AtomicU64, full: &AtomicU64, count: u64) -> bool {
    let enough = |room: u64| room.checked_sub(count);
    let claimed = room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough).is_ok();
    if !claimed {
        full.fetch_max(count, Ordering::Relaxed);
    }
    claimed
}

/// The next batch's positions.
pub(crate) fn take(round: &Round<'_>) -> Option<(u64, u64)> {
    if let Some(positions) = round.redo.lock().unwrap_or_else(PoisonError::into_inner).pop() {
        return Some(positions);
    }
    let from = round.next.fetch_add(BATCH, Ordering::Relaxed);
    (from < round.level.size).then(|| (from, (from + BATCH).min(round.level.size)))
}

/// Positions for some batches: neighbours have successors in common, which a thread of its own sees again.
pub(crate) fn take_many(round: &Round<'_>) -> Option<(u64, u64)> {
    if let Some(positions) = round.redo.lock().unwrap_or_else(PoisonError::into_inner).pop() {
        return Some(positions);
    }
    let from = round.next.fetch_add(round.many, Ordering::Relaxed);
    (from < round.level.size).then(|| (from, (from + round.many).min(round.level.size)))
}

/// So many positions, so that no thread waits long for the others.
pub(crate) fn many(level: &Level, threads: usize) -> u64 {
    (level.size / (threads as u64 * 16)).clamp(BATCH, 32 * BATCH)
}

/// A batch that was not finished.
pub(crate) fn give_back(round: &Round<'_>, positions: (u64, u64)) {
    round.redo.lock().unwrap_or_else(PoisonError::into_inner).push(positions);
    round.stop.store(true, Ordering::Relaxed);
}

#[allow(clippy::cast_possible_truncation, reason = "a space has fewer than 2^32 states")]
pub(crate) fn load<const K: usize>(round: &Round<'_>, positions: (u64, u64), batch: &mut Vec<[u64; K]>) {
    batch.clear();
    batch.extend(round.level.indices(positions).map(|index| round.view.state::<K>(index as u32)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_a_level_are_found_in_its_ranges() {
        let level = Level::new(vec![(10, 12), (0, 3), (12, 15), (20, 21)]);
        assert_eq!((level.ranges.len(), level.size), (3, 9));
        assert_eq!(level.indices((0, 9)).collect::<Vec<_>>(), [0, 1, 2, 10, 11, 12, 13, 14, 20]);
        assert_eq!(level.indices((2, 5)).collect::<Vec<_>>(), [2, 10, 11]);
        assert_eq!(level.indices((8, 9)).collect::<Vec<_>>(), [20]);
    }
}
