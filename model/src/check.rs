//! Checks a scenario: is each property kept in every state within the bounds?
//!
//! "Holds" is said of an exhausted search only. A violation is said with a path to it, which has been walked again on
//! the model, step by step, before it is told; it is a shortest one with every engine but the depth-first one.

mod confirm;
mod liveness;
mod muster;
mod options;
mod stateright;

use crate::actor::{GroupAction, GroupState};
use crate::liveness::LivenessId;
use crate::property::PropertyId;
use crate::scenario::Scenario;
use confirm::confirm;
pub use liveness::{Lasso, LivenessVerdict};
pub use muster::{boundary, part_properties};
pub use options::{Engine, Options, UnknownEngine};

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Unique states so far.
    pub states: usize,
    /// Steps taken so far, and the first state.
    pub generated: usize,
    /// Steps from the first state to the farthest so far.
    pub depth: usize,
    /// Unique states that are found and not expanded, where the engine tells.
    pub frontier: Option<usize>,
    /// Resident bytes of the states and of what finds them, where the engine tells.
    pub bytes: Option<u64>,
}

/// What the caller answers to a [`Progress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continue {
    /// Search on.
    Yes,
    /// Stop with what is known.
    No,
}

/// Why not every state was seen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// The caller stopped the search.
    #[error("stopped")]
    Cancelled,
    /// The search went past this many unique states.
    #[error("more than {0} states")]
    MaxStates(usize),
    /// There are states farther than this many steps from the start.
    #[error("states farther than {0} steps were not searched")]
    MaxDepth(usize),
    /// The states took this many bytes.
    #[error("the memory budget of {0} bytes is used up")]
    Memory(u64),
    /// The search failed, or what it found could not be confirmed: a defect of this program.
    #[error("{0}")]
    Failed(String),
}

/// What is known of a property.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It holds in every state within the bounds, and all of them were seen.
    Holds,
    /// It fails at the end of this path.
    Violated(Box<Counterexample>),
    /// No violation was found, and not every state was seen.
    Undecided,
}

/// A shortest path to a state that violates a property.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The property.
    pub property: PropertyId,
    /// Why it fails in the last state.
    pub reason: String,
    /// The steps, each with the state that it is taken in.
    pub steps: Vec<(GroupState, GroupAction)>,
    /// The state that violates the property.
    pub last: GroupState,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was checked.
    pub scenario: Scenario,
    /// Unique states seen.
    pub states: usize,
    /// Steps taken, and the first state.
    pub generated: usize,
    /// Steps from the first state to the farthest.
    pub depth: usize,
    /// `None`: every state within the bounds was seen.
    pub undecided: Option<Undecided>,
    /// The most bytes that the search took, where the engine tells.
    pub bytes: Option<u64>,
    /// A verdict for each property.
    pub verdicts: Vec<(PropertyId, Verdict)>,
    /// A verdict for each property of behaviours that the scenario judges.
    pub liveness: Vec<(LivenessId, LivenessVerdict)>,
}

impl Report {
    /// The violated properties, each with its path.
    pub fn violations(&self) -> impl Iterator<Item = &Counterexample> {
        self.verdicts.iter().filter_map(|(_, verdict)| match verdict {
            Verdict::Violated(counterexample) => Some(counterexample.as_ref()),
            Verdict::Holds | Verdict::Undecided => None,
        })
    }

    /// Whether the verdicts are those that the scenario expects. A defect breaks the properties it is listed with,
    /// and may break others with them; without one, or with one that breaks none, the violations are exactly
    /// those expected, and the rest holds in all states.
    pub fn is_as_expected(&self) -> bool {
        let expected = &self.scenario.expected_violations;
        let violated: Vec<PropertyId> = self.violations().map(|c| c.property).collect();
        let all_there = expected.iter().all(|p| violated.contains(p));
        let with_others = self.scenario.mutation.is_some() && !expected.is_empty();
        let none_else = self.undecided.is_none() && violated.iter().all(|p| expected.contains(p));
        all_there && (with_others || none_else) && self.liveness_is_as_expected()
    }
}

/// Checks every property of a scenario with the own engine. `progress` is called many times a second.
pub fn check(scenario: &Scenario, progress: &mut dyn FnMut(Progress) -> Continue) -> Report {
    check_with(scenario, &Options::default(), progress)
}

