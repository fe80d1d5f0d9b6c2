//! The report as a person reads it: rules first, then why traces were not judged, then every failure, the totals last.

use std::fmt::{self, Write as _};

use super::{FailureReport, Report, RuleReport, SystemReport};
use crate::report::document::{NeverExercised, StatusReport};

/// Of how many further traces that break the same rule the names are listed.
const ALSO_MAX: usize = 5;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.document()))
    }
}

/// The report as text, without a newline at its end.
pub fn text(report: &SystemReport) -> String {
    let mut out = String::new();
    // Nothing that is written to a text fails.
    let _written = write(report, &mut out);
    out
}

fn write(report: &SystemReport, out: &mut String) -> fmt::Result {
    writeln!(out, "{}", report.system)?;
    let mut chapter = "";
    for rule in &report.rules {
        if rule.chapter != chapter {
            chapter = &rule.chapter;
            writeln!(out, "\n{chapter}")?;
        }
        writeln!(out, "  {:<4}{:<42}{}", mark(&rule.status), rule.rule, words(&rule.status))?;
    }
    reasons(report, out)?;
    absent(report, out)?;
    failures(report, out, false)?;
    failures(report, out, true)?;
    never(report, out)?;
    totals(report, out)
}

fn reasons(report: &SystemReport, out: &mut String) -> fmt::Result {
    if !report.not_judged.is_empty() {
        writeln!(out, "\nTraces that say nothing of this system")?;
    }
    for one in &report.not_judged {
        writeln!(out, "  {:>5}  {}", one.traces, one.reason)?;
    }
    for one in &report.inconclusive {
        writeln!(out, "         {}: {}", one.trace, one.why)?;
    }
    Ok(())
}

fn absent(report: &SystemReport, out: &mut String) -> fmt::Result {
    if !report.absent_deviations.is_empty() {
        writeln!(out, "\nDeclared deviations that do not occur")?;
    }
    for one in &report.absent_deviations {
        writeln!(out, "  {}: {}", one.rule, one.reason)?;
    }
    Ok(())
}

