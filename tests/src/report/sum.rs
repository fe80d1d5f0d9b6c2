//! Runs of traces, counted.

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

pub(super) fn status(rule: Rule, run: &Run<'_>) -> Status {
    let steps = run.judged.iter().flat_map(passed).filter(|step| step.rules.contains(&rule)).count();
    let fails = |judged: &&Judged<'_>| match &judged.verdict {
        Verdict::Diverges { finding, .. } => finding.rule == Some(rule),
        Verdict::Conforms
        | Verdict::NotApplicable(_)
        | Verdict::ChoiceNotSeen
        | Verdict::Inconclusive(_)
        | Verdict::Hidden { .. } => false,
    };
    let traces = run.judged.iter().filter(fails).count();
    if traces > 0 {
        return Status::Fails { traces, known: 0, steps };
    }
    if steps > 0 {
        return Status::Passes { steps };
    }
    let follows = |judged: &&Judged<'_>| judged.trace.steps.iter().any(|step| step.rules.contains(&rule));
    let mut reasons: Vec<String> = Vec::new();
    for judged in run.judged.iter().filter(follows) {
        let why = reason(&judged.verdict).unwrap_or_else(|| "its traces diverge before".to_owned());
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
    if reasons.is_empty() { Status::NotExercised } else { Status::Undecided(reasons) }
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
