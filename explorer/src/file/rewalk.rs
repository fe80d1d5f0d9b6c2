//! The model's path behind a file: a file tells the steps, the model adds the states.

use muster_model::mutation::Mutation;
use muster_model::narrate::retell;
use muster_model::scenarios;
use muster_model::trace::{Event, Step, Trace};

use crate::spec::Spec;
use crate::walk::Walk;

/// Steps that only the search needs, and no file tells, between two that it does.
const MOST_GHOSTS: usize = 3;

/// The path of the model that tells the same steps; `None`: there is none in a scenario that the file names.
pub(super) fn rewalk(trace: &Trace) -> Option<(Spec, Walk)> {
    candidates(trace).into_iter().find_map(|spec| {
        let mut walk = Walk::start(spec.scenario().ok()?).ok()?;
        for step in &trace.steps {
            walk = follow(&walk, step, MOST_GHOSTS)?;
        }
        Some((spec, walk))
    })
}

/// The scenario as it ships, and as the steps let it be guessed: a file does not tell its bounds.
fn candidates(trace: &Trace) -> Vec<Spec> {
    let name = trace.scenario.strip_suffix("-varied").unwrap_or(&trace.scenario);
    let Ok(shipped) = scenarios::find(name) else { return Vec::new() };
    let known = |id: &String| id.parse::<Mutation>().is_ok();
    if !trace.mutation.as_ref().is_none_or(known) {
        return Vec::new();
    }
    let release = (trace.release != shipped.release).then(|| trace.release.to_string());
    let base = Spec { mutation: trace.mutation.clone(), release, ..Spec::shipped(name) };
    let partitions = trace.setting.topics.values().max().and_then(|n| u8::try_from(*n).ok());
    let guessed = Spec {
        consumers: Some(clients(trace)),
        topics: u8::try_from(trace.setting.topics.len()).ok(),
        partitions,
        records: Some(records(trace).unwrap_or(shipped.bounds.records)),
        generations: Some(100),
        members: Some(100),
        ..base.clone()
    };
    vec![base, guessed]
}

fn clients(trace: &Trace) -> u8 {
    let of = |step: &Step| match &step.event {
        Event::Request { connection, .. } | Event::Answer { connection, .. } => number(connection),
        Event::Consumer { consumer, .. } => number(consumer),
        Event::Timer { .. } | Event::Control { .. } => None,
    };
    trace.steps.iter().filter_map(of).max().unwrap_or(1).clamp(1, 8)
}

/// The number of `c2#1`.
fn number(client: &str) -> Option<u8> {
    client.strip_prefix('c')?.split('#').next()?.parse().ok()
}

/// Where logs end: a consumer fetches all that there is.
fn records(trace: &Trace) -> Option<u8> {
    let of = |step: &Step| match &step.event {
        Event::Consumer { act, .. } => act.rsplit_once(" up to offset ")?.1.parse().ok(),
        Event::Request { .. } | Event::Answer { .. } | Event::Timer { .. } | Event::Control { .. } => None,
    };
    trace.steps.iter().filter_map(of).max()
}

/// The walk with the step, and with the ghosts without which it is not possible.
fn follow(walk: &Walk, step: &Step, ghosts: usize) -> Option<Walk> {
    let successors = walk.successors();
    let tells = |s: &&crate::walk::Successor| {
        retell(&walk.scenario, walk.last(), &s.action).into_step().as_ref() == Some(step)
    };
    let after = |key: &str| {
        let mut longer = walk.clone();
        longer.step(key).ok().map(|()| longer)
    };
    if let Some(found) = successors.iter().find(tells) {
        return after(&found.key);
    }
    let ghostly = successors.iter().filter(|s| s.key.starts_with("ghost:"));
    let mut ghostly = ghostly.filter(|_| ghosts > 0);
    ghostly.find_map(|ghost| follow(&after(&ghost.key)?, step, ghosts - 1))
}
