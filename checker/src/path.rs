//! Shortest paths, found by walking the levels backwards: no parent is stored.
//!
//! Of all states of the level before that lead to a state, the one of least hash is taken. A hash follows from a
//! state's content, so the path does not depend on threads.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::layout::Layout;
use crate::round::{BATCH, Level};
use crate::search::Search;
use crate::space::View;
use crate::width::by_width;
use crate::worker::Worker;

/// A state on a path, by its words and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stop {
    words: Vec<u64>,
    hash: u64,
}

/// The ids of the states of a shortest path to each target, by its depth and index; the first state comes first.
pub(crate) fn paths(search: &mut Search<'_>, targets: &[(usize, u32)]) -> Vec<Vec<Vec<u32>>> {
    let mut workers = std::mem::take(&mut search.workers);
    let (view, layout) = (search.space.view(), &search.layout);
    let mut paths: Vec<Vec<Stop>> = targets.iter().map(|_| Vec::new()).collect();
    for (path, (_, index)) in paths.iter_mut().zip(targets) {
        path.push(by_width!(layout.words, stop::<K>(&mut workers[0], view, layout, *index)));
    }
    let deepest = targets.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
    for depth in (1..=deepest).rev() {
        let open: Vec<usize> = (0..targets.len()).filter(|i| targets[*i].0 >= depth).collect();
        let wanted: Vec<Stop> = open.iter().filter_map(|i| paths[*i].last().cloned()).collect();
        let level = &search.levels[depth - 1];
        let found = by_width!(layout.words, before::<K>(&mut workers, view, layout, level, &wanted));
        for (i, index) in open.into_iter().zip(found) {
            if let Some((_, index)) = index {
                paths[i].push(by_width!(layout.words, stop::<K>(&mut workers[0], view, layout, index)));
            }
        }
    }
    let ids = |stop: &Stop| {
        let mut ids = Vec::new();
        layout.unpack(&stop.words, &mut ids);
        ids
    };
    let ids = paths.iter().map(|path| path.iter().rev().map(ids).collect()).collect();
    search.workers = workers;
    ids
}

fn stop<const K: usize>(worker: &mut Worker<'_>, view: View<'_>, layout: &Layout, index: u32) -> Stop {
    let words = view.state::<K>(index).to_vec();
    Stop { hash: worker.expander.hash_of_packed(layout, &words, &mut Vec::new()), words }
}

/// For each wanted state: of the states of a level that lead to it, the one of least hash, with its index.
fn before<const K: usize>(
    workers: &mut [Worker<'_>],
    view: View<'_>,
    layout: &Layout,
    level: &Level,
    wanted: &[Stop],
) -> Vec<Option<(u64, u32)>> {
    let next = AtomicU64::new(0);
    let best = Mutex::new(vec![None::<(u64, u32)>; wanted.len()]);
    let scan = |worker: &mut Worker<'_>| {
        let mut found: Vec<Option<(u64, u32)>> = vec![None; wanted.len()];
        loop {
            let from = next.fetch_add(BATCH, Ordering::Relaxed);
            if from >= level.size {
                break;
            }
            for index in level.indices((from, (from + BATCH).min(level.size))) {
                let Ok(index) = u32::try_from(index) else { continue };
                leads_to::<K>(worker, view, layout, index, wanted, &mut found);
            }
        }
        let mut best = best.lock().unwrap_or_else(PoisonError::into_inner);
        for (best, found) in best.iter_mut().zip(found) {
            *best = [*best, found].into_iter().flatten().min();
        }
    };
    std::thread::scope(|scope| {
        let (first, others) = workers.split_at_mut(1);
        for worker in others {
            scope.spawn(|| scan(worker));
        }
        first.iter_mut().for_each(scan);
    });
    best.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn leads_to<const K: usize>(
    worker: &mut Worker<'_>,
    view: View<'_>,
    layout: &Layout,
    index: u32,
    wanted: &[Stop],
    found: &mut [Option<(u64, u32)>],
) {
    let words = view.state::<K>(index);
    let mut leads = Vec::new();
    // A state that was not expanded may have a step without room; it is on no path that was walked.
    let done = worker.expander.expand(layout, &words, &mut |words: &[u64; K], hash, _| {
        let is = |stop: &Stop| stop.hash == hash && stop.words == words;
        // Two targets may be the same state.
        leads.extend((0..wanted.len()).filter(|i| is(&wanted[*i])));
    });
    if done.is_ok() && !leads.is_empty() {
        let hash = stop::<K>(worker, view, layout, index).hash;
        for i in leads {
            found[i] = [found[i], Some((hash, index))].into_iter().flatten().min();
        }
    }
}
