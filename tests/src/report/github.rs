//! The report as annotations of a GitHub workflow: commands in its output.

use std::fmt::Write as _;

use super::junit::{headline, story};
use super::{Document, SystemReport};

/// A line for each thing that is to be seen: an error for a divergence and for a rule that had to be exercised, a
/// warning for what is flaky or inconclusive, a notice for what was declared.
pub fn github(document: &Document) -> String {
    let mut out = String::new();
    for system in &document.systems {
        annotate(system, &mut out);
    }
    out
}

fn annotate(system: &SystemReport, out: &mut String) {
    let mut say = |kind: &str, title: &str, text: &str| {
        let title = property(&format!("{}: {title}", system.system));
        // Nothing that is written to a text fails.
        let _written = writeln!(out, "::{kind} title={title}::{}", data(text));
    };
    let mut told: Vec<&Option<String>> = Vec::new();
    for failure in &system.failures {
        if told.contains(&&failure.rule) {
            continue;
        }
        let of_rule = || system.failures.iter().filter(|one| one.rule == failure.rule);
        let rule = failure.rule.as_deref().unwrap_or("a step that names no rule");
        told.push(&failure.rule);
        match of_rule().filter(|one| one.known.is_none()).min_by_key(|one| one.shrunk_from.is_none()) {
            Some(worst) => {
                let kind = if worst.flaky { "warning" } else { "error" };
                say(kind, rule, &format!("{}\n{}", headline(worst), story(worst)));
            }
            None => say("notice", rule, &format!("declared: {}", failure.known.as_deref().unwrap_or(""))),
        }
    }
    for never in system.never_exercised.iter().filter(|never| never.fails) {
        say("error", &never.rule, &format!("never exercised: {}", never.why));
    }
    for one in &system.absent_deviations {
        let kind = if system.strict { "error" } else { "warning" };
        say(kind, &one.rule, &format!("a declared deviation does not occur: {}", one.reason));
    }
    for one in &system.inconclusive {
        say("warning", &one.trace, &one.why);
    }
    if let Some(why) = &system.ended_early {
        say("error", "ended early", why);
    }
}

/// The text of a command: one line, as the runner takes it apart.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
