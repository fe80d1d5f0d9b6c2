//! Replay on a real coordinator: what the page needs of it. Whoever starts the explorer brings the systems.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use muster_model::trace::Trace;
use serde::Serialize;

/// Replays that are kept.
const MOST_KEPT: usize = 50;

/// Systems that a trace can be replayed on.
pub trait Replay: Send + Sync {
    /// Which there are.
    fn systems(&self) -> Vec<SystemView>;

    /// Replays the trace, telling each step as it is done; ends at the first divergence. `Err` says why nothing
    /// can be concluded.
    fn replay(&self, system: &str, trace: &Trace, tell: &mut dyn FnMut(Tick)) -> Result<Conclusion, String>;
}

/// A system as the page offers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SystemView {
    /// Its short name, in requests.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What takes its time before the first step, in one sentence.
    pub start: Option<String>,
    /// What the machine lacks, in one line: it cannot be used then.
    pub missing: Option<String>,
}

/// A step that was replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tick {
    /// Its place in the trace, from 0.
    pub step: usize,
    /// The answers that the trace has, in one line each.
    pub expected: Vec<String>,
    /// The answers that came.
    pub actual: Vec<String>,
    /// Whether they are what was expected, as far as is known while it runs.
    pub same: bool,
}

/// What a replay showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Conclusion {
    /// Every step was answered as expected.
    Conforms,
    /// The system chose otherwise than the trace, where it may.
    OtherChoice,
    /// A step was answered otherwise.
    Diverges {
        /// Its place in the trace, from 0.
        step: usize,
        /// The rule that it is held against.
        rule: Option<String>,
        /// The connection.
        connection: String,
        /// What the rules say.
        expected: String,
        /// What came.
        actual: String,
    },
}

/// A replay as the page sees it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReplayView {
    /// Its number.
    pub id: usize,
    /// On what.
    pub system: String,
    /// The steps so far.
    pub ticks: Vec<Tick>,
    /// What it showed, once it has ended.
    pub conclusion: Option<Conclusion>,
    /// Why nothing can be concluded.
    pub trouble: Option<String>,
}

/// Every replay.
#[derive(Default)]
pub struct Replays {
    replays: Mutex<BTreeMap<usize, Arc<Mutex<ReplayView>>>>,
}

fn locked<T, R>(mutex: &Mutex<T>, f: impl FnOnce(&mut T) -> R) -> R {
    f(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Replays {
    /// Starts a replay on a thread of its own.
    pub fn start(&self, on: &Arc<dyn Replay>, system: String, trace: Trace) -> ReplayView {
        let replay = locked(&self.replays, |replays| {
            let id = replays.keys().next_back().map_or(1, |last| last + 1);
            let view = ReplayView { id, system: system.clone(), ..ReplayView::default() };
            let replay = Arc::new(Mutex::new(view));
            replays.insert(id, Arc::clone(&replay));
            if replays.len() > MOST_KEPT {
                replays.pop_first();
            }
            replay
        });
        let (on, told) = (Arc::clone(on), Arc::clone(&replay));
        thread::spawn(move || {
            let ended = on.replay(&system, &trace, &mut |tick| locked(&told, |view| view.ticks.push(tick)));
            locked(&told, |view| match ended {
                Ok(conclusion) => view.conclusion = Some(conclusion),
                Err(why) => view.trouble = Some(why),
            });
        });
        locked(&replay, |view| view.clone())
    }

    /// What is known of a replay.
    pub fn get(&self, id: usize) -> Option<ReplayView> {
        let replay = locked(&self.replays, |replays| replays.get(&id).cloned())?;
        Some(locked(&replay, |view| view.clone()))
    }
}
