//! A divergence as a file of its own: the steps up to it, and what the system did in place of the last.

use std::fs;
use std::io;
use std::path::Path;

use muster_model::trace::{Diverged, Trace};

use crate::compare::Divergence;
use crate::replay::Finding;

/// A divergence ends its run, so what follows it is left out.
pub(super) fn save(system: &str, trace: &Trace, finding: &Finding, file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let steps = trace.steps[..=finding.step].to_vec();
    let Divergence { connection, expected, actual, aspect: _ } = finding.divergence.clone();
    let (system, answers) = (system.to_owned(), finding.answers.clone());
    let diverged = Some(Diverged { system, rule: finding.rule, connection, expected, actual, answers });
    Trace { steps, diverged, ..trace.clone() }.save(file)
}

pub(super) fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
}
