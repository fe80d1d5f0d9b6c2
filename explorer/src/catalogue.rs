//! What can be opened without a file: shipped scenarios, defects, hazards.

use muster_model::hazard::{Hazard, hazards};
use muster_model::museum::{self, Broken, Bug, Source};
use muster_model::mutation::Mutation;
use muster_model::property::PropertyId;
use muster_model::scenario::Scenario;
use muster_model::scenarios;
use serde::Serialize;

use crate::example::{Example, Examples};
use crate::spec::Spec;
use crate::told::ScenarioView;

/// What an entry shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A defect that a broker or a client shipped.
    Museum,
    /// A defect that breaks a property, with a path to the violation.
    Defect,
    /// A claim that does not hold of correct Kafka.
    Hazard,
    /// The same claim where something is done about it: it holds.
    Remedy,
    /// A scenario in which every property holds.
    Scenario,
    /// A defect that breaks no safety property; conformance notices it.
    Silent,
}

/// A card.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its name.
    pub id: String,
    /// What it shows.
    pub kind: Kind,
    /// One sentence.
    pub about: String,
    /// What it opens.
    pub spec: Spec,
    /// The property that is broken.
    pub property: Option<&'static str>,
    /// How many steps the shortest path to the violation has, as soon as it is known.
    pub steps: Option<usize>,
    /// The scenario.
    pub scenario: ScenarioView,
    /// The rule that a defect does not keep.
    pub rule: Option<&'static str>,
    /// Where it was reported or repaired.
    pub sources: Vec<SourceView>,
}

/// A public record of a defect.
#[derive(Clone, Debug, Serialize)]
pub struct SourceView {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
}

/// Every entry: the museum, hazards and what helps against them, defects, scenarios, silent defects.
pub fn catalogue(examples: &Examples) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Mutation::ALL.iter().filter_map(|m| defect(*m, examples)).collect();
    entries.extend(museum::all().filter_map(|bug| exhibit(bug, examples)));
    for hazard in hazards() {
        entries.push(Entry { about: claimed(&hazard), ..entry(&hazard.scenario, examples) });
        entries.extend(hazard.remedies.iter().map(|of| Entry { kind: Kind::Remedy, ..entry(of, examples) }));
    }
    entries.extend(
        scenarios::shipped().iter().chain(&scenarios::liveness()).map(|scenario| entry(scenario, examples)),
    );
    entries.sort_by_key(|entry| match entry.kind {
        Kind::Museum => 0,
        Kind::Hazard => 1,
        Kind::Remedy => 2,
        Kind::Defect => 3,
        Kind::Scenario => 4,
        Kind::Silent => 5,
    });
    entries
}

/// The claim, and where it is false.
fn claimed(hazard: &Hazard) -> String {
    format!("Claim: {}. False here: {}", hazard.claim.about(), hazard.scenario.about)
}

fn entry(scenario: &Scenario, examples: &Examples) -> Entry {
    let property = scenario.expected_violations.first().copied();
    let spec = Spec::shipped(&scenario.name);
    Entry {
        id: scenario.name.clone(),
        kind: if property.is_some() { Kind::Hazard } else { Kind::Scenario },
        about: scenario.about.clone(),
        property: property.map(PropertyId::id),
        steps: property.and_then(|property| steps(examples, &spec, Broken::Safety(property))),
        scenario: ScenarioView::of(scenario),
        rule: None,
        sources: Vec::new(),
        spec,
    }
}

/// What shows a defect of the museum: its bounds have its name, and the defect is switched on in them.
pub(crate) fn showing(bug: &Bug) -> Option<(Spec, Broken)> {
    let shown = bug.shown()?;
    let mutation = Some(shown.mutation.id().to_owned());
    Some((Spec { mutation, ..Spec::shipped(bug.id) }, shown.property))
}

fn exhibit(bug: &Bug, examples: &Examples) -> Option<Entry> {
    let (spec, property) = showing(bug)?;
    let scenario = spec.scenario().ok()?;
    let source = |source: &Source| SourceView { name: source.name(), url: source.url() };
    Some(Entry {
        id: bug.id.to_owned(),
        kind: Kind::Museum,
        about: bug.about.to_owned(),
        property: Some(property.id()),
        steps: steps(examples, &spec, property),
        scenario: ScenarioView::of(&scenario),
        rule: scenario.mutation.map(|mutation| mutation.rule().id()),
        sources: bug.sources.iter().map(source).collect(),
        spec,
    })
}

fn defect(mutation: Mutation, examples: &Examples) -> Option<Entry> {
    let spec = Spec::showing(mutation).ok()?;
    let scenario = spec.scenario().ok()?;
    let property = mutation.breaks().first().copied();
    Some(Entry {
        id: mutation.id().to_owned(),
        kind: if property.is_some() { Kind::Defect } else { Kind::Silent },
        about: mutation.about().to_owned(),
        property: property.map(PropertyId::id),
        steps: property.and_then(|property| steps(examples, &spec, Broken::Safety(property))),
        scenario: ScenarioView::of(&scenario),
        rule: Some(mutation.rule().id()),
        sources: Vec::new(),
        spec,
    })
}

fn steps(examples: &Examples, spec: &Spec, property: Broken) -> Option<usize> {
    match examples.known(spec, property)? {
        Example::Found { path, .. } => Some(path.len()),
        Example::Searching | Example::Holds | Example::Failed(_) => None,
    }
}
