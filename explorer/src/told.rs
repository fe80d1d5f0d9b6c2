//! A path as the page takes it: the first state, then for each step what happened and what changed.
//!
//! A step carries only the parts of the state that it changed, so that a long path is small.

mod next;
mod page;
mod scenario;

use std::collections::BTreeMap;

use muster_model::actor::{GroupAction, GroupState};
use muster_model::narrate::{Told, change_lines, event_line, retell};
use muster_model::property::PropertyId;
use muster_model::scenario::Scenario;
use muster_model::trace::{Event, Step, convert};
use muster_model::types::{ClientId, TopicId};
use muster_specs::Rule;
use serde::Serialize;

use crate::key::{actor, key};
use crate::label;
use crate::messages::{Message, Post};
use crate::spec::Spec;
use crate::view::{ConsumerView, CoordinatorView, InFlight, StateView};
use crate::walk::Walk;

pub use next::{NextView, next_steps};
pub use scenario::ScenarioView;

/// A path.
#[derive(Clone, Debug, Serialize)]
pub struct PathView {
    /// A name for people and files.
    pub title: String,
    /// What it is taken from; `None`: a file whose steps the model does not take.
    pub spec: Option<Spec>,
    /// The scenario in words and numbers.
    pub scenario: ScenarioView,
    /// The property that it was found for.
    pub violates: Option<String>,
    /// The steps after this one go round for ever; none after it: nothing happens any more.
    pub back_to: Option<usize>,
    /// Every client, in the order of the lanes.
    pub clients: Vec<String>,
    /// Every partition.
    pub partitions: Vec<String>,
    /// Where each log ends; `None`: not known.
    pub log_end: Option<u8>,
    /// Every property that is judged.
    pub properties: Vec<PropertyView>,
    /// What has to happen in the end.
    pub goals: Vec<PropertyView>,
    /// The state before the first step, and what it violates.
    pub start: Start,
    /// The first of `steps` is the step after this one; 0 but where only the end of a path is asked for.
    pub from: usize,
    /// The steps.
    pub steps: Vec<StepView>,
    /// The messages that a step of `steps` sent or took.
    pub messages: Vec<Message>,
    /// What is to be read with it, in Markdown.
    pub page: Option<String>,
    /// What a report says of the last step, if a report is where it comes from.
    pub divergence: Option<DivergenceView>,
}

/// Where a path begins.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Start {
    /// The state.
    pub state: StateView,
    /// The properties that it violates, with the reasons.
    pub failing: BTreeMap<String, String>,
}

/// A property.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PropertyView {
    /// Its name.
    pub id: &'static str,
    /// What it says.
    pub about: &'static str,
    /// A claim that is false of a correct group in some scenario, and judged only there.
    pub claim: bool,
}

/// What a report says of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DivergenceView {
    /// The step, from 1.
    pub step: usize,
    /// The system, where it is told.
    pub system: Option<String>,
    /// The connection; empty: a timer.
    pub connection: String,
    /// What the rules say.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// The rule that it is held against.
    pub rule: Option<String>,
    /// Every answer that the step was to have, in one line each, and every one that came.
    pub answers: (Vec<String>, Vec<String>),
}

/// A step.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    /// Its name in links.
    pub key: String,
    /// `coordinator`, a client, or `ghost` for what only the search needs.
    pub actor: String,
    /// In a few short lines.
    pub label: Vec<String>,
    /// In one line.
    pub text: String,
    /// What changed, in words.
    pub changes: Vec<String>,
    /// The rules that were followed.
    pub rules: Vec<Rule>,
    /// As a trace file has it; `None` for a ghost.
    pub event: Option<Step>,
    /// The parts of the state that changed.
    pub state: Change,
    /// The properties that the state after it violates, with the reasons.
    pub failing: BTreeMap<String, String>,
    /// Whether the state after it lies outside the bounds, where nothing is searched.
    pub outside: bool,
}

/// The parts of a state that differ from the one before.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    coordinator: Option<CoordinatorView>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    consumers: BTreeMap<String, ConsumerView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_flight: Option<Vec<InFlight>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<BTreeMap<String, String>>,
}

impl Change {
    /// From one state to the next.
    pub fn between(before: &StateView, after: &StateView) -> Self {
        let differing =
            after.consumers.iter().filter(|(client, of)| before.consumers.get(*client) != Some(of));
        Self {
            coordinator: (before.coordinator != after.coordinator).then(|| after.coordinator.clone()),
            consumers: differing.map(|(client, of)| (client.clone(), of.clone())).collect(),
            in_flight: (before.in_flight != after.in_flight).then(|| after.in_flight.clone()),
            store: after.store.clone().filter(|_| before.store != after.store),
        }
    }
}

/// Every property, as the page lists them.
pub fn properties() -> Vec<PropertyView> {
    PropertyId::ALL.iter().chain(PropertyId::CLAIMS).copied().map(PropertyView::of).collect()
}

