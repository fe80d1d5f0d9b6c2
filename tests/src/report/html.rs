//! The report as one page that needs nothing else: no request leaves it.
//!
//! Pictures come in as what the explorer's page draws, with the modules that draw it: this module draws nothing.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::document::StatusReport;
use super::junit::escaped;
use super::text::{reproduced, words};
use super::{Document, FailureReport, SystemReport};

/// What pictures are drawn with.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// Modules by file name, those that a module imports before or after it.
    pub modules: Vec<(&'static str, &'static str)>,
    /// What is drawn, by the file of the trace.
    pub traces: BTreeMap<String, Value>,
}

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");
/// Nothing is loaded, and only what stands in the page runs.
const POLICY: &str =
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data:";

/// The document as a page.
pub fn html(document: &Document, pictures: &Pictures) -> String {
    let mut out = String::new();
    // Nothing that is written to a text fails.
    let _written = write(document, pictures, &mut out);
    out
}

fn write(document: &Document, pictures: &Pictures, out: &mut String) -> fmt::Result {
    let names: Vec<&str> = document.systems.iter().map(|system| system.system.as_str()).collect();
    let title = escaped(&format!("{}: Muster", names.join(", ")));
    let imports: BTreeMap<String, String> =
        pictures.modules.iter().map(|(name, source)| (format!("muster/{name}"), module(source))).collect();
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<script type=\"importmap\">{}</script></head>\n<body><main>\n",
        data(&json!({ "imports": imports }))
    )?;
    let mut drawn = Vec::new();
    for system in &document.systems {
        write_system(system, pictures, &mut drawn, out)?;
    }
    write!(
        out,
        "</main>\n<script type=\"application/json\" id=\"muster-report\">{}</script>\n\
         <script type=\"application/json\" id=\"muster-pictures\">{}</script>\n\
         <script type=\"module\">{SCRIPT}</script>\n</body></html>\n",
        data(&document.to_json()),
        data(&Value::Array(drawn))
    )
}

/// A module as an address of its own; what it imports is found by the import map.
fn module(source: &str) -> String {
    let bare = source.replace("from \"./", "from \"muster/").replace("import \"./", "import \"muster/");
    format!("data:text/javascript;base64,{}", BASE64.encode(bare))
}

