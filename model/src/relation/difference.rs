//! Where a defect of the coordinator is first seen from outside: by whoever sends it requests, fires its timers and holds
//! its log.

use std::collections::HashSet;

use super::{Input, Place, RelationBounds, Taken, canonical};
use crate::coordinator::Effects;
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::trace::{Event, FORMAT, Step, Trace, convert};
use crate::types::MemberId;

/// The coordinators with and without a defect that have answered alike so far are followed through so many pairs of states.
const MOST_PAIRS: usize = 60_000;

/// A way to a step that is another with the defect.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What the coordinator with the defect does. Only its last step differs from what the other one does.
    pub trace: Trace,
    /// That last step without the defect.
    pub without: Step,
    /// Its inputs; a choice is one that the trace does not tell.
    pub inputs: usize,
}

impl Difference {
    /// The way with the step that a correct coordinator takes at its end: whoever has the defect diverges there.
    pub fn corrected(&self) -> Trace {
        let mut steps = self.trace.steps.clone();
        steps.pop();
        steps.push(self.without.clone());
        Trace { mutation: None, steps, ..self.trace.clone() }
    }
}

/// The coordinator with the defect, and without.
#[derive(Clone)]
struct Pair {
    with: Place,
    without: Place,
    /// The inputs that led here.
    depth: usize,
}

/// A shortest way under arbitrary clients to an answer or a timer that the defect changes; `None`: there is none within
/// the bounds that takes less than so many inputs.
pub fn difference(
    scenario: &Scenario,
    bounds: &RelationBounds,
    mutation: Mutation,
    less_than: usize,
) -> Option<Difference> {
    let mutated = Scenario { mutation: Some(mutation), ..scenario.clone() };
    let start = Pair { with: Place::start(), without: Place::start(), depth: 0 };
    let mut seen = HashSet::from([key(&start)]);
    let mut found: Vec<(Pair, Option<(usize, Taken)>)> = vec![(start, None)];
    let mut place = 0;
    while place < found.len() && found.len() < MOST_PAIRS {
        let pair = found[place].0.clone();
        if pair.depth + 1 >= less_than {
            return None;
        }
        for input in pair.with.inputs(&mutated) {
            let (with, without) = (pair.with.take(&mutated, &input), pair.without.take(scenario, &input));
            let (Some(with), Some(without)) = (with, without) else { continue };
            if seems(&with.effects) != seems(&without.effects) {
                let mut steps = way_to(&found, place);
                steps.extend(step(&with));
                let (trace, inputs) = (trace(&mutated, steps), pair.depth + 1);
                return Some(Difference { trace, without: step(&without)?, inputs });
            }
            let next = Pair { with: with.to.clone(), without: without.to, depth: pair.depth + 1 };
            if next.with.within(bounds) && next.without.within(bounds) && seen.insert(key(&next)) {
                found.push((next, Some((place, with))));
            }
        }
        place += 1;
    }
    None
}

/// The shortest of the scenarios in which defects of the coordinator are looked for.
pub fn shortest_difference(mutation: Mutation) -> Option<Difference> {
    let scenarios = crate::generate::scenarios_of_defects();
    scenarios.iter().fold(None, |shortest: Option<Difference>, (scenario, bounds)| {
        let less_than = shortest.as_ref().map_or(usize::MAX, |shortest| shortest.inputs);
        difference(scenario, bounds, mutation, less_than).or(shortest)
    })
}

/// Names say nothing of which id of the one coordinator is which of the other: so whether they are the same ones.
fn key(pair: &Pair) -> (canonical::PlaceKey, canonical::PlaceKey, bool) {
    let same = ids(&pair.with) == ids(&pair.without);
    (canonical::place(&pair.with), canonical::place(&pair.without), same)
}

fn ids(place: &Place) -> Vec<MemberId> {
    let groups = place.coordinator.group.iter().chain(&place.coordinator.log.group);
    groups.flat_map(|group| group.members.keys()).copied().collect()
}

/// What is seen of a step from outside.
fn seems(effects: &Effects) -> impl PartialEq + use<> {
    (effects.answers.clone(), convert::timers(&effects.timers))
}

fn way_to(found: &[(Pair, Option<(usize, Taken)>)], place: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = place;
    while let Some((before, taken)) = &found[at].1 {
        steps.extend(step(taken));
        at = *before;
    }
    steps.reverse();
    steps
}

fn trace(scenario: &Scenario, steps: Vec<Step>) -> Trace {
    let mutation = scenario.mutation.map(|mutation| mutation.id().to_owned());
    Trace {
        format: FORMAT.to_owned(),
        name: mutation.clone().unwrap_or_default(),
        scenario: scenario.name.clone(),
        release: scenario.release,
        mutation,
        violates: None,
        diverged: None,
        back_to: None,
        setting: convert::setting(scenario),
        steps,
    }
}

/// The step of a trace; `None`: a ghost.
pub(crate) fn step(taken: &Taken) -> Option<Step> {
    let event = match (&taken.input, taken.connection) {
        (Input::Control(control), _) => Event::Control { control: convert::control(*control) },
        (Input::Timer(timer), _) => Event::Timer { timer: convert::timer(*timer)? },
        (Input::Request(request), connection) => {
            Event::Request { connection: connection?.to_string(), request: convert::request(request) }
        }
    };
    Some(convert::step(event, &taken.effects))
}
