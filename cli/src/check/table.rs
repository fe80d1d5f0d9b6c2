//! What a person sees: a line a scenario, and violations step by step.

use muster_model::check::{Counterexample, Report, Verdict};
use muster_model::liveness::LivenessId;
use muster_model::narrate::Narration;
use muster_model::property::PropertyId;
use muster_model::scenario::{Faults, Scenario};

use super::search::Checked;
use super::{hazards, liveness};

/// The columns of the table, each with what it takes.
const HEADINGS: [&str; 11] = [
    "scenario",
    "consumers",
    "topics",
    "partitions",
    "records",
    "generations",
    "member ids",
    "faults",
    "states",
    "depth",
    "time",
];

/// Thousands apart.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Every scenario, then what is violated and was not expected to be.
pub(super) fn all(checked: &[Checked], seconds: f64) -> String {
    let unexpected = || checked.iter().filter(|c| !c.report.is_as_expected());
    let violations = unexpected().flat_map(|c| c.report.violations().map(|v| violation(&c.report, v)));
    let lassos = unexpected().flat_map(|c| c.report.lassos().map(|l| liveness::violation(&c.report, l)));
    rows(checked) + "\n" + &summary(checked, seconds) + &violations.chain(lassos).collect::<String>()
}

/// One scenario: its line, each property, each violation.
pub(super) fn in_full(checked: &Checked) -> String {
    let Checked { report, .. } = checked;
    let mut lines = vec![format!("{}: {}", report.scenario.name, report.scenario.about)];
    if let Some(mutation) = report.scenario.mutation {
        lines.push(format!("with the defect {mutation}: {}", mutation.about()));
        if mutation.breaks().is_empty() && report.scenario.expected_stuck.is_empty() {
            lines.push("it is listed with no safety property: it hurts what may be waited for".to_owned());
        }
    }
    lines.push(format!("\n{}", rows(std::slice::from_ref(checked))));
    let properties = report.verdicts.iter();
    lines.extend(properties.map(|(p, verdict)| format!("  {:<28} {}", p.id(), said(report, verdict))));
    lines.extend(liveness::lines(report));
    let violations = report.violations().map(|v| violation(report, v));
    let lassos = report.lassos().map(|lasso| liveness::violation(report, lasso));
    let page = hazards::page(report).unwrap_or_default();
    page + &lines.join("\n") + "\n" + &violations.chain(lassos).collect::<String>()
}

/// The scenarios, and no verdicts.
pub(super) fn list(scenarios: &[Scenario]) -> String {
    let entry = |s: &Scenario| format!("{}: {}\n    {}\n", s.name, s.about, bounds(s));
    scenarios.iter().map(entry).collect()
}

