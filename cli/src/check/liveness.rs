//! What a person sees of behaviours.

use muster_model::check::{Lasso, LivenessVerdict, Report};
use muster_model::liveness::FAIRNESS;
use muster_model::narrate::Narration;

/// Whether something that is waited for is not decided.
pub(super) fn is_undecided(report: &Report) -> bool {
    report.liveness.iter().any(|(_, verdict)| matches!(verdict, LivenessVerdict::Undecided))
}

/// Each property and its verdict, and who is fair.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let each = report.liveness.iter().map(|(id, verdict)| format!("  {:<28} {}", id.id(), said(verdict)));
    let fair = (!report.liveness.is_empty()).then(|| format!("  fairness: {FAIRNESS}"));
    each.chain(fair).collect()
}

fn said(verdict: &LivenessVerdict) -> String {
    match verdict {
        LivenessVerdict::Holds => "holds of every fair behaviour".to_owned(),
        LivenessVerdict::Undecided => "not decided: what lies outside the bounds could violate it".to_owned(),
        LivenessVerdict::Violated(lasso) => {
            let (stem, cycle) = (lasso.back_to, lasso.steps.len() - lasso.back_to);
            match cycle {
                0 => format!("violated: after {stem} steps nothing has to happen any more"),
                _ => format!("violated: {stem} steps lead to a cycle of {cycle}"),
            }
        }
    }
}

/// A behaviour, step by step.
pub(super) fn violation(report: &Report, lasso: &Lasso) -> String {
    let told = Narration::of_lasso(&report.scenario, lasso);
    let (name, property) = (&report.scenario.name, lasso.property);
    let reason = told.reason.clone().unwrap_or_default();
    format!(
        "\n{name}: {property} is violated: {reason}\nThe property: {}.\nFairness: {FAIRNESS}.\n\n{}",
        property.about(),
        told.text()
    )
}
