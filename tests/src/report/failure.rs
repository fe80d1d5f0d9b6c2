//! A divergence, told.

use std::path::{Path, PathBuf};

use muster_specs::Rule;

use super::saved::{file_name, save};
use crate::attempt::Verdict;
use crate::replay::Finding;
use crate::runner::Judged;
use crate::transcript::transcript;

/// A divergence with all that a reader needs.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The rule it is held against.
    pub rule: Option<Rule>,
    /// The trace's name.
    pub trace: String,
    /// The steps up to the divergence.
    pub transcript: Vec<String>,
    /// The divergence.
    pub finding: Finding,
    /// In how many of `runs` it was seen.
    pub seen: u32,
    /// Runs that could have shown it.
    pub runs: u32,
    /// How many steps it had before it was made small, if it was.
    pub shrunk_from: Option<usize>,
    /// Whether nothing more can be dropped without the divergence going.
    pub minimal: bool,
    /// Why it is no surprise.
    pub known: Option<String>,
    /// The steps as a file of their own, if it could be written.
    pub saved: Option<PathBuf>,
    /// The command that replays it.
    pub replay: String,
}

/// What is told of a trace that diverges: of its steps made small, if they were.
pub(super) fn failure(system: &str, judged: &Judged<'_>, out: &Path, replay: &str) -> Option<Failure> {
    let (finding, seen, runs) = match &judged.verdict {
        Verdict::Diverges { finding, seen, runs } => (finding, *seen, *runs),
        Verdict::Conforms
        | Verdict::NotApplicable(_)
        | Verdict::ChoiceNotSeen
        | Verdict::Inconclusive(_)
        | Verdict::Hidden { .. } => return None,
    };
    let rule = finding.rule.map_or("no_rule", Rule::id);
    let (trace, finding, seen, runs, name) = if let Some(small) = &judged.shrunk {
        (&small.trace, &small.finding, small.seen, small.runs, format!("{rule}.json"))
    } else {
        (judged.trace, finding, seen, runs, format!("{rule}-{}.json", file_name(&judged.trace.name)))
    };
    let file = out.join(name);
    let saved = save(system, trace, finding, &file).is_ok().then(|| file.clone());
    Some(Failure {
        rule: finding.rule,
        trace: judged.trace.name.clone(),
        transcript: transcript(trace, finding.step),
        finding: finding.clone(),
        seen,
        runs,
        shrunk_from: judged.shrunk.as_ref().map(|small| small.from),
        minimal: judged.shrunk.as_ref().is_some_and(|small| small.minimal),
        known: None,
        saved,
        replay: format!("{replay} --replay {}", file.display()),
    })
}