/// Nothing in a script element can end it but `</`.
fn data(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

fn write_system(
    system: &SystemReport,
    pictures: &Pictures,
    drawn: &mut Vec<Value>,
    out: &mut String,
) -> fmt::Result {
    let t = &system.traces;
    let (name, conclusion) = (escaped(&system.system), escaped(&system.conclusion));
    writeln!(out, "<section><h1>{name} <span class=\"verdict {conclusion}\">{conclusion}</span></h1>")?;
    let known = if t.known > 0 { format!(" ({} as declared)", t.known) } else { String::new() };
    writeln!(
        out,
        "<p>{} of {} traces conform, {} diverge{known}, {} not applicable, {} follow a choice never made, \
         {} inconclusive, {} not run; {:.1} s.</p>",
        t.conform,
        t.total,
        t.diverge,
        t.not_applicable,
        t.choice_not_seen,
        t.inconclusive,
        t.not_run,
        system.elapsed_s
    )?;
    if let Some(why) = &system.ended_early {
        writeln!(out, "<p>The run ended early: {}.</p>", escaped(why))?;
    }
    if !system.failures.is_empty() {
        writeln!(out, "<h2>Divergences</h2>")?;
    }
    let mut told: Vec<&Option<String>> = Vec::new();
    for failure in &system.failures {
        if told.contains(&&failure.rule) {
            continue;
        }
        told.push(&failure.rule);
        let of_rule = || system.failures.iter().filter(|one| one.rule == failure.rule);
        let shown =
            of_rule().min_by_key(|one| (one.known.is_some(), one.shrunk_from.is_none())).unwrap_or(failure);
        write_failure(shown, of_rule().count(), out)?;
        if let Some(picture) = shown.file.as_ref().and_then(|file| pictures.traces.get(file)) {
            writeln!(out, "<div class=\"picture\" data-picture=\"{}\"></div>", drawn.len())?;
            drawn.push(picture.clone());
        }
        writeln!(out, "</article>")?;
    }
    write_lists(system, out)?;
    write_rules(system, out)?;
    writeln!(out, "</section>")
}

fn write_failure(failure: &FailureReport, traces: usize, out: &mut String) -> fmt::Result {
    let rule = escaped(failure.rule.as_deref().unwrap_or("a step that names no rule"));
    let kind = match (&failure.known, failure.flaky) {
        (Some(_), _) => "declared",
        (None, true) => "flaky",
        (None, false) => "wrong",
    };
    writeln!(out, "<article class=\"{kind}\"><h3>{rule} <small>{kind}, {traces} of the traces</small></h3>")?;
    let texts = [("must", &failure.must), ("source", &failure.source), ("declared", &failure.known)];
    for (class, text) in texts {
        if let Some(text) = text.as_ref().filter(|text| !text.is_empty()) {
            writeln!(out, "<p class=\"{class}\">{}</p>", escaped(text))?;
        }
    }
    writeln!(out, "<ol>")?;
    for step in &failure.steps {
        writeln!(out, "<li><code>{}</code></li>", escaped(step))?;
    }
    writeln!(
        out,
        "</ol><dl><dt>expected</dt><dd><code>{}</code></dd><dt>actual</dt><dd><code>{}</code> on {}</dd>\
         <dt>{}</dt><dd>{}</dd><dt>replay</dt><dd><code>{}</code></dd></dl>",
        escaped(&failure.expected),
        escaped(&failure.actual),
        escaped(&failure.connection),
        escaped(&failure.trace),
        escaped(&reproduced(failure)),
        escaped(&failure.replay)
    )
}

fn write_lists(system: &SystemReport, out: &mut String) -> fmt::Result {
    let absent = system.absent_deviations.iter().map(|one| format!("{}: {}", one.rule, one.reason)).collect();
    let never = |one: &super::document::NeverExercised| {
        let declared = one.declared.as_ref().map_or_else(String::new, |why| format!(" (declared: {why})"));
        format!("{}: {}{declared}", one.rule, one.why)
    };
    let lists: [(&str, Vec<String>); 4] = [
        ("Declared deviations that do not occur", absent),
        ("Never exercised", system.never_exercised.iter().map(never).collect()),
        (
            "Inconclusive",
            system.inconclusive.iter().map(|one| format!("{}: {}", one.trace, one.why)).collect(),
        ),
        (
            "Traces that say nothing of this system",
            system.not_judged.iter().map(|one| format!("{}: {}", one.traces, one.reason)).collect(),
        ),
    ];
    for (title, lines) in lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        writeln!(out, "<h2>{title}</h2><ul>")?;
        for line in lines {
            writeln!(out, "<li>{}</li>", escaped(line))?;
        }
        writeln!(out, "</ul>")?;
    }
    Ok(())
}

fn write_rules(system: &SystemReport, out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "<h2>Rules</h2><table><thead><tr><th>chapter</th><th>rule</th><th>verdict</th><th></th></tr></thead><tbody>"
    )?;
    for rule in &system.rules {
        let verdict = match &rule.status {
            StatusReport::Pass { .. } => "passes",
            StatusReport::Fail { traces, known, .. } if traces == known => "declared",
            StatusReport::Fail { .. } => "fails",
            StatusReport::Undecided { .. } => "undecided",
            StatusReport::NotExercised => "never",
        };
        writeln!(
            out,
            "<tr class=\"{verdict}\"><td>{}</td><td>{}</td><td>{verdict}</td><td>{}</td></tr>",
            escaped(&rule.chapter),
            escaped(&rule.rule),
            escaped(&words(&rule.status))
        )?;
    }
    writeln!(out, "</tbody></table>")
}
