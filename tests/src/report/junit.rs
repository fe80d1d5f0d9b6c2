//! The report as `JUnit` XML: a suite for each system and chapter, a case for each rule.

use std::fmt::{self, Write as _};

use super::document::StatusReport;
use super::text::{reproduced, words};
use super::{Document, FailureReport, RuleReport, SystemReport};

/// The document as `JUnit` XML. What was declared is skipped, and what could not be judged too, unless it has to be.
pub fn junit(document: &Document) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"muster conform\">\n");
    for system in &document.systems {
        // Nothing that is written to a text fails.
        let _written = write_system(system, &mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

enum Case {
    Passes,
    Skipped(String),
    Failed(String, String),
}

fn write_system(system: &SystemReport, out: &mut String) -> fmt::Result {
    let mut chapters: Vec<&str> = system.rules.iter().map(|rule| rule.chapter.as_str()).collect();
    chapters.dedup();
    let mut first = true;
    for chapter in chapters {
        let cases = system.rules.iter().filter(|rule| rule.chapter == chapter);
        let mut cases: Vec<(&str, Case)> =
            cases.map(|rule| (rule.rule.as_str(), case(system, rule))).collect();
        if first {
            cases.extend(of_the_run(system));
        }
        let seconds = if first { system.elapsed_s } else { 0.0 };
        first = false;
        write_suite(system, chapter, &cases, seconds, out)?;
    }
    Ok(())
}

fn write_suite(
    system: &SystemReport,
    chapter: &str,
    cases: &[(&str, Case)],
    seconds: f64,
    out: &mut String,
) -> fmt::Result {
    let failures = cases.iter().filter(|(_, case)| matches!(case, Case::Failed(..))).count();
    let skipped = cases.iter().filter(|(_, case)| matches!(case, Case::Skipped(_))).count();
    let class = escaped(&format!("{}.{chapter}", system.system));
    writeln!(
        out,
        "  <testsuite name=\"{class}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" \
         time=\"{seconds:.3}\">",
        cases.len()
    )?;
    for (name, case) in cases {
        let name = escaped(name);
        match case {
            Case::Passes => writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\"/>")?,
            Case::Skipped(why) => writeln!(
                out,
                "    <testcase classname=\"{class}\" name=\"{name}\"><skipped message=\"{}\"/></testcase>",
                escaped(why)
            )?,
            Case::Failed(message, text) => writeln!(
                out,
                "    <testcase classname=\"{class}\" name=\"{name}\"><failure message=\"{}\">{}</failure></testcase>",
                escaped(message),
                escaped(text)
            )?,
        }
    }
    writeln!(out, "  </testsuite>")
}

fn case(system: &SystemReport, rule: &RuleReport) -> Case {
    let of_rule = || system.failures.iter().filter(|failure| failure.rule.as_ref() == Some(&rule.rule));
    let undeclared = of_rule().filter(|failure| failure.known.is_none());
    if let Some(worst) = undeclared.min_by_key(|failure| failure.shrunk_from.is_none()) {
        return Case::Failed(headline(worst), story(worst));
    }
    if let Some(reason) = of_rule().find_map(|failure| failure.known.as_ref()) {
        return Case::Skipped(format!("declared: {reason}"));
    }
    match &rule.status {
        StatusReport::Pass { .. } => Case::Passes,
        status
        @ (StatusReport::Fail { .. } | StatusReport::Undecided { .. } | StatusReport::NotExercised) => {
            let never = system.never_exercised.iter().find(|never| never.rule == rule.rule);
            match never {
                Some(never) if never.fails => {
                    Case::Failed("never exercised".to_owned(), format!("never exercised: {}", never.why))
                }
                Some(_) | None => Case::Skipped(words(status)),
            }
        }
    }
}

/// What is held against no rule.
fn of_the_run(system: &SystemReport) -> Vec<(&'static str, Case)> {
    let mut cases = Vec::new();
    if let Some(failure) = system.failures.iter().find(|failure| failure.rule.is_none()) {
        cases.push(("no rule", Case::Failed(headline(failure), story(failure))));
    }
    if let Some(why) = &system.ended_early {
        cases.push(("the run", Case::Failed("ended early".to_owned(), format!("ended early: {why}"))));
    } else if !system.inconclusive.is_empty() {
        let told: Vec<String> =
            system.inconclusive.iter().map(|one| format!("{}: {}", one.trace, one.why)).collect();
        cases.push(("the run", Case::Skipped(format!("inconclusive: {}", told.join("; ")))));
    }
    cases
}

/// What was expected and what came.
pub(super) fn headline(failure: &FailureReport) -> String {
    format!("expected {}, actual {}", failure.expected, failure.actual)
}

/// The rule, the steps, how often, and the command.
pub(super) fn story(failure: &FailureReport) -> String {
    let mut told = String::new();
    if let Some(must) = &failure.must {
        let _written = writeln!(told, "{must}");
    }
    for (number, step) in failure.steps.iter().enumerate() {
        let _written = writeln!(told, "{}. {step}", number + 1);
    }
    let _written = writeln!(told, "{}: {}", failure.trace, reproduced(failure));
    let _written = write!(told, "{}\nreplay: {}", headline(failure), failure.replay);
    told
}

/// Text of XML and HTML. What XML 1.0 cannot hold becomes a question mark.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(letter),
            control if control.is_control() || control == '\u{fffe}' || control == '\u{ffff}' => {
                safe.push('?');
            }
            other => safe.push(other),
        }
    }
    safe
}
