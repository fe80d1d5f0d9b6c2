//! What may be done in a state, each in one line.

use std::collections::BTreeMap;

use muster_model::narrate::{change_lines, retell};
use muster_model::trace::{Answer, Event, Step};
use serde::Serialize;

use super::{failing, ghost_text};
use crate::key::actor;
use crate::label;
use crate::walk::{Successor, Walk};

/// A step that may be taken next, in one line.
#[derive(Clone, Debug, Serialize)]
pub struct NextView {
    /// Its name in links.
    pub key: String,
    /// Who takes it.
    pub actor: String,
    /// What happens.
    pub text: String,
    /// What comes of it: answers, changes, violations.
    pub effect: String,
    /// The properties that fail after it and did not before.
    pub breaks: Vec<String>,
    /// Whether it leads outside the bounds.
    pub outside: bool,
}

/// The steps that may be taken at the end of a walk.
pub fn next_steps(walk: &Walk) -> Vec<NextView> {
    let fails = failing(walk, walk.last());
    let mut next: Vec<NextView> = walk.successors().iter().map(|s| next_step(walk, s, &fails)).collect();
    // A lane's steps stand together, the coordinator's first, what only the search needs last.
    next.sort_by_key(|step| {
        (step.actor == "ghost", step.actor != "coordinator", step.actor.clone(), step.key.clone())
    });
    next
}

fn next_step(walk: &Walk, successor: &Successor, fails: &BTreeMap<String, String>) -> NextView {
    let state = walk.last();
    let event = retell(&walk.scenario, state, &successor.action).into_step();
    let mut effects: Vec<String> = Vec::new();
    if let Some(step) = &event {
        let answers = step.answers.iter();
        effects.extend(
            answers.map(|a| format!("answers {}: {}", a.connection, label::response(&a.response).join(", "))),
        );
        if let (Event::Request { connection, .. }, false) =
            (&step.event, step.answers.iter().any(|a| is_own(step, a)))
        {
            effects.push(format!("the answer to {connection} waits"));
        }
    }
    effects.extend(change_lines(&walk.scenario, state, &successor.state));
    if effects.is_empty() {
        effects.push(unseen(event.as_ref().map(|step| &step.event)));
    }
    let after = failing(walk, &successor.state);
    NextView {
        key: successor.key.clone(),
        actor: actor(&successor.action),
        text: event.as_ref().map_or_else(|| ghost_text(&successor.action), |s| label::step(s).join(" ")),
        effect: effects.join("; "),
        breaks: after.into_keys().filter(|property| !fails.contains_key(property)).collect(),
        outside: !walk.is_within_bounds(&successor.state),
    }
}

/// What comes of a step that answers nothing and changes nothing that anybody knows or believes.
fn unseen(event: Option<&Event>) -> String {
    let said = match event {
        None => "nothing in the group; only the search knows it",
        Some(Event::Consumer { act, .. }) => return done(act),
        Some(Event::Answer { ignored: true, .. }) => "nobody waits for it any more",
        Some(Event::Answer { ignored: false, .. }) => "it believes what it believed before",
        Some(Event::Request { .. } | Event::Timer { .. } | Event::Control { .. }) => "nothing else changes",
    };
    said.to_owned()
}

/// The same of what a consumer or the outside store does.
fn done(act: &str) -> String {
    let api = act.split_once("sends ").and_then(|(_, sent)| sent.split(' ').next());
    match api {
        Some(api) => format!("{api} is on its way to the coordinator"),
        None if act.starts_with("gets its ") => "the broker has it, and reads it later".to_owned(),
        None if act.starts_with("takes ") => "the store holds the result of that record".to_owned(),
        None if act.starts_with("refuses ") => "what the store holds stays".to_owned(),
        None => "nothing else changes".to_owned(),
    }
}

fn is_own(step: &Step, answer: &Answer) -> bool {
    match &step.event {
        Event::Request { connection, .. } => answer.connection == *connection,
        Event::Timer { .. } | Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => false,
    }
}
