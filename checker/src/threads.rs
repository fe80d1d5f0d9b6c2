//! The threads of a round: begun with what they share, and guarded against the model's panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::round::{Level, Round, many};
use crate::search::Search;
use crate::width::by_width;
use crate::worker::Worker;

pub(crate) fn start<const K: usize>(worker: &mut Worker<'_>, round: &Round<'_>, ids: &[u32]) {
    let mut words = [0; K];
    round.layout.pack(ids, &mut words);
    worker.start(round, &words, ids);
}

fn work<const K: usize>(worker: &mut Worker<'_>, round: &Round<'_>, tick: &mut dyn FnMut() -> bool) {
    if round.view.direct {
        return worker.work_direct(round, tick);
    }
    worker.work::<K>(round, tick);
}

/// Works; a panic of the model's code ends the round and is told.
pub(crate) fn guarded(
    worker: &mut Worker<'_>,
    round: &Round<'_>,
    words: usize,
    tick: &mut dyn FnMut() -> bool,
    panicked: &Mutex<Option<String>>,
) {
    let done = catch_unwind(AssertUnwindSafe(|| by_width!(words, work::<K>(worker, round, tick))));
    if let Err(panic) = done {
        round.stop.store(true, Ordering::Relaxed);
        let message = panic.downcast_ref::<String>().cloned();
        let message = message.or_else(|| panic.downcast_ref::<&str>().map(|m| (*m).to_owned()));
        let message = message.unwrap_or_else(|| "no message".to_owned());
        *panicked.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
    }
}

pub(crate) fn round<'r>(
    search: &'r Search<'_>,
    level: &'r Level,
    next: &'r AtomicU64,
    redo: &'r Mutex<Vec<(u64, u64)>>,
) -> Round<'r> {
    Round {
        view: search.space.view(),
        layout: &search.layout,
        masks: &search.masks,
        open: (0..search.watches.len()).filter(|i| search.decided[*i].is_none()).collect(),
        level,
        next,
        redo,
        cursor: &search.space.cursor,
        unique: &search.space.unique,
        generated: &search.generated,
        room: AtomicU64::new(search.room(&search.space)),
        node_room: AtomicU64::new(search.space.nodes().map_or(u64::MAX / 2, |of| search.room(of))),
        stop: AtomicBool::new(false),
        outgrown: AtomicBool::new(false),
        full: AtomicU64::new(0),
        nodes_full: AtomicU64::new(0),
        judged: search.judged,
        alone: search.threads_for(level) == 1,
        many: many(level, search.threads_for(level)),
    }
}
