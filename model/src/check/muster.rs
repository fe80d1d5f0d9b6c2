//! The project's own checker: properties and the boundary over the parts of a state that they read.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_checker::{
    ActorReport, Checker, Ending, Limit, PartBoundary, PartProperty, Reads, Seeing, Stop, Storage, Verdict,
};

use super::{Continue, Found, Options, Progress, Undecided, Until, liveness};
use crate::actor::{self, COORDINATOR, GroupModel, Node, NodeState, View, model_with, model_with_ledger};
use crate::property::{PropertyId, Scope, Sight};
use crate::reductions::{Alike, Harmless, LowestNumbers, OneLedger, are_plain};
use crate::scenario::Scenario;
use crate::types::ClientId;

type GroupChecker<'a> = Checker<'a, Node, Arc<Scenario>, ()>;

/// Searches the scenario's states for violations of the properties. Where steps may be put off, a path may be longer than
/// it needs to be: the shortest is searched for again, among all steps.
pub(super) fn search(
    scenario: &Scenario,
    properties: &[PropertyId],
    until: Until,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Found {
    let stop = match until {
        Until::Exhausted => Stop::Exhausted,
        Until::Violated => Stop::Violated,
    };
    let how = if options.reduce { Reduced::WithOrder } else { Reduced::No };
    let found = run(scenario, properties, (stop, how), options, progress);
    if !options.reduce || found.violated.is_empty() {
        return found;
    }
    let violated: Vec<PropertyId> = found.violated.iter().map(|(property, _)| *property).collect();
    let shortest = run(scenario, &violated, (Stop::Decided, Reduced::Yes), options, progress);
    let known = found.violated.into_iter().map(|(property, path)| {
        let of = shortest.violated.iter().find(|(other, _)| *other == property);
        (property, of.map_or(path, |(_, path)| path.clone()))
    });
    Found { violated: known.collect(), ..found }
}

/// What is taken for the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reduced {
    No,
    /// States by numbers and consumers.
    Yes,
    /// And steps in another order.
    WithOrder,
}

fn run(
    scenario: &Scenario,
    properties: &[PropertyId],
    (stop, reduced): (Stop, Reduced),
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Found {
    let is_plain = reduced != Reduced::No && are_plain(scenario);
    let model = if is_plain { model_with_ledger(scenario) } else { model_with(scenario, &[]) };
    let mut checker = checker(&model, properties, options).stop(stop);
    if reduced != Reduced::No {
        checker = checker.normal_form(LowestNumbers);
    }
    if is_plain {
        checker = checker.symmetry(Alike::of(scenario)).pool(OneLedger::of(scenario));
    }
    if is_plain && reduced == Reduced::WithOrder {
        checker = checker.independence(Harmless::of(scenario));
    }
    match checker.run(&mut |seen| tell(&seen, progress)) {
        Ok(report) => found(&report, properties),
        Err(refused) => Found::failed(refused.to_string()),
    }
}

/// Searches the scenario's states in normal form, and decides what has to happen in the end.
pub(super) fn search_behaviours(
    scenario: &Scenario,
    properties: &[PropertyId],
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Found {
    let model = model_with(scenario, &[]);
    let checker = checker(&model, properties, options).normal_form(LowestNumbers);
    let explored = checker.explore(&mut |seen| tell(&seen, progress), |explored| {
        (found(explored.report(), properties), liveness::decide(scenario, explored))
    });
    match explored {
        Ok((found, Ok(liveness))) => Found { liveness, ..found },
        Ok((found, Err(why))) => Found { undecided: Some(Undecided::Failed(why)), ..found },
        Err(refused) => Found::failed(refused.to_string()),
    }
}

fn checker<'a>(model: &'a GroupModel, properties: &[PropertyId], options: &Options) -> GroupChecker<'a> {
    let scenario = &model.cfg;
    let mut checker = Checker::new(model).threads(options.threads).boundary(boundary(scenario));
    checker = checker.storage(if options.compact { Storage::Compact } else { Storage::Fast });
    if let Some(states) = options.max_states {
        checker = checker.max_states(states as u64);
    }
    if let Some(depth) = options.max_depth {
        checker = checker.max_depth(depth);
    }
    if let Some(bytes) = options.memory {
        checker = checker.memory(bytes);
    }
    for property in part_properties(scenario, properties) {
        checker = checker.property(property);
    }
    checker
}

fn tell(
    seen: &muster_checker::Progress,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> muster_checker::Continue {
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
}

fn found(report: &ActorReport<Node, ()>, properties: &[PropertyId]) -> Found {
    let violated =
        properties.iter().zip(&report.verdicts).filter_map(|(property, (_, verdict))| match verdict {
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
        liveness: Vec::new(),
    }
}

fn undecided(limit: Limit) -> Undecided {
    match limit {
        Limit::States(states) => Undecided::MaxStates(narrow(states)),
        Limit::Memory(bytes) => Undecided::Memory(bytes),
        Limit::Cancelled => Undecided::Cancelled,
        Limit::Depth(depth) => Undecided::MaxDepth(depth),
        Limit::Time(_) | Limit::Decided => Undecided::Failed(limit.to_string()),
    }
}

/// The boundary of a scenario, over parts.
pub fn boundary(scenario: &Scenario) -> PartBoundary<Node> {
    PartBoundary::sums(actor::limits(scenario), |_, node, counts| {
        counts.copy_from_slice(&actor::measure(node));
    })
}

/// Properties, over the parts of a state that they read, and through what they see of these.
pub fn part_properties(scenario: &Scenario, properties: &[PropertyId]) -> Vec<PartProperty<Node>> {
    let mut views: BTreeMap<Sight, Seeing<Node>> = BTreeMap::new();
    let mut seen = |property: &PropertyId| {
        let (of, sight) = (part_property(scenario, *property), property.sight(scenario));
        if sight == Sight::Everything {
            return of;
        }
        let view = views.entry(sight).or_insert_with(|| {
            let scenario = scenario.clone();
            Arc::new(move |_, state: &NodeState| sight.of(&scenario, state))
        });
        of.seeing(Arc::clone(view))
    };
    properties.iter().map(&mut seen).collect()
}

fn part_property(scenario: &Scenario, property: PropertyId) -> PartProperty<Node> {
    let consumers = (0..scenario.bounds.consumers).map(|client| ClientId(client).actor());
    let reads = match property.scope() {
        Scope::Coordinator => Reads::actors([COORDINATOR]),
        Scope::Consumers => {
            // Records that were processed may stand in a ledger; of a model without one nothing more is read.
            let ledger = (property == PropertyId::NoRecordSkipped).then(|| actor::ledger_of(scenario));
            Reads::actors([COORDINATOR].into_iter().chain(consumers).chain(ledger))
        }
        Scope::Store => {
            let all = [COORDINATOR, actor::store_of(scenario)].into_iter().chain(consumers);
            Reads::actors(all)
        }
        Scope::Messages => {
            return PartProperty::every_message(property.id(), move |message| {
                property.broken_by(message.msg).is_none()
            });
        }
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
