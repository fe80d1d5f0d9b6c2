//! Each defect of the coordinator, switched on in the reference and looked for by conformance: 0 all are noticed by their
//! rule, 2 one is not, 3 the reference did not run.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use muster_conformance::noticed::{Sighting, look};
use muster_conformance::suite;
use muster_model::trace::Trace;
use muster_reference::coordinator::{Config, Mutation};
use serde::Serialize;

/// A defect, and what was seen of it.
struct Noticed {
    mutation: Mutation,
    seen: Option<Sighting>,
}

impl Noticed {
    fn is_named(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.rule == Some(self.mutation.rule()))
    }
}

#[derive(Serialize)]
struct Report {
    format: &'static str,
    all_named: bool,
    defects: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    mutation: &'static str,
    breaks_rule: &'static str,
    named_rule: Option<&'static str>,
    place: Option<&'static str>,
    trace: Option<String>,
    steps: Option<usize>,
    difference: Option<String>,
}

pub(super) fn run(as_json: bool) -> ExitCode {
    let noticed = match all() {
        Ok(noticed) => noticed,
        Err(message) => {
            eprintln!("muster: {message}");
            return ExitCode::from(3);
        }
    };
    let text = if as_json { json(&noticed) } else { Ok(table(&noticed)) };
    if let Err(message) = text.and_then(|text| super::print(&text)) {
        eprintln!("muster: {message}");
        return ExitCode::from(1);
    }
    if noticed.iter().all(Noticed::is_named) { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

fn all() -> Result<Vec<Noticed>, String> {
    let traces = suite::of_defects().map_err(|error| error.to_string())?;
    Mutation::ALL.iter().map(|mutation| one(*mutation, &traces)).collect()
}

fn one(mutation: Mutation, traces: &[Trace]) -> Result<Noticed, String> {
    let config = Config { mutation: Some(mutation), ..Config::default() };
    let never = AtomicBool::new(false);
    let seen = look(&config, mutation.rule(), traces, &never).map_err(|error| error.to_string())?;
    Ok(Noticed { mutation, seen })
}

fn table(noticed: &[Noticed]) -> String {
    let mut text = String::new();
    for one in noticed {
        let (mutation, rule) = (one.mutation.id(), one.mutation.rule().id());
        let told = match &one.seen {
            None => "is not noticed".to_owned(),
            Some(seen) => {
                let named = seen.rule.map_or("no rule", muster_specs::Rule::id);
                let wrong = if one.is_named() { "" } else { ", and not the rule that it breaks" };
                format!(
                    "{named}{wrong}\n    {}, step {} of {}: {}",
                    seen.place.name(),
                    seen.steps,
                    seen.trace,
                    seen.difference
                )
            }
        };
        let _ = writeln!(text, "{mutation:<38}{told}");
        if !one.is_named() {
            let _ = writeln!(text, "    it breaks {rule}");
        }
    }
    let named = noticed.iter().filter(|one| one.is_named()).count();
    let wire = noticed
        .iter()
        .filter(|one| one.seen.as_ref().is_some_and(|s| s.place.name() == "over the wire"))
        .count();
    let _ = writeln!(
        text,
        "\n{named} of {} are noticed by their rule, {wire} of all over the wire",
        noticed.len()
    );
    text
}

fn json(noticed: &[Noticed]) -> Result<String, String> {
    let defects = noticed.iter().map(|one| Line {
        mutation: one.mutation.id(),
        breaks_rule: one.mutation.rule().id(),
        named_rule: one.seen.as_ref().and_then(|seen| seen.rule).map(muster_specs::Rule::id),
        place: one.seen.as_ref().map(|seen| seen.place.name()),
        trace: one.seen.as_ref().map(|seen| seen.trace.clone()),
        steps: one.seen.as_ref().map(|seen| seen.steps),
        difference: one.seen.as_ref().map(|seen| seen.difference.clone()),
    });
    let all_named = noticed.iter().all(Noticed::is_named);
    let report = Report { format: "muster-noticed/1", all_named, defects: defects.collect() };
    let text = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
    Ok(format!("{text}\n"))
}
