//! The verdicts on what people claim.

use std::fmt::Write as _;

use muster_model::check::{Counterexample, Report};
use muster_model::hazard;

use super::search::Checked;
use super::table::grouped;

/// A claim after the other: since when it is false, and where it holds.
pub(super) fn verdicts(checked: &[Checked], seconds: f64) -> String {
    let mut text = String::new();
    for hazard in hazard::hazards() {
        let of = |name: &str| checked.iter().find(|c| c.report.scenario.name == name).map(|c| &c.report);
        let Some(report) = of(hazard.name()) else { continue };
        let _ = writeln!(text, "{}: \"{}\"", hazard.name(), hazard.claim.about());
        let _ = writeln!(text, "    {}", falsehood(report, hazard.claim.id()));
        for remedy in &hazard.remedies {
            let holds = of(&remedy.name).map(told_of_remedy);
            let _ = writeln!(text, "    {}", holds.unwrap_or_default());
        }
    }
    let expected = checked.iter().filter(|c| c.report.is_as_expected()).count();
    let scenarios = checked.len();
    let _ = writeln!(
        text,
        "\n{scenarios} scenarios in {seconds:.1} s, {expected} as expected; `muster check NAME` tells a claim's page and its counterexample\n"
    );
    text.push_str(&super::guides::pointers());
    text
}

fn falsehood(report: &Report, claim: &str) -> String {
    let found: Option<&Counterexample> = report.violations().find(|v| v.property.id() == claim);
    match (found, &report.undecided) {
        (Some(found), _) => format!("false, after {} steps: {}", found.steps.len(), found.reason),
        (None, None) => format!("not shown: it holds in {} states", grouped(report.states)),
        (None, Some(why)) => format!("not decided ({why})"),
    }
}

fn told_of_remedy(report: &Report) -> String {
    let name = &report.scenario.name;
    let verdict = match (report.is_as_expected(), &report.undecided) {
        (_, Some(why)) => format!("not decided ({why})"),
        (true, None) => format!("holds in {} states", grouped(report.states)),
        (false, None) => "is false there too, which is not expected".to_owned(),
    };
    format!("{name}: {verdict}: {}", report.scenario.about)
}

/// The page of what is checked, if it is a hazard.
pub(super) fn page(report: &Report) -> Option<String> {
    report
        .scenario
        .claim
        .and_then(|claim| hazard::page(claim.id()))
        .map(|page| format!("{}\n\n", page.trim_end()))
}
