//! The report as a machine reads it.

use muster_specs::RuleText;
use serde_json::{Value, json};

use super::{Failure, Report, Status, Totals};
use crate::runner::Ended;

/// The version of the form.
pub const FORMAT: &str = "muster-conform/1";

/// The reports as one document.
pub fn to_json(reports: &[Report]) -> Value {
    json!({ "format": FORMAT, "systems": reports.iter().map(Report::to_json).collect::<Vec<_>>() })
}

impl Report {
    /// Everything that the text says, by name.
    fn to_json(&self) -> Value {
        let Totals { traces, conform, diverge, not_applicable, choice_not_seen, inconclusive, not_run } =
            self.totals;
        json!({
            "system": self.system,
            "conclusion": self.conclusion().word(),
            "ended_early": self.ended.as_ref().map(|ended| match ended {
                Ended::Interrupted => "interrupted".to_owned(),
                Ended::Unreachable(why) => why.clone(),
            }),
            "elapsed_s": self.elapsed.as_secs_f64(),
            "traces": {
                "total": traces, "conform": conform, "diverge": diverge, "not_applicable": not_applicable,
                "choice_not_seen": choice_not_seen, "inconclusive": inconclusive, "not_run": not_run,
            },
            "transitions": self.transitions.map(|t| json!({ "covered": t.covered, "reachable": t.reachable })),
            "rules": self.rules.iter().map(|(rule, status)| {
                let mut value = self::status(status);
                value["rule"] = json!(rule.id());
                value["chapter"] = json!(rule.chapter().name());
                value
            }).collect::<Vec<_>>(),
            "not_judged": self.reasons.iter().map(|(why, traces)| json!({ "reason": why, "traces": traces }))
                .collect::<Vec<_>>(),
            "inconclusive": self.inconclusive.iter().map(|(trace, why)| json!({ "trace": trace, "why": why }))
                .collect::<Vec<_>>(),
            "failures": self.failures.iter().map(failure).collect::<Vec<_>>(),
        })
    }
}

fn status(status: &Status) -> Value {
    match status {
        Status::Passes { steps } => json!({ "status": "pass", "steps": steps }),
        Status::Fails { traces, steps } => json!({ "status": "fail", "traces": traces, "steps": steps }),
        Status::Undecided(reasons) => json!({ "status": "undecided", "reasons": reasons }),
        Status::NotExercised => json!({ "status": "not_exercised" }),
    }
}

fn failure(failure: &Failure) -> Value {
    let text = failure.rule.and_then(RuleText::of);
    json!({
        "rule": failure.rule.map(muster_specs::Rule::id),
        "must": text.as_ref().map(|text| text.must.clone()),
        "source": text.as_ref().and_then(|text| text.note("source")),
        "trace": failure.trace,
        "step": failure.finding.step,
        "steps": failure.transcript,
        "connection": failure.finding.divergence.connection,
        "expected": failure.finding.divergence.expected,
        "actual": failure.finding.divergence.actual,
        "answers": failure.finding.answers,
        "reproduced": failure.seen,
        "runs": failure.runs,
        "file": failure.saved.as_ref().map(|file| file.display().to_string()),
        "replay": failure.replay,
    })
}
