//! A scenario for people: its bounds and faults in words.

use muster_model::property::PropertyId;
use muster_model::scenario::{Assignor, Scenario};
use muster_model::trace::{Setting, convert};
use serde::Serialize;

use crate::spec::FaultSpec;

/// A scenario in words and numbers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ScenarioView {
    /// Its name.
    pub name: String,
    /// One sentence.
    pub about: String,
    /// The bounds, in words.
    pub bounds: String,
    /// The fault budgets, in words.
    pub faults: String,
    /// The bounds, the assignor and the fault budgets, as controls show them.
    pub numbers: Option<NumbersView>,
    /// The release of Kafka.
    pub release: String,
    /// The defect that is switched on.
    pub mutation: Option<String>,
    /// What the defect is.
    pub defect: Option<String>,
    /// The claim that is judged beside the safety properties.
    pub claim: Option<&'static str>,
    /// What was fixed before the first step, as a trace file has it.
    pub setting: Setting,
}

/// What can be varied, as numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NumbersView {
    consumers: u8,
    topics: u8,
    partitions: u8,
    records: u8,
    generations: i8,
    members: u8,
    assignor: &'static str,
    faults: FaultSpec,
}

impl NumbersView {
    fn of(scenario: &Scenario) -> Self {
        let b = &scenario.bounds;
        Self {
            consumers: b.consumers,
            topics: b.topics,
            partitions: b.partitions,
            records: b.records,
            generations: b.generations,
            members: b.members,
            assignor: scenario.assignor.name(),
            faults: scenario.faults.into(),
        }
    }
}

impl ScenarioView {
    /// Of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        Self {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            bounds: bounds(scenario),
            faults: faults(scenario),
            numbers: Some(NumbersView::of(scenario)),
            release: scenario.release.to_string(),
            mutation: scenario.mutation.map(|m| m.id().to_owned()),
            defect: scenario.mutation.map(|m| m.about().to_owned()),
            claim: scenario.claim.map(PropertyId::id),
            setting: convert::setting(scenario),
        }
    }
}

fn bounds(scenario: &Scenario) -> String {
    let b = &scenario.bounds;
    let many = |n: u8, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let mut parts = vec![many(b.consumers, "consumer")];
    if b.topics > 1 {
        parts.push(many(b.topics, "topic"));
    }
    parts.push(many(b.partitions, "partition"));
    parts.push(format!("{} each", many(b.records, "record")));
    let generations = if b.generations == 1 { "generation" } else { "generations" };
    parts.push(format!("at most {} {generations}", b.generations));
    parts.push(many(b.members, "member id"));
    if scenario.assignor != Assignor::Range {
        parts.push(format!("assignor {}", scenario.assignor.name()));
    }
    parts.join(", ")
}

fn faults(scenario: &Scenario) -> String {
    let f = scenario.faults;
    let all = [
        ("crash", f.crash),
        ("give-up", f.give_up),
        ("expire", f.expire),
        ("leave", f.leave),
        ("poll-timeout", f.poll_timeout),
        ("subscribe", f.subscribe),
        ("failover", f.failover),
        ("partitions", f.partitions),
        ("tools", f.tools),
    ];
    let some: Vec<String> =
        all.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name}={n}")).collect();
    if some.is_empty() { "no faults".to_owned() } else { some.join(", ") }
}
