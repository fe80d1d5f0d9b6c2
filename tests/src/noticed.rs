//! Whether a defect of the reference is noticed, and which rule it is held against: over the wire, and in process where it
//! takes a log and a leadership that no wire controls.

use std::sync::atomic::AtomicBool;

use muster_model::trace::{Event, Release, Timer, Trace};
use muster_reference::coordinator::Config;
use muster_specs::Rule;

use crate::attempt::Verdict;
use crate::in_process::InProcess;
use crate::kafka::Settings;
use crate::runner::{Ended, Run, Runner};
use crate::served::Served;
use crate::system::{System, Trouble};

/// Traces that are replayed at once; the first lot that shows the right rule ends the search.
const LOT: usize = 8;
/// The longest that the timers of a trace may take over the wire.
const MAX_WAIT_MS: u64 = 6_000;

/// Where a defect is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By clients of the served reference.
    Wire,
    /// In process: its log and its leadership are in the hand of the test.
    Process,
}

impl Place {
    /// A few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wire => "over the wire",
            Self::Process => "in process",
        }
    }
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

/// Replays traces on the reference with these settings, those first that follow the rule and are short, until a
/// divergence is held against it. Otherwise what was seen first, if anything was.
pub fn look(
    config: &Config,
    rule: Rule,
    traces: &[Trace],
    stop: &AtomicBool,
) -> Result<Option<Sighting>, Trouble> {
    let (controlled, plain): (Vec<&Trace>, Vec<&Trace>) =
        following(rule, traces).into_iter().partition(|trace| needs_log(trace));
    let settings = Settings { group_max_size: None, max_wait_ms: MAX_WAIT_MS };
    let served = Served::start(config, Release::V4_3, &settings)?;
    let over_the_wire = search(&served, Place::Wire, rule, &plain, stop)?;
    if over_the_wire.as_ref().is_some_and(|seen| seen.rule == Some(rule)) {
        return Ok(over_the_wire);
    }
    let in_process = search(&InProcess::new(config.clone()), Place::Process, rule, &controlled, stop)?;
    let named = in_process.as_ref().is_some_and(|seen| seen.rule == Some(rule));
    Ok(if named { in_process } else { over_the_wire.or(in_process) })
}

/// Those first whose timers need not be waited for, then the shortest.
fn following(rule: Rule, traces: &[Trace]) -> Vec<&Trace> {
    let follows = |trace: &&Trace| trace.steps.iter().any(|step| step.rules.contains(&rule));
    let mut following: Vec<&Trace> = traces.iter().filter(follows).collect();
    following.sort_by_key(|trace| (waits(trace), trace.steps.len()));
    following
}

/// The timers of a trace: those of the initial delay are short.
fn waits(trace: &Trace) -> usize {
    let waits = |timer: &Timer| *timer != Timer::InitialDelay;
    trace.steps.iter().filter(|step| matches!(&step.event, Event::Timer { timer } if waits(timer))).count()
}

fn needs_log(trace: &Trace) -> bool {
    trace.steps.iter().any(|step| matches!(step.event, Event::Control { .. }))
}

fn search(
    system: &dyn System,
    place: Place,
    rule: Rule,
    traces: &[&Trace],
    stop: &AtomicBool,
) -> Result<Option<Sighting>, Trouble> {
    let mut first = None;
    for lot in traces.chunks(LOT) {
        let run = Runner { jobs: LOT, stop, confirm: 0, progress: &|_| {} }.run(system, lot);
        let seen = sightings(&run, place);
        match &run.ended {
            Some(Ended::Unreachable(why)) => return Err(Trouble::Unreachable(why.clone())),
            Some(Ended::Interrupted) => return Ok(first),
            None => {}
        }
        let named = seen.iter().find(|sighting| sighting.rule == Some(rule)).cloned();
        if named.is_some() {
            return Ok(named);
        }
        first = first.or_else(|| seen.into_iter().next());
    }
    Ok(first)
}

fn sightings(run: &Run<'_>, place: Place) -> Vec<Sighting> {
    let seen = run.judged.iter().filter_map(|judged| match &judged.verdict {
        Verdict::Diverges { finding, .. } => Some(Sighting {
            place,
            rule: finding.rule,
            trace: judged.trace.name.clone(),
            steps: finding.step + 1,
            difference: finding.divergence.to_string(),
        }),
        Verdict::Conforms
        | Verdict::NotApplicable(_)
        | Verdict::ChoiceNotSeen
        | Verdict::Inconclusive(_)
        | Verdict::Hidden { .. } => None,
    });
    seen.collect()
}