/// Those that were declared, or those that were not.
fn failures(report: &SystemReport, out: &mut String, declared: bool) -> fmt::Result {
    let shown = || report.failures.iter().filter(|failure| failure.known.is_some() == declared);
    if declared && shown().next().is_some() {
        writeln!(out, "\nDeviations that were declared")?;
    }
    let mut rules: Vec<&Option<String>> = shown().map(|failure| &failure.rule).collect();
    rules.dedup();
    for rule in rules {
        let of_rule: Vec<_> = shown().filter(|failure| failure.rule == *rule).collect();
        // The one that was made small says the most.
        let Some(first) = of_rule.iter().min_by_key(|failure| failure.shrunk_from.is_none()) else {
            continue;
        };
        if let (Some(reason), Some(rule)) = (&first.known, rule) {
            writeln!(out, "  {rule}: {}, {reason}", traces(of_rule.len()))?;
            continue;
        }
        writeln!(out, "\n{}", first.chapter.as_deref().unwrap_or("no rule"))?;
        failure(first, out)?;
        let others: Vec<&str> =
            of_rule.iter().filter(|one| one != &first).map(|one| one.trace.as_str()).collect();
        if !others.is_empty() {
            let more = others.len().saturating_sub(ALSO_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let named = others.iter().take(ALSO_MAX).copied().collect::<Vec<_>>().join(", ");
            writeln!(out, "      also: {named}{more}")?;
        }
    }
    Ok(())
}

fn traces(n: usize) -> String {
    if n == 1 { "1 trace".to_owned() } else { format!("{n} traces") }
}

fn failure(failure: &FailureReport, out: &mut String) -> fmt::Result {
    let source = failure.source.as_deref().filter(|source| !source.is_empty());
    let source = source.map_or_else(String::new, |source| format!("; {}", source.trim_end_matches('.')));
    let rule = failure.rule.as_deref().unwrap_or("a step that names no rule");
    writeln!(out, "  x {rule} [MUST{source}]")?;
    if let Some(must) = &failure.must {
        writeln!(out, "      {must}")?;
    }
    for (number, line) in failure.steps.iter().enumerate() {
        writeln!(out, "      {:>3}. {line}", number + 1)?;
    }
    writeln!(out, "      expected {}", failure.expected)?;
    writeln!(out, "      actual   {} (on {})", failure.actual, failure.connection)?;
    writeln!(out, "      {}: {}", failure.trace, reproduced(failure))?;
    match failure.file {
        Some(_) => writeln!(out, "      replay: {}", failure.replay),
        None => writeln!(out, "      its trace could not be saved"),
    }
}

/// How many steps, and how often.
pub(super) fn reproduced(failure: &FailureReport) -> String {
    let mut told = match failure.steps.len() {
        1 => "1 step".to_owned(),
        n => format!("{n} steps"),
    };
    if let Some(from) = failure.shrunk_from {
        let rest = if failure.minimal { "" } else { ", perhaps not the fewest" };
        let _written = write!(told, " (shrunk from {from}{rest})");
    }
    let _written = write!(told, ", reproduced {} of {}", failure.reproduced, failure.runs);
    if failure.flaky {
        told.push_str(": flaky");
    }
    told
}

/// Rules of which the same is known stand together.
fn never(report: &SystemReport, out: &mut String) -> fmt::Result {
    if !report.never_exercised.is_empty() {
        writeln!(out, "\nNever exercised")?;
    }
    let mut told: Vec<&NeverExercised> = Vec::new();
    let alike = |a: &NeverExercised, b: &NeverExercised| {
        (&a.why, &a.declared, a.fails) == (&b.why, &b.declared, b.fails)
    };
    for first in &report.never_exercised {
        if told.iter().any(|one| alike(one, first)) {
            continue;
        }
        told.push(first);
        let rules = report.never_exercised.iter().filter(|one| alike(one, first));
        let rules = rules.map(|one| one.rule.as_str()).collect::<Vec<_>>().join(", ");
        let NeverExercised { why, declared, fails, .. } = first;
        let mark = if *fails { "x" } else { "-" };
        let declared = declared.as_ref().map_or_else(String::new, |reason| format!(" (declared: {reason})"));
        writeln!(out, "  {mark} {why}{declared}: {rules}")?;
    }
    Ok(())
}

fn totals(report: &SystemReport, out: &mut String) -> fmt::Result {
    let count = |of: fn(&RuleReport) -> bool| report.rules.iter().filter(|rule| of(rule)).count();
    let pass = count(|rule| matches!(rule.status, StatusReport::Pass { .. }));
    let fail = count(|rule| matches!(rule.status, StatusReport::Fail { .. }));
    let undecided = count(|rule| matches!(rule.status, StatusReport::Undecided { .. }));
    let not_exercised = count(|rule| matches!(rule.status, StatusReport::NotExercised));
    writeln!(
        out,
        "\nrules: {pass} of {} pass, {fail} fail, {undecided} undecided, {not_exercised} not exercised",
        report.rules.len()
    )?;
    let t = &report.traces;
    let known = if t.known > 0 { format!(" ({} as declared)", t.known) } else { String::new() };
    writeln!(
        out,
        "traces: {} of {} conform, {} diverge{known}, {} not applicable, {} follow a choice never made, \
         {} inconclusive, {} not run",
        t.conform, t.total, t.diverge, t.not_applicable, t.choice_not_seen, t.inconclusive, t.not_run
    )?;
    if let Some(transitions) = report.transitions {
        let (covered, reachable) = (transitions.covered, transitions.reachable);
        writeln!(out, "transitions: {covered} of {reachable} taken by traces that conform")?;
    }
    let is_interrupted = report.ended_early.as_deref() == Some("interrupted");
    if let Some(why) = report.ended_early.as_ref().filter(|_| !is_interrupted) {
        writeln!(out, "ended early: {why}")?;
    }
    let conclusion =
        if is_interrupted && report.conclusion == "undecided" { "interrupted" } else { &report.conclusion };
    write!(out, "{}: {conclusion}; {:.1} s", report.system, report.elapsed_s)
}

fn mark(status: &StatusReport) -> &'static str {
    match status {
        StatusReport::Pass { .. } => "ok",
        StatusReport::Fail { traces, known, .. } if traces == known => "!",
        StatusReport::Fail { .. } => "x",
        StatusReport::Undecided { .. } => "?",
        StatusReport::NotExercised => "-",
    }
}

/// What stands for a rule, in words.
pub(super) fn words(status: &StatusReport) -> String {
    match status {
        StatusReport::Pass { steps } => format!("{steps} steps"),
        StatusReport::Fail { traces, known, steps } if traces == known => {
            format!("{traces} traces diverge as declared, {steps} steps as expected")
        }
        StatusReport::Fail { traces, known: 0, steps } => {
            format!("{traces} traces diverge, {steps} steps as expected")
        }
        StatusReport::Fail { traces, known, steps } => {
            format!("{traces} traces diverge ({known} as declared), {steps} steps as expected")
        }
        StatusReport::Undecided { reasons } => reasons.join("; "),
        StatusReport::NotExercised => "not exercised".to_owned(),
    }
}
