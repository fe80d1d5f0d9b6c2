//! Traces that take every transition of the coordinator in a stated, small scenario.
//!
//! Each trace goes a shortest way to a place, takes a transition that no trace has taken, and goes on through
//! transitions not yet taken for as long as there is one. Timers are taken only on the way or right after it: over
//! the wire a timer fires when the test can wait for it, and not while many requests are sent.

mod scenarios;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::coordinator::{Control, CoordinatorTimer};
use crate::message::{Request, ToolRequest};
use crate::relation::{Input, Place, Relation, RelationBounds, Taken, Transition, step};
use crate::scenario::Scenario;
use crate::trace::{FORMAT, Release, Trace, convert};
pub use scenarios::{Extent, scenarios, scenarios_of_defects};

/// A trace is not made longer than this by going on.
const MAX_STEPS: usize = 40;

/// While a timer that nobody can postpone is set, only this many steps are taken.
const MAX_STEPS_BEFORE_DELAY: usize = 8;

/// A generated set of traces and what it covers.
#[derive(Debug)]
pub struct Suite {
    /// The traces.
    pub traces: Vec<Trace>,
    /// The transitions that each trace takes, by its name; the numbers are the suite's own.
    pub takes: BTreeMap<String, BTreeSet<usize>>,
    /// Each scenario, in its order.
    pub scenarios: Vec<Coverage>,
}

/// How much of a scenario's relation the traces take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The scenario.
    pub scenario: String,
    /// Its bounds, for a person.
    pub bounds: String,
    /// States of the coordinator, with its timers, that differ in more than names.
    pub places: usize,
    /// Transitions that leave them.
    pub reachable: usize,
    /// Transitions that some trace takes.
    pub covered: usize,
}

impl Suite {
    /// Adds the traces of other scenarios; their transitions are numbered after those that are there.
    fn append(&mut self, other: Self) {
        let first = self.reachable();
        let later = |numbers: BTreeSet<usize>| numbers.into_iter().map(|number| number + first).collect();
        self.takes.extend(other.takes.into_iter().map(|(name, numbers)| (name, later(numbers))));
        self.traces.extend(other.traces);
        self.scenarios.extend(other.scenarios);
    }

    /// Transitions that leave a place of some scenario.
    pub fn reachable(&self) -> usize {
        self.scenarios.iter().map(|s| s.reachable).sum()
    }

    /// Transitions that some trace takes.
    pub fn covered(&self) -> usize {
        self.scenarios.iter().map(|s| s.covered).sum()
    }

    /// Transitions that these traces take.
    pub fn covered_by<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> usize {
        let taken: BTreeSet<usize> =
            names.into_iter().filter_map(|name| self.takes.get(name)).flatten().copied().collect();
        taken.len()
    }
}

/// The suite of a release: arbitrary clients against a coordinator with at most two members.
pub fn suite(release: Release, extent: Extent) -> Suite {
    let scenarios = scenarios(release, extent);
    let queue = AtomicUsize::new(0);
    let covered: Vec<Mutex<Option<Suite>>> = scenarios.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get).min(scenarios.len()) {
            scope.spawn(|| {
                loop {
                    let place = queue.fetch_add(1, Ordering::Relaxed);
                    let Some((scenario, bounds)) = scenarios.get(place) else { break };
                    let part = cover(scenario, bounds);
                    if let Ok(mut slot) = covered[place].lock() {
                        *slot = Some(part);
                    }
                }
            });
        }
    });
    let mut suite = Suite { traces: Vec::new(), takes: BTreeMap::new(), scenarios: Vec::new() };
    covered.into_iter().filter_map(|slot| slot.into_inner().ok()?).for_each(|part| suite.append(part));
    suite
}

/// The traces of one scenario, whose transitions are numbered from 0.
fn cover(scenario: &Scenario, bounds: &RelationBounds) -> Suite {
    let mut suite = Suite { traces: Vec::new(), takes: BTreeMap::new(), scenarios: Vec::new() };
    let relation = Relation::explore(scenario, bounds);
    let mut left = vec![0; relation.places.len()];
    relation.transitions.iter().for_each(|transition| left[transition.place()] += 1);
    let mut walker =
        Walker { scenario, relation: &relation, taken: HashSet::new(), left, memo: HashMap::new() };
    let numbers: HashMap<&Transition, usize> = relation.transitions.iter().zip(0..).collect();
    for place in (0..relation.places.len()).rev() {
        while let Some(way) = walker.next_way(place) {
            let name = format!("{}-{:05}", scenario.name, suite.traces.len());
            let takes = walker.transitions(&way).iter().filter_map(|t| numbers.get(t).copied()).collect();
            suite.takes.insert(name.clone(), takes);
            suite.traces.push(walker.trace(name, &way));
        }
    }
    let limit = scenario.bounds.group_max_size;
    let size = limit.map(|most| format!("group.max.size {most}, ")).unwrap_or_default();
    suite.scenarios.push(Coverage {
        scenario: scenario.name.clone(),
        bounds: format!("{} partitions, {size}{bounds}", scenario.bounds.partitions),
        places: relation.places.len(),
        reachable: relation.transitions.len(),
        covered: walker.taken.len(),
    });
    suite
}

/// Takes transitions that no trace has taken.
struct Walker<'a> {
    scenario: &'a Scenario,
    relation: &'a Relation,
    taken: HashSet<Transition>,
    /// How many transitions that leave each place are not taken.
    left: Vec<usize>,
    memo: HashMap<usize, Vec<Taken>>,
}

