//! Whether a defect of the reference is noticed, and which rule it is held against.
//!
//! What shows a defect is found in process, where nothing is waited for. What of that a wire can show is replayed over the
//! wire. A defect that shows only in a failover, or in replication, is noticed in process: no wire controls those.

mod candidates;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use muster_model::trace::{Release, Trace};
use muster_reference::coordinator::{Config, Mutation};
use muster_specs::Rule;

use crate::attempt::Verdict;
use crate::kafka::Settings;
use crate::runner::{Ended, Run, Runner};
use crate::served::Served;
use crate::system::{NotApplicable, System, Trouble};
use candidates::Candidates;

/// Traces that are replayed at once; the first lot that shows the right rule ends the search.
const LOT: usize = 4;
/// The longest that the timers of a trace may take over the wire.
const MAX_WAIT_MS: u64 = 6_000;
/// How many defects are looked for at once: most of the time is waiting.
const AT_ONCE: usize = 6;

/// Where a defect is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// By clients of the served reference.
    Wire,
    /// In process, since no trace that shows it can be run over the wire, for this reason.
    Process(NotApplicable),
}

/// What shows a defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Where.
    pub place: Place,
    /// The rule that it is held against.
    pub rule: Option<Rule>,
    /// The name of the trace.
    pub trace: String,
    /// The steps up to the one that is answered otherwise.
    pub steps: usize,
    /// What differs.
    pub difference: String,
}

/// A defect, and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noticed {
    /// The defect.
    pub mutation: Mutation,
    /// None: no trace shows it.
    pub seen: Option<Sighting>,
}

impl Noticed {
    /// Whether it is held against the rule that it breaks.
    pub fn is_named(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.rule == Some(self.mutation.rule()))
    }
}

/// Looks for each of the defects with these traces, several at once. `tell` hears of each as it is done, and how many are.
pub fn look_for(
    mutations: &[Mutation],
    traces: &[Trace],
    stop: &AtomicBool,
    tell: &(dyn Fn(usize, &Noticed) + Sync),
) -> Result<Vec<Noticed>, Trouble> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = Mutex::new(Vec::new());
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutation) = mutations.get(place).copied() else { return };
            let looked = look(mutation, traces, stop).map(|seen| Noticed { mutation, seen });
            let ended = looked.is_err();
            if let Ok(noticed) = &looked {
                tell(done.fetch_add(1, Ordering::Relaxed) + 1, noticed);
            }
            found.lock().unwrap_or_else(PoisonError::into_inner).push((place, looked));
            if ended {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(mutations.len()) {
            scope.spawn(work);
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, looked)| looked).collect()
}

/// What shows a defect: first of all over the wire and held against its rule, else what comes next to it.
pub fn look(mutation: Mutation, traces: &[Trace], stop: &AtomicBool) -> Result<Option<Sighting>, Trouble> {
    let config = Config { mutation: Some(mutation), ..Config::default() };
    let settings = Settings { group_max_size: None, max_wait_ms: MAX_WAIT_MS };
    let candidates = Candidates::find(&config, mutation.rule(), traces, &settings.profile(), stop)?;
    if candidates.over_the_wire.is_empty() {
        return Ok(candidates.in_process);
    }
    let served = Served::start(&config, Release::V4_3, &settings)?;
    search(&served, mutation.rule(), &candidates.over_the_wire, stop)
}

/// Replays the traces until a divergence is held against the rule. Otherwise what was seen first, if anything was.
fn search(
    system: &dyn System,
    rule: Rule,
    traces: &[&Trace],
    stop: &AtomicBool,
) -> Result<Option<Sighting>, Trouble> {
    let mut first = None;
    for lot in traces.chunks(LOT) {
        let run = Runner { jobs: LOT, stop, confirm: 1, progress: &|_| {} }.run(system, lot);
        for sighting in sightings(run, &Place::Wire)? {
            if sighting.rule == Some(rule) {
                return Ok(Some(sighting));
            }
            first.get_or_insert(sighting);
        }
    }
    Ok(first)
}

fn sightings(run: Run<'_>, place: &Place) -> Result<Vec<Sighting>, Trouble> {
    match run.ended {
        Some(Ended::Unreachable(why)) => return Err(Trouble::Unreachable(why)),
        Some(Ended::Interrupted) => return Err(Trouble::Interrupted),
        None => {}
    }
    Ok(run.judged.iter().filter_map(|judged| sighting(judged.trace, &judged.verdict, place)).collect())
}

fn sighting(trace: &Trace, verdict: &Verdict, place: &Place) -> Option<Sighting> {
    match verdict {
        Verdict::Diverges { finding, .. } => Some(Sighting {
            place: place.clone(),
            rule: finding.rule,
            trace: trace.name.clone(),
            steps: finding.step + 1,
            difference: finding.divergence.to_string(),
        }),
        Verdict::Conforms
        | Verdict::NotApplicable(_)
        | Verdict::ChoiceNotSeen
        | Verdict::Inconclusive(_)
        | Verdict::Hidden { .. } => None,
    }
}