/// Checks every property of a scenario with the own engine, up to about so many unique states.
pub fn check_up_to(
    scenario: &Scenario,
    max_states: Option<usize>,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Report {
    check_with(scenario, &Options { max_states, ..Options::default() }, progress)
}

/// Checks the properties of a scenario that are asked for.
pub fn check_with(
    scenario: &Scenario,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Report {
    let properties = options.properties.clone().unwrap_or_else(|| scenario.properties());
    let found = if scenario.liveness.is_empty() {
        search(scenario, &properties, Until::Exhausted, options, progress)
    } else {
        muster::search_behaviours(scenario, &properties, options, progress)
    };
    let Found { states, generated, depth, mut violated, mut undecided, bytes, liveness } = found;
    let mut verdicts = Vec::new();
    for property in &properties {
        let place = violated.iter().position(|(p, _)| p == property);
        let path = place.map(|place| violated.swap_remove(place).1);
        let verdict = match path.map(|path| nearest(scenario, *property, path, options, progress)) {
            Some(Ok(counterexample)) => Verdict::Violated(Box::new(counterexample)),
            Some(Err(why)) => {
                undecided = Some(Undecided::Failed(why));
                Verdict::Undecided
            }
            None if undecided.is_none() => Verdict::Holds,
            None => Verdict::Undecided,
        };
        verdicts.push((*property, verdict));
    }
    Report { scenario: scenario.clone(), states, generated, depth, undecided, bytes, verdicts, liveness }
}

/// Searches for a shortest path to a violation of one property, and no further; `None`: it holds in every state
/// within the bounds.
pub fn find_violation(
    scenario: &Scenario,
    property: PropertyId,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Result<Option<Counterexample>, Undecided> {
    find_violation_with(scenario, property, &Options::default(), progress)
}

/// The same in another way.
pub fn find_violation_with(
    scenario: &Scenario,
    property: PropertyId,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Result<Option<Counterexample>, Undecided> {
    let mut found = search(scenario, &[property], Until::Violated, options, progress);
    match (found.violated.pop(), found.undecided) {
        (Some((_, path)), _) => confirm(scenario, property, path).map(Some).map_err(Undecided::Failed),
        (None, Some(why)) => Err(why),
        (None, None) => Ok(None),
    }
}

/// What a search found.
struct Found {
    states: usize,
    generated: usize,
    depth: usize,
    /// Properties that are violated, each with a path.
    violated: Vec<(PropertyId, Vec<GroupAction>)>,
    /// Why the search ended before it had seen everything; a search for the first violation that found one has
    /// not ended early.
    undecided: Option<Undecided>,
    bytes: Option<u64>,
    liveness: Vec<(LivenessId, LivenessVerdict)>,
}

impl Found {
    fn failed(why: String) -> Self {
        let undecided = Some(Undecided::Failed(why));
        Self {
            states: 0,
            generated: 0,
            depth: 0,
            violated: Vec::new(),
            undecided,
            bytes: None,
            liveness: Vec::new(),
        }
    }
}

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// Every state is seen.
    Exhausted,
    /// A violation is found; with one property a breadth-first search finds a nearest one.
    Violated,
}

fn search(
    scenario: &Scenario,
    properties: &[PropertyId],
    until: Until,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Found {
    use stateright::Order;
    match options.engine {
        Engine::Muster => muster::search(scenario, properties, until, options, progress),
        Engine::StaterightBfs => {
            stateright::search(scenario, properties, Order::Breadth, until, options, progress)
        }
        Engine::StaterightDfs => {
            stateright::search(scenario, properties, Order::Depth, until, options, progress)
        }
    }
}

/// A nearest violation. stateright's breadth-first search is repeated for this property alone: it overwrites what it
/// has found with later, longer paths while other properties are still open. A search that is stopped falls back on
/// the path that is known.
fn nearest(
    scenario: &Scenario,
    property: PropertyId,
    known: Vec<GroupAction>,
    options: &Options,
    progress: &mut dyn FnMut(Progress) -> Continue,
) -> Result<Counterexample, String> {
    let path = match options.engine {
        Engine::Muster | Engine::StaterightDfs => known,
        Engine::StaterightBfs => {
            let mut found = search(scenario, &[property], Until::Violated, options, progress);
            found.violated.pop().map_or(known, |(_, path)| path)
        }
    };
    confirm(scenario, property, path)
}