/// The bounds in words.
pub(crate) fn bounds(scenario: &Scenario) -> String {
    let b = &scenario.bounds;
    let parts = [
        number(b.consumers, "consumer"),
        number(b.topics, "topic"),
        format!("{} each", number(b.partitions, "partition")),
        format!("{} each", number(b.records, "record")),
        counted(scenario, number(b.generations.unsigned_abs(), "generation")),
        counted(scenario, number(b.members, "member id")),
        format!("faults: {}", faults(scenario.faults)),
        format!("Kafka {}", scenario.release),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// In normal form nothing bounds these.
fn counted(scenario: &Scenario, number: String) -> String {
    if scenario.liveness.is_empty() { number } else { String::new() }
}

fn number(n: u8, of: &str) -> String {
    format!("{n} {of}{}", if n == 1 { "" } else { "s" })
}

fn faults(faults: Faults) -> String {
    let Faults { crash, give_up, expire, leave, poll_timeout, subscribe, failover, partitions, tools } =
        faults;
    let named = [
        ("crash", crash),
        ("give-up", give_up),
        ("expire", expire),
        ("leave", leave),
        ("poll-timeout", poll_timeout),
        ("subscribe", subscribe),
        ("failover", failover),
        ("partitions", partitions),
        ("tools", tools),
    ];
    let some: Vec<String> =
        named.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name}={n}")).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(",") }
}

fn endless(scenario: &Scenario, number: String) -> String {
    if scenario.liveness.is_empty() { number } else { "any".to_owned() }
}

fn rows(checked: &[Checked]) -> String {
    let cells = |Checked { report, seconds }: &Checked| {
        let (s, b) = (&report.scenario, &report.scenario.bounds);
        [
            s.name.clone(),
            b.consumers.to_string(),
            b.topics.to_string(),
            b.partitions.to_string(),
            b.records.to_string(),
            endless(s, b.generations.to_string()),
            endless(s, b.members.to_string()),
            faults(s.faults),
            grouped(report.states),
            report.depth.to_string(),
            format!("{seconds:.1} s"),
        ]
    };
    let lines: Vec<_> = checked.iter().map(|c| (cells(c), verdict(&c.report))).collect();
    let head = (HEADINGS.map(str::to_owned), "verdict".to_owned());
    let widest = |i: usize| lines.iter().chain([&head]).map(|(cells, _)| cells[i].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(widest).collect();
    let row = |(cells, verdict): &([String; HEADINGS.len()], String)| {
        let padded = cells.iter().zip(&widths).enumerate();
        let padded = padded.map(|(i, (cell, width))| match HEADINGS[i] {
            "scenario" | "faults" => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        format!("{}  {verdict}\n", padded.collect::<Vec<_>>().join("  "))
    };
    [&head].into_iter().chain(&lines).map(row).collect()
}

/// The verdict of a scenario, with whether its bounds were exhausted and whether it was expected.
fn verdict(report: &Report) -> String {
    let lassos = report.lassos().map(|lasso| lasso.property.id());
    let violated: Vec<&str> = report.violations().map(|v| v.property.id()).chain(lassos).collect();
    let scope = match &report.undecided {
        None => "exhausted".to_owned(),
        Some(why) => format!("not exhausted ({why})"),
    };
    let expected = if report.is_as_expected() { "as expected" } else { "not as expected" };
    let nothing = report.scenario.expected_violations.is_empty() && report.scenario.expected_stuck.is_empty();
    let shown = nothing || report.is_as_expected();
    if liveness::is_undecided(report) && violated.is_empty() {
        return format!("not decided: what lies outside the bounds could violate it, {scope}");
    }
    match (violated.is_empty(), &report.undecided) {
        (true, None) if !shown => format!("holds, {scope}: the defect does not show in these bounds"),
        (true, None) => format!("holds, {scope}, {expected}"),
        (true, Some(_)) => {
            format!("no violation so far, {scope}")
        }
        (false, _) => format!("violated: {}; {scope}, {expected}", violated.join(", ")),
    }
}

fn said(report: &Report, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Holds => "holds in every state within these bounds".to_owned(),
        Verdict::Violated(counterexample) => {
            format!("violated in {} steps: {}", counterexample.steps.len(), counterexample.reason)
        }
        Verdict::Undecided => {
            let why = report.undecided.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("not decided: no violation in {} states ({why})", grouped(report.states))
        }
    }
}

fn summary(checked: &[Checked], seconds: f64) -> String {
    let states: usize = checked.iter().map(|c| c.report.states).sum();
    let scenarios = checked.len();
    let exhausted = checked.iter().filter(|c| c.report.undecided.is_none()).count();
    let expected = checked.iter().filter(|c| c.report.is_as_expected()).count();
    format!(
        "{scenarios} scenarios, {} safety and {} liveness properties, {} states in {seconds:.1} s: {exhausted} of {scenarios} exhausted within their bounds, {expected} as expected\n",
        PropertyId::ALL.len(),
        LivenessId::ALL.len(),
        grouped(states),
    )
}

fn violation(report: &Report, counterexample: &Counterexample) -> String {
    let scenario = &report.scenario;
    let property = counterexample.property;
    let told = Narration::of_counterexample(scenario, counterexample);
    format!(
        "\n{}: {property} is violated: {}\nThe property: {}.\nBounds: {}\n\n{}",
        scenario.name,
        counterexample.reason,
        property.about(),
        bounds(scenario),
        told.text()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let text = [0, 12, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(text, ["0", "12", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn faults_are_told_as_the_command_line_takes_them() {
        assert_eq!(faults(Faults::default()), "none");
        assert_eq!(faults(Faults { crash: 1, give_up: 2, ..Faults::default() }), "crash=1,give-up=2");
    }
}
