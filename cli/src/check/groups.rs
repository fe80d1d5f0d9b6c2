//! Scenarios that are checked together.

use muster_model::scenario::Scenario;
use muster_model::scenarios;

use crate::scenario_args::ScenarioArgs;

/// What the command line may name in place of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Nothing is named: what a correct group keeps, and what happens in the end.
    Shipped,
    /// What people claim and is false, and what makes it true.
    Hazards,
    /// What happens in the end.
    Liveness,
}

/// The scenarios that are meant; `None`: one scenario is.
pub(super) fn of(args: &ScenarioArgs) -> Result<Option<(Group, Vec<Scenario>)>, String> {
    let (group, scenarios) = match args.scenario.as_deref() {
        Some("hazards") => {
            (Group::Hazards, [scenarios::hazards(), scenarios::sidecars_and_remedies()].concat())
        }
        Some("liveness") => (Group::Liveness, scenarios::liveness()),
        None if !args.is_single() => {
            return Ok(Some((Group::Shipped, [scenarios::shipped(), scenarios::liveness()].concat())));
        }
        Some(_) | None => return Ok(None),
    };
    if args.is_varied() || args.mutation.is_some() {
        return Err(
            "'hazards' and 'liveness' are checked as they ship: name one of their scenarios to vary it"
                .to_owned(),
        );
    }
    Ok(Some((group, scenarios)))
}
