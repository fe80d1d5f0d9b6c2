//! Hazards: claims on consumer groups that are false of a *correct* Kafka, each with a scenario that shows it and a
//! page that says what is true instead.

use crate::property::PropertyId;
use crate::scenario::Scenario;
use crate::scenarios;

pub use muster_specs::{GUIDES, MISCONCEPTIONS, PITFALLS};

/// A claim that people make.
#[derive(Clone, Debug)]
pub struct Hazard {
    /// The claim, judged like a property.
    pub claim: PropertyId,
    /// Expects the claim to fail. It has the claim's name.
    pub scenario: Scenario,
    /// In these the claim holds, for what is done in them.
    pub remedies: Vec<Scenario>,
    /// What is true instead, what to do, sources: Markdown.
    pub page: &'static str,
}

impl Hazard {
    /// Its one name: of the claim, the scenario and the page.
    pub fn name(&self) -> &'static str {
        self.claim.id()
    }
}

/// Every hazard, in the order in which they are told.
pub fn hazards() -> Vec<Hazard> {
    let remedies = scenarios::sidecars_and_remedies();
    let hazard = |scenario: Scenario| {
        let claim = scenario.claim?;
        let remedies = remedies.iter().filter(|remedy| remedy.claim == Some(claim)).cloned().collect();
        Some(Hazard { claim, scenario, remedies, page: page(claim.id())? })
    };
    scenarios::hazards().into_iter().filter_map(hazard).collect()
}

/// The page of a hazard, by the name of the hazard or of a scenario of it.
pub fn page(name: &str) -> Option<&'static str> {
    let of_scenario = || scenarios::all().into_iter().find(|s| s.name == name)?.claim.map(PropertyId::id);
    muster_specs::hazard_page(name).or_else(|| muster_specs::hazard_page(of_scenario()?))
}
