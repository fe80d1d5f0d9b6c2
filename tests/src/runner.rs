//! Many traces at once, each in a fresh group.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use muster_model::trace::Trace;
use muster_specs::Rule;

use crate::attempt::{Inconclusive, Verdict, judge};
use crate::prefixes::Prefixes;
use crate::replay::Finding;
use crate::shrink::{Effort, Shrunk, shrink};
use crate::system::System;

/// Of how many divergences held against one rule each is looked for again; a broken rule shows in many traces.
const CONFIRMED_PER_RULE: u32 = 3;
/// How many traces are repeated at once of those for which the first pass was too slow.
const UNHURRIED_JOBS: usize = 2;

/// A trace and what was found of it.
#[derive(Clone, Debug)]
pub struct Judged<'t> {
    /// The trace.
    pub trace: &'t Trace,
    /// What was found.
    pub verdict: Verdict,
    /// Its divergence made small.
    pub shrunk: Option<Shrunk>,
}

/// What a run over many traces found.
#[derive(Debug, Default)]
pub struct Run<'t> {
    /// The traces that were judged, in their order.
    pub judged: Vec<Judged<'t>>,
    /// Why the others were not, if there are others.
    pub ended: Option<Ended>,
}

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The user ended it.
    Interrupted,
    /// The system cannot be reached.
    Unreachable(String),
}

/// How many traces are judged at once, and who is told.
pub struct Runner<'a> {
    /// At least one.
    pub jobs: usize,
    /// Set from outside to end the run.
    pub stop: &'a AtomicBool,
    /// How often a divergence is looked for again.
    pub confirm: u32,
    /// Called after each trace with how many are done.
    pub progress: &'a (dyn Fn(usize) + Sync),
}

impl Runner<'_> {
    /// Judges the traces. Those for which the system was too slow are repeated at the end, few at a time.
    pub fn run<'t>(&self, system: &dyn System, traces: &[&'t Trace]) -> Run<'t> {
        let confirmed = Mutex::new(BTreeMap::new());
        let wrong = Prefixes::default();
        let mut run = self.pass(system, traces, self.jobs, &confirmed, &wrong);
        let late = |v: &Verdict| matches!(v, Verdict::Inconclusive(Inconclusive::Late(_)));
        let slow: Vec<&Trace> = run.judged.iter().filter(|j| late(&j.verdict)).map(|j| j.trace).collect();
        if run.ended.is_none() && !slow.is_empty() && self.jobs > UNHURRIED_JOBS {
            let again = self.pass(system, &slow, UNHURRIED_JOBS, &confirmed, &wrong);
            run.judged.retain(|judged| !late(&judged.verdict));
            run.judged.extend(again.judged);
            run.ended = again.ended;
        }
        run
    }

    /// Makes the divergences small: of each rule that of the shortest trace, those that were seen every time first.
    /// `say` is told before each.
    pub fn shrink(&self, system: &dyn System, run: &mut Run<'_>, effort: Effort, say: &dyn Fn(&str)) {
        for at in shortest(run) {
            let judged = &mut run.judged[at];
            let Verdict::Diverges { finding, .. } = &judged.verdict else { continue };
            say(finding.rule.map_or("a step that names no rule", Rule::id));
            match shrink(system, judged.trace, finding, effort) {
                Ok(shrunk) => judged.shrunk = shrunk,
                Err(ended) => {
                    run.ended = Some(ended);
                    return;
                }
            }
        }
    }

    fn pass<'t>(
        &self,
        system: &dyn System,
        traces: &[&'t Trace],
        jobs: usize,
        confirmed: &Mutex<BTreeMap<Option<Rule>, u32>>,
        wrong: &Prefixes,
    ) -> Run<'t> {
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (send, results) = mpsc::channel();
        let failed = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..jobs.clamp(1, traces.len().max(1)) {
                let (send, next, done, failed) = (send.clone(), &next, &done, &failed);
                scope.spawn(move || {
                    while !self.stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(trace) = traces.get(index) else { return };
                        let times = |finding: &Finding| {
                            if is_new(confirmed, finding) { self.confirm } else { 0 }
                        };
                        let verdict = match wrong.behind(trace) {
                            Some(behind) => Ok(Verdict::Hidden { behind }),
                            None => judge(system, trace, times),
                        };
                        if let Ok(Verdict::Diverges { finding, seen, runs }) = &verdict {
                            note(confirmed, finding);
                            if seen == runs {
                                wrong.add(trace, finding.step);
                            }
                        }
                        failed.fetch_or(verdict.is_err(), Ordering::Relaxed);
                        // The receiver outlives every worker.
                        let _sent = send.send((index, verdict));
                        (self.progress)(done.fetch_add(1, Ordering::Relaxed) + 1);
                    }
                });
            }
        });
        drop(send);
        self.gather(traces, results.into_iter().collect())
    }

    fn gather<'t>(&self, traces: &[&'t Trace], mut results: Vec<(usize, Result<Verdict, Ended>)>) -> Run<'t> {
        results.sort_by_key(|(index, _)| *index);
        let mut run = Run::default();
        for (index, verdict) in results {
            match verdict {
                Ok(verdict) => {
                    run.judged.push(Judged { trace: traces[index], verdict, shrunk: None });
                }
                Err(why) => run.ended = Some(why),
            }
        }
        if run.ended.is_none() && self.stop.load(Ordering::Relaxed) {
            run.ended = Some(Ended::Interrupted);
        }
        run
    }
}

/// Of each rule the place of the divergence that is the easiest to make small.
fn shortest(run: &Run<'_>) -> Vec<usize> {
    let mut shortest = BTreeMap::new();
    for (at, judged) in run.judged.iter().enumerate() {
        if let Verdict::Diverges { finding, seen, runs } = &judged.verdict {
            let rank = (seen < runs, finding.step, at);
            let best = shortest.entry(finding.rule).or_insert(rank);
            *best = rank.min(*best);
        }
    }
    shortest.into_values().map(|(_, _, at)| at).collect()
}

/// Whether too few divergences are held against the rule yet. One that was never seen again is held against none.
fn is_new(confirmed: &Mutex<BTreeMap<Option<Rule>, u32>>, finding: &Finding) -> bool {
    let confirmed = confirmed.lock().unwrap_or_else(PoisonError::into_inner);
    confirmed.get(&finding.rule).is_none_or(|of_rule| *of_rule < CONFIRMED_PER_RULE)
}

fn note(confirmed: &Mutex<BTreeMap<Option<Rule>, u32>>, finding: &Finding) {
    let mut confirmed = confirmed.lock().unwrap_or_else(PoisonError::into_inner);
    *confirmed.entry(finding.rule).or_insert(0) += 1;
}

#[cfg(test)]
mod tests;
