//! The project's own checker: properties and the boundary over the parts of a state that they read.

use std::sync::Arc;

use muster_checker::{Checker, Ending, Limit, PartBoundary, PartProperty, Reads, Stop, Storage, Verdict};

use super::{Continue, Found, Options, Progress, Undecided, Until};
use crate::actor::{self, COORDINATOR, Node, View, model_with};
use crate::property::{PropertyId, Scope};
use crate::reductions::{Consumers, LowestNumbers};
use crate::scenario::Scenario;
use crate::types::ClientId;

/// Searches the scenario's states for violations of the properties.
pub(super) fn search(
    scenario: &Scenario,
    properties: &[PropertyId],
    until: Until,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Found {
    let model = model_with(scenario, &[]);
    let mut checker = Checker::new(&model).threads(options.threads).boundary(boundary(scenario));
    if options.reduce {
        checker = checker.normal_form(LowestNumbers).symmetry(Consumers::of(scenario));
    }
    checker = checker.storage(if options.compact { Storage::Compact } else { Storage::Fast });
    checker = checker.stop(match until {
        Until::Exhausted => Stop::Exhausted,
        Until::Violated => Stop::Violated,
    });
    if let Some(states) = options.max_states {
        checker = checker.max_states(states as u64);
    }
    if let Some(bytes) = options.memory {
        checker = checker.memory(bytes);
    }
    for property in properties {
        checker = checker.property(part_property(scenario, *property));
    }
    let report = checker.run(&mut |seen| {
        let seen = Progress {
            states: narrow(seen.states),
            generated: narrow(seen.generated),
            depth: seen.depth,
            frontier: Some(narrow(seen.frontier)),
            bytes: Some(seen.bytes),
        };
        match progress(seen) {
            Continue::Yes => muster_checker::Continue::Yes,
            Continue::No => muster_checker::Continue::No,
        }
    });
    let report = match report {
        Ok(report) => report,
        Err(refused) => return Found::failed(refused.to_string()),
    };
    let violated =
        report.verdicts.iter().zip(properties).filter_map(|((_, verdict), property)| match verdict {
            Verdict::Violated(path) => Some((*property, path.actions.clone())),
            Verdict::Holds | Verdict::Found(_) | Verdict::Never | Verdict::Undecided => None,
        });
    Found {
        states: narrow(report.unique),
        generated: narrow(report.generated),
        depth: report.depth,
        violated: violated.collect(),
        undecided: match report.ending {
            Ending::Exhausted | Ending::NotExhausted(Limit::Decided) => None,
            Ending::NotExhausted(limit) => Some(undecided(limit)),
        },
        bytes: Some(report.bytes.peak),
    }
}

fn undecided(limit: Limit) -> Undecided {
    match limit {
        Limit::States(states) => Undecided::MaxStates(narrow(states)),
        Limit::Memory(bytes) => Undecided::Memory(bytes),
        Limit::Cancelled => Undecided::Cancelled,
        Limit::Time(_) | Limit::Depth(_) | Limit::Decided => Undecided::Failed(limit.to_string()),
    }
}

fn boundary(scenario: &Scenario) -> PartBoundary<Node> {
    PartBoundary::sums(actor::limits(scenario), |_, node, counts| {
        counts.copy_from_slice(&actor::measure(node));
    })
}

fn part_property(scenario: &Scenario, property: PropertyId) -> PartProperty<Node> {
    let consumers = (0..scenario.bounds.consumers).map(|client| ClientId(client).actor());
    let reads = match property.scope() {
        Scope::Coordinator => Reads::actors([COORDINATOR]),
        Scope::Consumers => Reads::actors([COORDINATOR].into_iter().chain(consumers)),
        Scope::Messages => Reads::actors([COORDINATOR]).and_messages(),
    };
    let scenario = Arc::new(scenario.clone());
    PartProperty::always(property.id(), reads, move |parts| {
        View::of_parts(&scenario, parts).is_some_and(|view| property.violation(&view).is_none())
    })
}

/// Counts of states fit the memory that holds them.
fn narrow(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
