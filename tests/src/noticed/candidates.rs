//! The traces that show a defect, found in process.

use std::sync::atomic::{AtomicBool, Ordering};

use muster_model::trace::{Event, Timer, Trace};
use muster_reference::coordinator::Config;
use muster_specs::Rule;

use super::{Place, Sighting, sighting};
use crate::attempt::{Verdict, judge};
use crate::compare::Aspect;
use crate::in_process::InProcess;
use crate::runner::Ended;
use crate::schedule::Schedule;
use crate::system::{NotApplicable, Profile, Trouble};

/// How many of the best traces are looked for: over the wire another rule may be named.
const ENOUGH: usize = 6;
/// How many traces are looked at over the wire, if none of them names the rule.
const MOST: usize = 18;

/// What shows a defect.
pub(super) struct Candidates<'t> {
    /// Traces for the wire, those first that are held against the rule in process.
    pub(super) over_the_wire: Vec<&'t Trace>,
    /// What shows it in process, if it is nothing for the wire.
    pub(super) in_process: Option<Sighting>,
}

impl<'t> Candidates<'t> {
    /// Judges traces that follow the rule, those that take the least time over the wire first, until there are enough.
    pub(super) fn find(
        config: &Config,
        rule: Rule,
        traces: &'t [Trace],
        profile: &Profile,
        stop: &AtomicBool,
    ) -> Result<Self, Trouble> {
        let system = InProcess::from_outside(config.clone());
        let mut over_the_wire: Vec<(Rank, &Trace)> = Vec::new();
        let (mut best, mut off_wire) = (0, None::<Sighting>);
        for trace in following(rule, traces) {
            if best == ENOUGH {
                break;
            }
            if stop.load(Ordering::Relaxed) {
                return Err(Trouble::Interrupted);
            }
            let verdict = judge(&system, trace, |_| 0).map_err(|ended| match ended {
                Ended::Unreachable(why) => Trouble::Unreachable(why),
                Ended::Interrupted => Trouble::Interrupted,
            })?;
            let place = runs_over_the_wire(trace, profile).err().map_or(Place::Wire, Place::Process);
            let Some(seen) = sighting(trace, &verdict, &place) else { continue };
            let is_named = seen.rule == Some(rule);
            match &seen.place {
                Place::Wire => {
                    let rank = if !is_named {
                        Rank::OtherRule
                    } else if is_hurried(trace, &verdict) {
                        Rank::Hurried
                    } else {
                        Rank::Best
                    };
                    best += usize::from(rank == Rank::Best);
                    over_the_wire.push((rank, trace));
                }
                Place::Process(_) => {
                    let is_better =
                        off_wire.as_ref().is_none_or(|known| is_named && known.rule != Some(rule));
                    off_wire = if is_better { Some(seen) } else { off_wire };
                }
            }
        }
        over_the_wire.sort_by_key(|(rank, _)| *rank);
        let over_the_wire = over_the_wire.into_iter().map(|(_, trace)| trace).take(MOST).collect();
        Ok(Self { over_the_wire, in_process: off_wire })
    }
}

/// How well a trace shows a defect over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Held against its rule.
    Best,
    /// The same, by an answer that does not come: the initial delay of the broker, which nobody can make longer, is over before
    /// that is certain.
    Hurried,
    /// Held against another rule in process.
    OtherRule,
}

fn is_hurried(trace: &Trace, verdict: &Verdict) -> bool {
    let Verdict::Diverges { finding, .. } = verdict else { return false };
    let mut delayed = false;
    for step in &trace.steps[..=finding.step] {
        let over = matches!(step.event, Event::Timer { timer: Timer::InitialDelay })
            || step.timers.cancelled.contains(&Timer::InitialDelay);
        delayed = step.timers.set.contains(&Timer::InitialDelay) || (delayed && !over);
    }
    delayed && finding.divergence.aspect == Aspect::Missing
}

fn runs_over_the_wire(trace: &Trace, profile: &Profile) -> Result<(), NotApplicable> {
    profile.admits(trace)?;
    Schedule::solve(trace, profile, 1).map(|_| ())
}

/// The traces that follow the rule: those first that leave the log and the leadership alone, then those with the fewest
/// timers to wait for, then the shortest.
fn following(rule: Rule, traces: &[Trace]) -> Vec<&Trace> {
    let follows = |trace: &&Trace| trace.steps.iter().any(|step| step.rules.contains(&rule));
    let mut following: Vec<&Trace> = traces.iter().filter(follows).collect();
    following.sort_by_key(|trace| (needs_log(trace), waits(trace), trace.steps.len()));
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
