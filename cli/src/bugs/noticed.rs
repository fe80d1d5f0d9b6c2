//! Each defect of the coordinator, switched on in the reference and looked for by conformance: 0 all are noticed by their
//! rule, 2 one is not, 3 the reference did not run or the user ended it.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use muster_conformance::noticed::{Noticed, Place, Sighting, look_for};
use muster_conformance::suite;
use muster_reference::coordinator::Mutation;
use muster_specs::Rule;
use serde::Serialize;

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
    is_named: bool,
    place: Option<&'static str>,
    not_applicable_over_the_wire: Option<String>,
    trace: Option<String>,
    steps: Option<usize>,
    difference: Option<String>,
}

/// Looks for these defects, or for all.
pub(super) fn run(mutations: &[Mutation], as_json: bool) -> ExitCode {
    let mutations = if mutations.is_empty() { Mutation::ALL } else { mutations };
    let noticed = match look(mutations) {
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

fn look(mutations: &[Mutation]) -> Result<Vec<Noticed>, String> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    // Without it Ctrl-C ends the process, which is as good.
    let _handler = ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed));
    eprintln!("making the traces that show defects");
    let traces = suite::of_defects().map_err(|error| error.to_string())?;
    eprintln!("{} traces; looking for {} defects", traces.len(), mutations.len());
    let tell = |done: usize, noticed: &Noticed| {
        eprintln!("{done} of {}: {}: {}", mutations.len(), noticed.mutation, verdict(noticed));
    };
    look_for(mutations, &traces, &stop, &tell).map_err(|error| error.to_string())
}

fn verdict(noticed: &Noticed) -> String {
    let breaks = noticed.mutation.rule();
    match &noticed.seen {
        None => format!("NOT NOTICED; it breaks {breaks}"),
        Some(seen) => {
            let named = seen.rule.map_or("no rule", Rule::id);
            let wrong = if noticed.is_named() {
                String::new()
            } else {
                format!(", NOT THE RULE THAT IT BREAKS, {breaks}")
            };
            format!("{}, held against {named}{wrong}", place(seen))
        }
    }
}

fn place(seen: &Sighting) -> &'static str {
    match seen.place {
        Place::Wire => "over the wire",
        Place::Process(_) => "in process",
    }
}

fn why_not_wire(seen: &Sighting) -> Option<String> {
    match &seen.place {
        Place::Wire => None,
        Place::Process(why) => Some(why.to_string()),
    }
}

fn table(noticed: &[Noticed]) -> String {
    let mut text = String::new();
    for one in noticed {
        let _ = writeln!(text, "{:<38}{}", one.mutation.id(), verdict(one));
        let Some(seen) = &one.seen else { continue };
        if let Some(why) = why_not_wire(seen) {
            let _ = writeln!(text, "    not applicable over the wire: {why}");
        }
        let _ = writeln!(text, "    {}, step {}: {}", seen.trace, seen.steps, seen.difference);
    }
    let named = |over_the_wire: bool| {
        let there = |seen: &Sighting| (seen.place == Place::Wire) == over_the_wire;
        noticed.iter().filter(|one| one.is_named() && one.seen.as_ref().is_some_and(there)).count()
    };
    let (wire, process, all) = (named(true), named(false), noticed.len());
    let _ = writeln!(
        text,
        "\n{} of {all} defects are held against the rule that they break: {wire} over the wire, {process} in process, where the wire shows nothing",
        wire + process
    );
    text
}

fn json(noticed: &[Noticed]) -> Result<String, String> {
    let defects = noticed.iter().map(|one| Line {
        mutation: one.mutation.id(),
        breaks_rule: one.mutation.rule().id(),
        named_rule: one.seen.as_ref().and_then(|seen| seen.rule).map(Rule::id),
        is_named: one.is_named(),
        place: one.seen.as_ref().map(place),
        not_applicable_over_the_wire: one.seen.as_ref().and_then(why_not_wire),
        trace: one.seen.as_ref().map(|seen| seen.trace.clone()),
        steps: one.seen.as_ref().map(|seen| seen.steps),
        difference: one.seen.as_ref().map(|seen| seen.difference.clone()),
    });
    let all_named = noticed.iter().all(Noticed::is_named);
    let report = Report { format: "muster-noticed/1", all_named, defects: defects.collect() };
    let text = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
    Ok(format!("{text}\n"))
}