impl Walker<'_> {
    /// A way that takes at least one new transition that leaves this place; `None` if all are taken.
    fn next_way(&mut self, place: usize) -> Option<Vec<Taken>> {
        if self.left[place] == 0 {
            return None;
        }
        let here = &self.relation.places[place].0;
        let first = self.untaken(here, true)?;
        let mut way = self.way_to(place);
        way.push(first);
        if way.iter().any(is_unwaitable) {
            // Nobody waits five minutes: what else is on this way is left to other traces.
            self.note(&way[way.len() - 1..]);
            self.look(&mut way);
            return Some(way);
        }
        self.note(&way);
        self.look(&mut way);
        while way.len() < MAX_STEPS && way.iter().filter(|t| must_be_waited_for(t)).count() < 2 {
            let Some(here) = way.last().map(|t| t.to.clone()) else { break };
            let hurried = here.timers.contains(&CoordinatorTimer::InitialDelay);
            if hurried && since_delay_was_set(&way) >= MAX_STEPS_BEFORE_DELAY {
                break;
            }
            let Some(next) = self.untaken(&here, false) else { break };
            way.push(next);
            self.note(&way[way.len() - 1..]);
            self.look(&mut way);
        }
        Some(way)
    }

    /// What deletes says little of what it has deleted, and what a transaction holds or commits is told to nobody: whoever
    /// asks then sees it.
    fn look(&mut self, way: &mut Vec<Taken>) {
        if !way.last().is_some_and(says_little) {
            return;
        }
        let before = way.len();
        for request in self.scenario.looks() {
            let here = way.last().map(|taken| taken.to.clone());
            way.extend(here.and_then(|here| here.take(self.scenario, &Input::Request(request))));
        }
        self.note(&way[before..]);
    }

    fn way_to(&mut self, place: usize) -> Vec<Taken> {
        if let Some(way) = self.memo.get(&place) {
            return way.clone();
        }
        let mut at = Place::start();
        let mut way = Vec::new();
        for input in self.relation.way_to(place) {
            let Some(taken) = at.take(self.scenario, &input) else { break };
            at = taken.to.clone();
            way.push(taken);
        }
        self.memo.clear();
        self.memo.insert(place, way.clone());
        way
    }

    /// A transition from here that counts and is not taken: first those that leave the place as it is.
    fn untaken(&self, here: &Place, with_timers: bool) -> Option<Taken> {
        let number = self.relation.number(here).filter(|number| self.left[*number] > 0)?;
        let inputs = here.inputs(self.scenario).into_iter();
        let inputs = inputs.filter(|i| with_timers || matches!(i, Input::Request(_)));
        let transition = self.relation.transitions_at(number, here);
        let counts = |input: &Input| transition(input).is_some_and(|t| !self.taken.contains(&t));
        let mut moving = None;
        for input in inputs.filter(counts) {
            let Some(taken) = here.take(self.scenario, &input) else { continue };
            if taken.to.waiting == here.waiting && taken.to.coordinator.group == here.coordinator.group {
                return Some(taken);
            }
            moving.get_or_insert(taken);
        }
        moving
    }

    fn note(&mut self, way: &[Taken]) {
        for transition in self.transitions(way) {
            let place = transition.place();
            if self.taken.insert(transition) {
                self.left[place] -= 1;
            }
        }
    }

    /// The transitions of a way that count.
    fn transitions(&self, way: &[Taken]) -> Vec<Transition> {
        let transition = |taken: &Taken| {
            let number = self.relation.number(&taken.from)?;
            self.relation.transition(number, &taken.from, &taken.input)
        };
        way.iter().filter_map(transition).collect()
    }

    fn trace(&self, name: String, way: &[Taken]) -> Trace {
        Trace {
            format: FORMAT.to_owned(),
            name,
            scenario: self.scenario.name.clone(),
            release: self.scenario.release,
            mutation: None,
            violates: None,
            diverged: None,
            back_to: None,
            setting: convert::setting(self.scenario),
            steps: way.iter().filter_map(step).collect(),
        }
    }
}

fn says_little(taken: &Taken) -> bool {
    let silent = |request: &Request| match request {
        Request::Tool(ToolRequest::DeleteGroups | ToolRequest::OffsetDelete { .. })
        | Request::TxnOffsetCommit(_) => true,
        Request::Tool(ToolRequest::DescribeGroups { .. } | ToolRequest::ListGroups { .. })
        | Request::FindCoordinator
        | Request::JoinGroup(_)
        | Request::SyncGroup(_)
        | Request::Heartbeat { .. }
        | Request::LeaveGroup(_)
        | Request::OffsetCommit(_)
        | Request::OffsetFetch { .. }
        | Request::WithEmptyGroupId(_) => false,
    };
    match &taken.input {
        Input::Request(request) => silent(request),
        Input::Control(control) => matches!(
            control,
            Control::CheckRetention | Control::CommitTransaction(_) | Control::AbortTransaction(_)
        ),
        Input::Timer(_) => false,
    }
}

fn is_unwaitable(taken: &Taken) -> bool {
    matches!(taken.input, Input::Timer(CoordinatorTimer::NewMemberJoin(_)))
}

/// Two of these in one trace leave little room between them: such a trace is not made longer.
fn must_be_waited_for(taken: &Taken) -> bool {
    matches!(
        taken.input,
        Input::Timer(
            CoordinatorTimer::Session(_) | CoordinatorTimer::Rebalance | CoordinatorTimer::PendingSync
        )
    )
}

fn since_delay_was_set(way: &[Taken]) -> usize {
    let sets = |t: &Taken| t.effects.timers.contains(&(CoordinatorTimer::InitialDelay, true));
    way.iter().rev().take_while(|t| !sets(t)).count()
}
