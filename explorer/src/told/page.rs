//! What is to be read with a path.

use muster_model::museum::{self, Bug, Source};
use muster_model::scenario::Scenario;

/// The page of the hazard or of the defect that the scenario shows, whatever its bounds.
pub(super) fn page(scenario: &Scenario) -> Option<String> {
    let name = scenario.name.strip_suffix("-varied").unwrap_or(&scenario.name);
    let hazard = muster_model::hazard::page(name).map(str::to_owned);
    hazard.or_else(|| Some(story(museum::all().find(|bug| bug.id == name)?)))
}

fn story(bug: &Bug) -> String {
    let source = |source: &Source| format!("- [{}]({})\n", source.name(), source.url());
    let sources: String = bug.sources.iter().map(source).collect();
    let heading = if sources.is_empty() { "" } else { "\n## Where it was seen\n\n" };
    let title = bug.id.replace('_', " ");
    format!(
        "# {title}\n\nA defect of the {}: {}.\n\n{}\n{heading}{sources}",
        bug.side.name(),
        bug.about,
        bug.story
    )
}
