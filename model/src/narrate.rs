//! A path of the model as a trace, and a trace as text that a Kafka engineer reads without a legend.
//!
//! The model's state holds no rules and no answers of the past: each step is taken again to tell them. Ghost steps
//! (what only the search needs) are not told.

mod beliefs;
mod cycle;
mod growth;
mod lines;
mod retell;
mod words;
mod writes;

use std::fmt::Write as _;

pub use lines::{api_name, change_lines, control_line, event_line, request_line, response_line, timer_line};
pub use retell::{Told, retell};

use crate::actor::{GroupAction, GroupState};
use crate::check::Counterexample;
use crate::scenario::Scenario;
use crate::trace::{Event, FORMAT, Step, Trace, convert};

/// Columns of a step's number.
const NUMBER: usize = 3;

/// A path of the model, told.
#[derive(Clone, Debug)]
pub struct Narration {
    /// The path as a trace.
    pub trace: Trace,
    /// For each step of the trace what changes: what consumers believe, and what the coordinator knows.
    pub changes: Vec<Vec<String>>,
    /// Why the last state violates a property.
    pub reason: Option<String>,
}

impl Narration {
    /// Tells a counterexample.
    pub fn of_counterexample(scenario: &Scenario, counterexample: &Counterexample) -> Self {
        let mut told = Self::of_path(scenario, &counterexample.steps, &counterexample.last);
        told.trace.violates = Some(counterexample.property.id().to_owned());
        told.trace.name = format!("{}-{}", told.trace.name, counterexample.property);
        told.reason = Some(counterexample.reason.clone());
        told
    }

    /// Tells a path: its steps, each with the state that it is taken in, and the state that it ends in.
    pub fn of_path(scenario: &Scenario, path: &[(GroupState, GroupAction)], last: &GroupState) -> Self {
        let after = path.iter().skip(1).map(|(state, _)| state).chain([last]);
        let mut steps: Vec<Step> = Vec::new();
        let mut changes: Vec<Vec<String>> = Vec::new();
        for ((before, action), after) in path.iter().zip(after) {
            let differences = beliefs::changes(scenario, before, after);
            if let Some(step) = retell(scenario, before, action).into_step() {
                steps.push(step);
                changes.push(differences);
            }
        }
        let mutation = scenario.mutation.map(|m| m.id().to_owned());
        let trace = Trace {
            format: FORMAT.to_owned(),
            name: [scenario.name.clone()].into_iter().chain(mutation.clone()).collect::<Vec<_>>().join("-"),
            scenario: scenario.name.clone(),
            release: scenario.release,
            mutation,
            violates: None,
            diverged: None,
            back_to: None,
            setting: convert::setting(scenario),
            steps,
        };
        Self { trace, changes, reason: None }
    }

    /// The text.
    pub fn text(&self) -> String {
        let mut text = whole(&self.trace, &self.changes);
        if let (Some(property), Some(reason)) = (&self.trace.violates, &self.reason) {
            text.push_str(&line(&format!("violates {property}: {reason}")));
        }
        text
    }
}

/// The text of a trace: what a file tells without the model that it was taken from.
pub fn text(trace: &Trace) -> String {
    let mut text = whole(trace, &[]);
    if let Some(property) = &trace.violates {
        text.push_str(&line(&format!("violates {property}")));
    }
    text
}

fn whole(trace: &Trace, changes: &[Vec<String>]) -> String {
    match trace.back_to {
        None => told(&trace.steps, changes, 0),
        Some(back_to) => cycle::told_with_cycle(trace, changes, back_to),
    }
}

/// Steps, numbered after those before them.
fn told(steps: &[Step], changes: &[Vec<String>], before: usize) -> String {
    let nothing = Vec::new();
    let steps = steps.iter().enumerate();
    steps.map(|(i, step)| step_text(before + i + 1, step, changes.get(i).unwrap_or(&nothing))).collect()
}

fn step_text(number: usize, step: &Step, changes: &[String]) -> String {
    let rules: Vec<&str> = step.rules.iter().map(|rule| rule.id()).collect();
    let rules = if rules.is_empty() { String::new() } else { format!("  [{}]", rules.join(", ")) };
    let mut text = line(&format!("{number:>NUMBER$}. {}{rules}", words::event(&step.event)));
    let indent = " ".repeat(NUMBER + 2);
    for change in answers(step).iter().chain(changes) {
        let _ = write!(text, "{}", line(&format!("{indent}  {change}")));
    }
    text
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

/// What leaves the coordinator; a request without an answer is parked.
fn answers(step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    if let Event::Request { connection, .. } = &step.event
        && !step.answers.iter().any(|answer| answer.connection == *connection)
    {
        lines.push("no answer yet: parked".to_owned());
    }
    if let Some(choice) = &step.choice {
        lines.push(words::choice(choice));
    }
    let sent = step.answers.iter();
    lines.extend(sent.map(|a| format!("answer on {}: {}", a.connection, words::response(&a.response))));
    lines
}
