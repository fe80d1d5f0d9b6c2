//! The same as JSON, versioned.

use muster_model::museum::{self, Bug, Exhibit, Shown};
use muster_model::trace::Trace;
use serde::Serialize;

use super::examine::Examined;
use crate::check::table::bounds;

/// The version of every form.
const FORMAT: &str = "muster-bugs/1";

#[derive(Serialize)]
struct Catalogue {
    format: &'static str,
    bugs: Vec<BugJson>,
}

#[derive(Serialize)]
struct BugJson {
    id: &'static str,
    about: &'static str,
    story: &'static str,
    side: &'static str,
    sources: Vec<SourceJson>,
    shown: Option<ShownJson>,
    /// Why the model does not show it.
    unshown: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Trace>,
}

#[derive(Serialize)]
struct SourceJson {
    name: String,
    url: String,
}

#[derive(Serialize)]
struct ShownJson {
    mutation: &'static str,
    rule: &'static str,
    breaks: &'static str,
    bounds_in_words: String,
}

#[derive(Serialize)]
struct CheckedJson {
    format: &'static str,
    as_the_museum_says: bool,
    seconds: f64,
    bugs: Vec<ExaminedJson>,
}

#[derive(Serialize)]
struct ExaminedJson {
    id: &'static str,
    breaks: &'static str,
    /// Of the shortest counterexample; null: none was found.
    steps: Option<usize>,
    seconds: f64,
    absent_without: bool,
    /// Within the same bounds, without the defect.
    states_without: usize,
    /// Null: the committed trace shows the defect.
    trace_mismatch: Option<String>,
    undecided: Option<String>,
}

/// Every defect.
pub(super) fn all() -> Result<String, String> {
    text(&Catalogue { format: FORMAT, bugs: museum::all().map(|bug| bug_json(bug, None)).collect() })
}

/// One defect, with its trace.
pub(super) fn one(bug: &Bug) -> Result<String, String> {
    let trace = bug.trace().transpose();
    let trace = trace.map_err(|error| format!("the trace of {} cannot be read: {error}", bug.id))?;
    text(&Catalogue { format: FORMAT, bugs: vec![bug_json(bug, trace)] })
}

/// What a check found.
pub(super) fn checked(examined: &[Examined], seconds: f64) -> Result<String, String> {
    let bugs = examined.iter().map(|one| ExaminedJson {
        id: one.bug.id,
        breaks: one.bug.shown().map_or("", |shown| shown.property.id()),
        steps: one.steps,
        seconds: one.seconds,
        absent_without: one.absent_without,
        states_without: one.states,
        trace_mismatch: one.mismatch.clone(),
        undecided: one.undecided.clone(),
    });
    text(&CheckedJson {
        format: FORMAT,
        as_the_museum_says: !examined.iter().any(|one| one.fails() || one.is_undecided()),
        seconds,
        bugs: bugs.collect(),
    })
}

fn bug_json(bug: &Bug, trace: Option<Trace>) -> BugJson {
    let (shown, unshown) = match bug.exhibit {
        Exhibit::Shown(shown) => (Some(shown_json(bug, shown)), None),
        Exhibit::Unshown(why) => (None, Some(why)),
    };
    BugJson {
        id: bug.id,
        about: bug.about,
        story: bug.story,
        side: bug.side.name(),
        sources: bug.sources.iter().map(|s| SourceJson { name: s.name(), url: s.url() }).collect(),
        shown,
        unshown,
        trace,
    }
}

fn shown_json(bug: &Bug, shown: Shown) -> ShownJson {
    ShownJson {
        mutation: shown.mutation.id(),
        rule: shown.mutation.rule().id(),
        breaks: shown.property.id(),
        bounds_in_words: bug.scenario().map(|scenario| bounds(&scenario)).unwrap_or_default(),
    }
}

fn text(value: &impl Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|error| format!("cannot write the report as JSON: {error}"))
}