impl PropertyView {
    fn of(property: PropertyId) -> Self {
        let claim = PropertyId::CLAIMS.contains(&property);
        Self { id: property.id(), about: property.about(), claim }
    }
}

impl PathView {
    /// Tells a walk; its steps after `from`.
    pub fn of(spec: &Spec, walk: &Walk, from: usize) -> Self {
        let scenario = &walk.scenario;
        let first = StateView::of(scenario, &walk.states[0]);
        let mut post = Post::start(&walk.states[0]);
        let mut steps = Vec::new();
        let mut before = first.clone();
        for (i, action) in walk.actions.iter().enumerate() {
            let (state, next) = (&walk.states[i], &walk.states[i + 1]);
            let told = retell(scenario, state, action);
            let (refused, unread) = outcome(&told);
            post.step(i + 1, action, next, refused, unread);
            if i < from && i + 1 < from {
                continue;
            }
            let after = StateView::of(scenario, next);
            if i >= from {
                steps.push(step(walk, (state, action, next), told, Change::between(&before, &after)));
            }
            before = after;
        }
        let messages = post.messages.into_iter().filter(|m| from == 0 || touched_after(m, from)).collect();
        Self {
            title: title(scenario),
            spec: Some(spec.clone()),
            scenario: ScenarioView::of(scenario),
            violates: None,
            back_to: None,
            clients: (0..scenario.bounds.consumers).map(|c| ClientId(c).to_string()).collect(),
            partitions: partitions(scenario),
            log_end: Some(scenario.bounds.records),
            properties: scenario.properties().into_iter().map(PropertyView::of).collect(),
            goals: scenario
                .liveness
                .iter()
                .map(|g| PropertyView { id: g.id(), about: g.about(), claim: false })
                .collect(),
            page: page::page(scenario),
            start: Start { failing: failing(walk, &walk.states[0]), state: first },
            from,
            steps,
            messages,
            divergence: None,
        }
    }
}

fn title(scenario: &Scenario) -> String {
    match scenario.mutation {
        Some(mutation) => format!("{} with {mutation}", scenario.name),
        None => scenario.name.clone(),
    }
}

fn partitions(scenario: &Scenario) -> Vec<String> {
    let topics = (0..scenario.bounds.topics).map(TopicId);
    let added = scenario.faults.partitions;
    topics.flat_map(|topic| scenario.partitions_with(topic, added)).map(|p| p.to_string()).collect()
}

fn touched_after(message: &Message, from: usize) -> bool {
    let last = [Some(message.sent), message.passed, message.ended].into_iter().flatten().max();
    last.is_some_and(|last| last > from)
}

fn failing(walk: &Walk, state: &GroupState) -> BTreeMap<String, String> {
    walk.failing(state).into_iter().map(|(p, reason)| (p.id().to_owned(), reason)).collect()
}

/// The error that a request was answered with in the step that took it, and whether an answer was not read.
fn outcome(told: &Told) -> (Option<String>, bool) {
    match told {
        Told::Coordinator(Event::Request { connection, .. }, effects) => {
            let own = effects.answers.iter().find(|(to, _)| to.to_string() == *connection);
            let error = own.map(|(_, response)| label::error_of(&convert::response(response)).to_owned());
            (error, false)
        }
        Told::Consumer(Event::Answer { ignored, .. }, _) => (None, *ignored),
        // The outside store may have a rule of its own.
        Told::Consumer(Event::Consumer { act, .. }, _) if act.starts_with("refuses ") => {
            (Some("REFUSED".to_owned()), false)
        }
        Told::Coordinator(..) | Told::Consumer(..) | Told::Ghost => (None, false),
    }
}

fn step(
    walk: &Walk,
    (state, action, next): (&GroupState, &GroupAction, &GroupState),
    told: Told,
    change: Change,
) -> StepView {
    let scenario = &walk.scenario;
    let event = told.into_step();
    StepView {
        key: key(action),
        actor: actor(action),
        label: event.as_ref().map_or_else(|| ghost_label(action), label::step),
        text: event.as_ref().map_or_else(|| ghost_text(action), |step| event_line(&step.event)),
        changes: change_lines(scenario, state, next),
        rules: event.as_ref().map(|step| step.rules.clone()).unwrap_or_default(),
        event,
        state: change,
        failing: failing(walk, next),
        outside: !walk.is_within_bounds(next),
    }
}

fn ghost_label(action: &GroupAction) -> Vec<String> {
    vec![ghost_text(action)]
}

fn ghost_text(action: &GroupAction) -> String {
    let key = key(action);
    if key == "ghost:prefer-last" {
        return "the search decides: the next free choice of a leader falls on the last candidate".to_owned();
    }
    match key.strip_prefix("ghost:may-expire(").and_then(|rest| rest.strip_suffix(')')) {
        Some(client) => {
            format!("the search notes: nothing more comes from {client} as the coordinator knows it")
        }
        None => key,
    }
}
