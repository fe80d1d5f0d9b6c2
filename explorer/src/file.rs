//! Trace files: read, checked, and walked on the model where the model takes their steps.

mod files;
mod observed;
mod recorded;
mod rewalk;

use std::fs;
use std::path::{Path, PathBuf};

use muster_model::trace::{Diverged, FORMAT, Trace};
use serde::Deserialize;

use crate::label;
use crate::spec::Spec;
use crate::told::{DivergenceView, PathView};
use crate::walk::Walk;

pub(crate) use files::Files;
pub use files::{Recordings, groups, read};

/// The format of a report of conformance, which names the files of its divergences.
const REPORT: &str = "muster-conform/1";

/// A trace that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Where it was found.
    pub path: String,
    /// The trace.
    pub trace: Trace,
    /// What a report says of its last step.
    pub divergence: Option<DivergenceView>,
}

/// Why a file cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It could not be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// It is no trace: truncated, or something else.
    #[error("{path}: {what} (expected a complete {FORMAT} file)")]
    Parse {
        /// The file.
        path: String,
        /// Where and what.
        what: String,
    },
    /// Traffic that cannot be read, or tells of no group.
    #[error("cannot read {path}: {what}")]
    Traffic {
        /// The file.
        path: String,
        /// Where and what.
        what: String,
    },
    /// A report without a divergence that was saved.
    #[error("{path}: the report names no trace of a divergence, so there is nothing to show")]
    NothingDiverged {
        /// The file.
        path: String,
    },
}

/// What every file of this project says of itself.
#[derive(Deserialize)]
struct Head {
    format: String,
}

#[derive(Deserialize)]
struct Report {
    systems: Vec<System>,
}

#[derive(Deserialize)]
struct System {
    #[serde(default)]
    system: Option<String>,
    failures: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    rule: Option<String>,
    step: usize,
    connection: String,
    expected: String,
    actual: String,
    #[serde(default)]
    answers: Vec<String>,
    file: Option<PathBuf>,
}

/// Reads a trace, or a report of `muster conform --json` with the traces that it names.
pub fn open(path: &Path) -> Result<Vec<Opened>, OpenError> {
    let text =
        fs::read_to_string(path).map_err(|source| OpenError::Read { path: path.to_owned(), source })?;
    let name = path.display().to_string();
    let is_report = serde_json::from_str::<Head>(&text).is_ok_and(|head| head.format == REPORT);
    if !is_report {
        return parse(&name, &text).map(|opened| vec![opened]);
    }
    let report: Report = serde_json::from_str(&text).map_err(|error| unreadable(&name, &error))?;
    let mut opened = Vec::new();
    let all = report
        .systems
        .into_iter()
        .flat_map(|of| of.failures.into_iter().map(move |one| (of.system.clone(), one)));
    for (system, failure) in all {
        let Some(file) = &failure.file else { continue };
        let text =
            fs::read_to_string(file).map_err(|source| OpenError::Read { path: file.clone(), source })?;
        let mut one = parse(&file.display().to_string(), &text)?;
        let Failure { rule, step, connection, expected, actual, answers, file: _ } = failure;
        let answers = (expected_answers(&one.trace, step), answers);
        let step = step + 1;
        one.divergence = Some(DivergenceView { step, system, connection, expected, actual, rule, answers });
        opened.push(one);
    }
    if opened.is_empty() { Err(OpenError::NothingDiverged { path: name }) } else { Ok(opened) }
}

/// Reads the text of a trace.
pub fn parse(name: &str, text: &str) -> Result<Opened, OpenError> {
    let wrong = |what: String| Err(OpenError::Parse { path: name.to_owned(), what });
    // The format first: what a file of another kind lacks says nothing to its reader.
    match serde_json::from_str::<Head>(text) {
        Ok(head) if head.format == REPORT => {
            return wrong(
                "this is a report; open it as `muster explore FILE`, with the traces that it names"
                    .to_owned(),
            );
        }
        Ok(head) if head.format != FORMAT => return wrong(format!("its format is '{}'", head.format)),
        Ok(_) => {}
        Err(error) => return Err(unreadable(name, &error)),
    }
    let trace: Trace = serde_json::from_str(text).map_err(|error| unreadable(name, &error))?;
    if trace.steps.is_empty() {
        return wrong("it has no steps".to_owned());
    }
    let divergence = trace.diverged.clone().map(|diverged| {
        let Diverged { system, rule, connection, expected, actual, answers } = diverged;
        let (step, system, rule) = (trace.steps.len(), Some(system), rule.map(|rule| rule.id().to_owned()));
        let answers = (expected_answers(&trace, step - 1), answers);
        DivergenceView { step, system, connection, expected, actual, rule, answers }
    });
    Ok(Opened { path: name.to_owned(), trace, divergence })
}

/// The answers of a step in a line each.
fn expected_answers(trace: &Trace, step: usize) -> Vec<String> {
    let answers = trace.steps.get(step).map(|step| step.answers.as_slice()).unwrap_or_default();
    answers.iter().map(|a| format!("{}: {}", a.connection, label::response(&a.response).join(" "))).collect()
}

fn unreadable(name: &str, error: &serde_json::Error) -> OpenError {
    OpenError::Parse { path: name.to_owned(), what: error.to_string() }
}

/// The path of the model that takes the steps of a trace, if it is one of this scenario.
pub(crate) fn walked(trace: &Trace, spec: &Spec) -> Option<Walk> {
    rewalk::rewalk(trace).filter(|(of, _)| of == spec).map(|(_, walk)| walk)
}

/// The file as a path: with the model's states where the model takes its steps, otherwise with what the answers tell.
pub fn told(opened: &Opened) -> PathView {
    let Opened { path: _, trace, divergence } = opened;
    let mut told = match rewalk::rewalk(trace) {
        Some((spec, walk)) => PathView::of(&spec, &walk, 0),
        None => observed::told(&recorded::by_consumer(trace)),
    };
    trace.name.clone_into(&mut told.title);
    told.violates.clone_from(&trace.violates);
    told.divergence.clone_from(divergence);
    // A walk has steps that a file does not tell.
    let told_steps = told.steps.iter().enumerate().filter(|(_, step)| step.event.is_some());
    let places: Vec<usize> = [0].into_iter().chain(told_steps.map(|(i, _)| i + 1)).collect();
    let place = |step: usize| places.get(step).copied().unwrap_or(step);
    told.back_to = trace.back_to.map(place);
    if let Some(divergence) = &mut told.divergence {
        divergence.step = place(divergence.step);
    }
    told
}
