//! What has to happen in the end, as JSON.

use muster_model::check::{Lasso, LivenessVerdict, Report};
use muster_model::liveness::{FAIRNESS, LivenessId};
use muster_model::narrate::Narration;
use muster_model::trace::Trace;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct BehaviourJson {
    id: &'static str,
    about: &'static str,
    fairness: &'static str,
    /// `holds`: of every fair behaviour; `violated`; `undecided`.
    verdict: &'static str,
    expected: &'static str,
    counterexample: Option<LassoJson>,
}

#[derive(Serialize)]
struct LassoJson {
    /// Steps to the cycle, with those that only the search needs.
    stem: usize,
    /// Steps of the cycle; 0: nothing happens any more.
    cycle: usize,
    transcript: Vec<String>,
    trace: Trace,
}

pub(super) fn of(report: &Report) -> Vec<BehaviourJson> {
    report.liveness.iter().map(|(id, verdict)| behaviour(report, *id, verdict)).collect()
}

fn behaviour(report: &Report, id: LivenessId, verdict: &LivenessVerdict) -> BehaviourJson {
    let (said, lasso): (_, Option<&Lasso>) = match verdict {
        LivenessVerdict::Holds => ("holds", None),
        LivenessVerdict::Undecided => ("undecided", None),
        LivenessVerdict::Violated(lasso) => ("violated", Some(lasso)),
    };
    let counterexample = lasso.map(|lasso| {
        let told = Narration::of_lasso(&report.scenario, lasso);
        LassoJson {
            stem: lasso.back_to,
            cycle: lasso.steps.len() - lasso.back_to,
            transcript: told.text().lines().map(str::to_owned).collect(),
            trace: told.trace,
        }
    });
    let expected = if report.scenario.expected_stuck.contains(&id) { "violated" } else { "holds" };
    BehaviourJson {
        id: id.id(),
        about: id.about(),
        fairness: FAIRNESS,
        verdict: said,
        expected,
        counterexample,
    }
}
