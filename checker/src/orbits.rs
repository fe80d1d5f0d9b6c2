//! How many states the stored ones stand for, where one of each set of exchanged ones is stored.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::canon::Canon;
use crate::stored::{Found, ids_of};
use crate::width::by_width;

/// States that a thread takes at once.
const CHUNK: u64 = 1 << 14;

/// The sum of the sizes of the sets that the stored states stand for.
pub(crate) fn sum(found: Found<'_>, threads: usize) -> u64 {
    let mut ranges: Vec<(u64, u64)> = found.levels.iter().flat_map(|level| level.ranges.clone()).collect();
    ranges.sort_unstable();
    let end = ranges.last().map_or(0, |(_, to)| *to);
    let (next, sum) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let mut canon = Canon::new(found.rules);
        let (mut ids, mut mine) = (Vec::new(), 0);
        loop {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= end {
                break;
            }
            for index in within(&ranges, (from, from + CHUNK)) {
                let Ok(index) = u32::try_from(index) else { continue };
                by_width!(found.layout.words, ids_of::<K>(&found, index, &mut ids));
                mine += canon.as_mut().map_or(1, |canon| canon.orbit(&ids));
            }
        }
        sum.fetch_add(mine, Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    sum.into_inner()
}

/// The indices of some sorted ranges that lie within another.
fn within(ranges: &[(u64, u64)], (from, to): (u64, u64)) -> impl Iterator<Item = u64> {
    let first = ranges.partition_point(|range| range.1 <= from);
    let some = ranges[first..].iter().take_while(move |range| range.0 < to);
    some.flat_map(move |range| range.0.max(from)..range.1.min(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_is_in_one_chunk() {
        let ranges = [(0, 3), (5, 9), (20, 21)];
        assert_eq!(within(&ranges, (2, 7)).collect::<Vec<_>>(), [2, 5, 6]);
        assert_eq!(within(&ranges, (7, 21)).collect::<Vec<_>>(), [7, 8, 20]);
        assert_eq!(within(&ranges, (21, 40)).count(), 0);
    }
}
