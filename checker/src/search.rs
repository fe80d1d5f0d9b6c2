//! Level by level: the states of one depth are all expanded before any of the next, on any number of threads.
//!
//! A round is what threads do while nothing grows. It ends when the level is finished, when an id has no room in the
//! layout, or when the space has no more room; then what has to grow grows, and the next round goes on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::checker::Stop;
use crate::clock::Clock;
use crate::expand::Expander;
use crate::judge::{Judge, Watch};
use crate::layout::Layout;
use crate::report::{Continue, Limit, Progress, Refused};
use crate::round::Level;
use crate::rules::Rules;
use crate::space::Space;
use crate::threads::{guarded, round, start};
use crate::width::by_width;
use crate::worker::Worker;

/// Levels below this many states are expanded on one thread.
const WORTH_A_THREAD: u64 = 2000;
/// From so many states on, components are packed as bundles if there are few of them for so many states.
pub(crate) const WORTH_BUNDLES: u64 = 10_000;
/// Between two calls of the progress callback.
const PACE: Duration = Duration::from_millis(100);
/// Room that is made at least.
const LEAST_ROOM: u64 = 1 << 14;

/// Limits of a run.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) threads: usize,
    pub(crate) max_states: Option<u64>,
    pub(crate) max_depth: Option<usize>,
    pub(crate) memory: Option<u64>,
    pub(crate) time: Option<Duration>,
    pub(crate) stop: Stop,
    /// States from which on components may be packed as bundles.
    pub(crate) bundles_from: u64,
    /// States are kept as roots.
    pub(crate) compact: bool,
}

/// A search, and what it found.
pub(crate) struct Search<'a> {
    pub(crate) rules: &'a dyn Rules,
    pub(crate) limits: Limits,
    pub(crate) watches: Vec<Watch>,
    pub(crate) masks: Vec<Vec<u64>>,
    pub(crate) layout: Layout,
    pub(crate) space: Space,
    /// Every level that was begun; the last may not be complete.
    pub(crate) levels: Vec<Level>,
    pub(crate) workers: Vec<Worker<'a>>,
    pub(crate) generated: AtomicU64,
    /// By property: the depth and index of the state that decides it.
    pub(crate) decided: Vec<Option<(usize, u32)>>,
    /// Whether the boundary is asked of the judge.
    pub(crate) judged: bool,
    judge: &'a (dyn Fn() -> Box<dyn Judge + 'a> + Sync),
    clock: Clock,
    pub(crate) peak: u64,
    /// States from which on bundles are thought of.
    pub(crate) next_bundles: u64,
}

/// Why a run cannot go on: a limit, or no answer at all.
pub(crate) enum Halt {
    Limit(Limit),
    Refused(Refused),
}

