//! Which traces are replayed.

use std::collections::BTreeSet;

use muster_conformance::random::Random;
use muster_conformance::suite;
use muster_model::trace::{LoadError, Release, Trace};

use super::Refusal;
use super::common::Common;

/// The traces that the user asks for: the files, or the suite of the release; those that follow the rule.
pub(super) fn chosen(common: &Common, release: Release) -> Result<Vec<Trace>, Refusal> {
    // What cannot be read is told before the traces are made, which takes seconds.
    common.declared()?;
    let mut traces = if common.replay.is_empty() {
        suite::traces(release, common.extent()).map_err(Refusal::unreadable)?
    } else {
        common.replay.iter().map(|file| Trace::load(file)).collect::<Result<_, _>>().map_err(refusal)?
    };
    if !common.scenario.is_empty() {
        for name in &common.scenario {
            if !traces.iter().any(|trace| trace.scenario == *name) {
                let all: BTreeSet<&str> = traces.iter().map(|trace| trace.scenario.as_str()).collect();
                let all = all.into_iter().collect::<Vec<_>>().join(", ");
                let name = name.escape_debug();
                return Err(Refusal::usage(format!("no trace is of the scenario '{name}': one of {all}")));
            }
        }
        traces.retain(|trace| common.scenario.contains(&trace.scenario));
    }
    if let Some(rule) = common.rule {
        traces.retain(|trace| trace.steps.iter().any(|step| step.rules.contains(&rule)));
        if traces.is_empty() {
            return Err(Refusal::undecided(format!("no trace follows rule {rule}")));
        }
    }
    if let Some(chapter) = common.chapter {
        let of_chapter = |trace: &Trace| {
            trace.steps.iter().flat_map(|step| &step.rules).any(|rule| rule.chapter() == chapter)
        };
        traces.retain(of_chapter);
        if traces.is_empty() {
            return Err(Refusal::undecided(format!("no trace follows a rule of chapter {}", chapter.name())));
        }
    }
    if let Some(seed) = common.seed {
        // Another order is another load, and another choice of those that run at once.
        let mut random = Random::new(seed);
        for at in (1..traces.len()).rev() {
            traces.swap(at, random.below(at + 1));
        }
    }
    Ok(traces)
}

fn refusal(error: LoadError) -> Refusal {
    match error {
        LoadError::Read { .. } => Refusal::usage(error),
        LoadError::Parse { .. } | LoadError::Format { .. } | LoadError::Empty { .. } => {
            Refusal::unreadable(error)
        }
    }
}
