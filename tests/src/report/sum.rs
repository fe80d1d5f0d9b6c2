//! Runs of traces, counted.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::trace::Step;
use muster_specs::Rule;

use super::{Status, Totals};
use crate::attempt::{CHOICES_MAX, Inconclusive, Verdict};
use crate::runner::{Judged, Run};

/// Why a trace says nothing of the system, in words that are the same for traces of the same kind.
pub(super) fn reason(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Conforms | Verdict::Diverges { .. } => None,
        Verdict::NotApplicable(why) => Some(format!("not applicable: {why}")),
        Verdict::ChoiceNotSeen => {
            Some(format!("the broker never chose as the trace does in {CHOICES_MAX} runs"))
        }
        Verdict::Inconclusive(Inconclusive::Late(_)) => {
            Some("inconclusive: too slow for its timers".to_owned())
        }
        Verdict::Inconclusive(Inconclusive::NotReproduced { .. }) => {
            Some("flaky: diverged once and never again".to_owned())
        }
        Verdict::Hidden { .. } => Some("not run: begins with the steps at which another diverges".to_owned()),
    }
}

/// What the run showed of a trace of which nothing can be concluded.
pub(super) fn inconclusive(judged: &Judged<'_>) -> Option<(String, String)> {
    let why = match &judged.verdict {
        Verdict::Inconclusive(Inconclusive::Late(why)) => why.clone(),
        Verdict::Inconclusive(Inconclusive::NotReproduced { finding, runs }) => {
            let (step, divergence) = (finding.step + 1, &finding.divergence);
            format!("flaky: step {step} once: {divergence}; reproduced 0 of {runs}")
        }
        Verdict::Conforms
        | Verdict::Diverges { .. }
        | Verdict::NotApplicable(_)
        | Verdict::ChoiceNotSeen
        | Verdict::Hidden { .. } => return None,
    };
    Some((judged.trace.name.clone(), why))
}

/// The steps that were answered as expected.
fn passed<'t>(judged: &Judged<'t>) -> &'t [Step] {
    match &judged.verdict {
        Verdict::Conforms => &judged.trace.steps,
        Verdict::Diverges { finding, .. } => &judged.trace.steps[..finding.step],
        Verdict::NotApplicable(_)
        | Verdict::ChoiceNotSeen
        | Verdict::Inconclusive(_)
        | Verdict::Hidden { .. } => &[],
    }
}

/// What was seen of a rule.
#[derive(Default)]
struct Seen {
    /// Steps that follow it and were as expected.
    steps: usize,
    /// Traces that diverge there.
    traces: usize,
    /// Why traces that follow it say nothing of it.
    reasons: Vec<String>,
}

/// By rule, in one walk over all traces; of what is not there nothing was seen.
pub(super) fn statuses(run: &Run<'_>) -> BTreeMap<Rule, Status> {
    let mut seen: BTreeMap<Rule, Seen> = BTreeMap::new();
    for judged in &run.judged {
        for step in passed(judged) {
            for rule in step.rules.iter().collect::<BTreeSet<_>>() {
                seen.entry(*rule).or_default().steps += 1;
            }
        }
        match &judged.verdict {
            Verdict::Conforms => continue,
            Verdict::Diverges { finding, .. } => {
                finding.rule.into_iter().for_each(|rule| seen.entry(rule).or_default().traces += 1);
            }
            Verdict::NotApplicable(_)
            | Verdict::ChoiceNotSeen
            | Verdict::Inconclusive(_)
            | Verdict::Hidden { .. } => {}
        }
        let why = reason(&judged.verdict).unwrap_or_else(|| "its traces diverge before".to_owned());
        for rule in judged.trace.steps.iter().flat_map(|step| &step.rules).collect::<BTreeSet<_>>() {
            let reasons = &mut seen.entry(*rule).or_default().reasons;
            if !reasons.contains(&why) {
                reasons.push(why.clone());
            }
        }
    }
    seen.into_iter().map(|(rule, seen)| (rule, status(seen))).collect()
}

fn status(Seen { steps, traces, reasons }: Seen) -> Status {
    if traces > 0 {
        Status::Fails { traces, known: 0, steps }
    } else if steps > 0 {
        Status::Passes { steps }
    } else {
        Status::Undecided(reasons)
    }
}

pub(super) fn totals(run: &Run<'_>, planned: usize) -> Totals {
    let mut totals = Totals { traces: planned, not_run: planned - run.judged.len(), ..Totals::default() };
    for judged in &run.judged {
        *match judged.verdict {
            Verdict::Conforms => &mut totals.conform,
            Verdict::Diverges { .. } => &mut totals.diverge,
            Verdict::NotApplicable(_) => &mut totals.not_applicable,
            Verdict::ChoiceNotSeen => &mut totals.choice_not_seen,
            Verdict::Inconclusive(_) => &mut totals.inconclusive,
            Verdict::Hidden { .. } => &mut totals.not_run,
        } += 1;
    }
    totals
}