impl From<Limit> for Halt {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        rules: &'a dyn Rules,
        limits: Limits,
        watches: Vec<Watch>,
        judged: bool,
        judge: &'a (dyn Fn() -> Box<dyn Judge + 'a> + Sync),
    ) -> Result<Self, Refused> {
        let (properties, next_bundles) = (watches.len(), limits.bundles_from);
        let mut search = Self {
            rules,
            limits,
            watches,
            masks: Vec::new(),
            layout: Layout { words: 1, ..Layout::default() },
            space: Space::new(1, false).map_err(|_| Refused::NoMemory)?,
            levels: Vec::new(),
            workers: Vec::new(),
            generated: AtomicU64::new(0),
            decided: vec![None; properties],
            judged,
            judge,
            clock: Clock::start(),
            peak: 0,
            next_bundles,
        };
        search.add_worker();
        Ok(search)
    }

    fn add_worker(&mut self) {
        let mut worker = Worker::new(Expander::new(self.rules), (self.judge)(), &self.watches);
        worker.expander.fuse(self.layout.bundles.as_ref());
        self.workers.push(worker);
    }

    /// Searches from these states. `None`: every state was seen.
    pub(crate) fn run(
        &mut self,
        first: &[Vec<u32>],
        progress: &mut dyn FnMut(Progress) -> Continue,
    ) -> Result<Option<Limit>, Refused> {
        match self.levels(first, progress) {
            Ok(()) => Ok(None),
            Err(Halt::Limit(limit)) => {
                self.close_level();
                Ok(Some(limit))
            }
            Err(Halt::Refused(refused)) => Err(refused),
        }
    }

    fn levels(
        &mut self,
        first: &[Vec<u32>],
        progress: &mut dyn FnMut(Progress) -> Continue,
    ) -> Result<(), Halt> {
        self.refit()?;
        self.make_room(LEAST_ROOM, LEAST_ROOM)?;
        self.start(first);
        loop {
            self.close_level();
            let depth = self.levels.len() - 1;
            let size = self.levels[depth].size;
            if size == 0 {
                self.levels.pop();
                return Ok(());
            }
            let all = self.decided.iter().all(Option::is_some);
            let feared = self.decided.iter().zip(&self.watches).any(|(d, w)| d.is_some() && !w.sometimes);
            match self.limits.stop {
                Stop::Violated if feared => return Err(Limit::Decided.into()),
                Stop::Decided if all => return Err(Limit::Decided.into()),
                Stop::Violated | Stop::Decided | Stop::Exhausted => {}
            }
            if let Some(most) = self.limits.max_depth.filter(|most| depth >= *most) {
                return Err(Limit::Depth(most).into());
            }
            if self.space.unique.load(Ordering::Relaxed) >= self.next_bundles {
                self.bundle()?;
            }
            self.level(depth, progress)?;
        }
    }

    /// What was found becomes a level.
    fn close_level(&mut self) {
        let found: Vec<(u64, u64)> = self.workers.iter_mut().flat_map(Worker::take_found).collect();
        let depth = self.levels.len();
        for (property, decided) in self.decided.iter_mut().enumerate().filter(|(_, d)| d.is_none()) {
            let all = self.workers.iter().filter_map(|worker| worker.deciding[property]);
            *decided = all.min().map(|(_, index)| (depth, index));
        }
        if !found.is_empty() || self.levels.is_empty() || !self.levels[depth - 1].ranges.is_empty() {
            self.levels.push(Level::new(found));
        }
    }

    fn start(&mut self, first: &[Vec<u32>]) {
        let level = Level::default();
        let (next, redo) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        let mut workers = std::mem::take(&mut self.workers);
        let round = round(self, &level, &next, &redo);
        for ids in first {
            by_width!(self.layout.words, start::<K>(&mut workers[0], &round, ids));
        }
        self.workers = workers;
    }

    /// Expands the states of a depth.
    fn level(&mut self, depth: usize, progress: &mut dyn FnMut(Progress) -> Continue) -> Result<(), Halt> {
        let level = std::mem::take(&mut self.levels[depth]);
        let (next, redo) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        let done = self.rounds(depth, &level, (&next, &redo), progress);
        self.levels[depth] = level;
        done
    }

    fn rounds(
        &mut self,
        depth: usize,
        level: &Level,
        (next, redo): (&AtomicU64, &Mutex<Vec<(u64, u64)>>),
        progress: &mut dyn FnMut(Progress) -> Continue,
    ) -> Result<(), Halt> {
        let mut wanted = (LEAST_ROOM, LEAST_ROOM);
        loop {
            self.make_room(wanted.0, wanted.1)?;
            let (outgrown, full, nodes_full) = self.round(depth, level, (next, redo), progress)?;
            wanted = (full.max(LEAST_ROOM), nodes_full.max(LEAST_ROOM));
            if outgrown {
                self.forget_and_refit(level)?;
            }
            let left = redo.lock().unwrap_or_else(PoisonError::into_inner).len();
            if left == 0 && next.load(Ordering::Relaxed) >= level.size {
                return Ok(());
            }
        }
    }

    /// How many threads a level is worth.
    pub(crate) fn threads_for(&self, level: &Level) -> usize {
        if level.size < WORTH_A_THREAD { 1 } else { self.limits.threads }
    }

    /// One round: whether an id had no room, and how many states and nodes had none.
    fn round(
        &mut self,
        depth: usize,
        level: &Level,
        (next, redo): (&AtomicU64, &Mutex<Vec<(u64, u64)>>),
        progress: &mut dyn FnMut(Progress) -> Continue,
    ) -> Result<(bool, u64, u64), Halt> {
        let threads = self.threads_for(level);
        while self.workers.len() < threads {
            self.add_worker();
        }
        let components = self.component_bytes();
        let mut workers = std::mem::take(&mut self.workers);
        let round = round(self, level, next, redo);
        let (limits, clock, space) = (&self.limits, self.clock, &self.space);
        let (mut limit, mut told) = (None, None);
        let mut tick = || {
            let states = round.unique.load(Ordering::Relaxed);
            if let Some(most) = limits.max_states.filter(|most| states >= *most) {
                limit = Some(Limit::States(most));
                return false;
            }
            let now = clock.elapsed();
            if told.is_some_and(|told| now < told + PACE) {
                return true;
            }
            told = Some(now);
            let frontier = level.size.saturating_sub(next.load(Ordering::Relaxed));
            let generated = round.generated.load(Ordering::Relaxed);
            let bytes = space.arena_bytes() + space.table_bytes() + components;
            if let Some(time) = limits.time.filter(|time| now >= *time) {
                limit = Some(Limit::Time(time));
            } else if progress(Progress { states, generated, depth, frontier, bytes }) == Continue::No {
                limit = Some(Limit::Cancelled);
            }
            limit.is_none()
        };
        let words = self.layout.words;
        let panicked = Mutex::new(None);
        std::thread::scope(|scope| {
            let (round, panicked) = (&round, &panicked);
            let (first, others) = workers.split_at_mut(1);
            for worker in others.iter_mut().take(threads - 1) {
                scope.spawn(move || guarded(worker, round, words, &mut || true, panicked));
            }
            for worker in first {
                guarded(worker, round, words, &mut tick, panicked);
            }
        });
        let load = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let found = (round.outgrown.load(Ordering::Relaxed), load(&round.full), load(&round.nodes_full));
        self.workers = workers;
        if let Some(message) = panicked.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(Halt::Refused(Refused::Panicked(message)));
        }
        limit.map_or(Ok(found), |limit| Err(limit.into()))
    }
}
