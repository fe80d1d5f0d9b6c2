//! The coordinator's transition relation under arbitrary clients: every request with every plausible field, and
//! every timer, in every state of the group within the bounds.
//!
//! Clients are not modelled here: the coordinator alone is explored, one input at a time, and states that differ
//! only in the names of members, connections and generations are one.

mod alphabet;
mod bounds;
mod canonical;
mod difference;

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use crate::coordinator::{AppendError, Control, Coordinator, CoordinatorTimer, Effects, Turn};
use crate::message::{JoinError, Request, Response};
use crate::scenario::Scenario;
use crate::types::{ClientId, Connection, MemberId};
pub use alphabet::STRANGER;
pub use bounds::RelationBounds;
pub(crate) use difference::step;
pub use difference::{Difference, difference, shortest_difference};

/// What happens to the coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Input {
    /// A request arrives, on a connection where nothing is parked.
    Request(Request),
    /// A timer fires.
    Timer(CoordinatorTimer),
    /// Something is done to the coordinator's log or its leadership.
    Control(Control),
}

impl Input {
    /// What it costs to take this step on a system whose timers one has to wait for.
    fn cost(&self) -> u32 {
        match self {
            Self::Request(_) | Self::Control(_) => 1,
            Self::Timer(CoordinatorTimer::PreferLast | CoordinatorTimer::Environment(_)) => 0,
            Self::Timer(CoordinatorTimer::InitialDelay) => 2,
            Self::Timer(
                CoordinatorTimer::Session(_) | CoordinatorTimer::Rebalance | CoordinatorTimer::PendingSync,
            ) => 8,
            Self::Timer(CoordinatorTimer::NewMemberJoin(_)) => 100,
        }
    }
}

/// The coordinator, its timers and its connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The coordinator's state.
    pub coordinator: Coordinator,
    /// The timers that are set.
    pub timers: BTreeSet<CoordinatorTimer>,
    /// Connections that wait for an answer.
    pub waiting: BTreeSet<u8>,
    /// Member ids that an answer has told: nobody can name another. A member that was admitted without an id
    /// learns its id only when the join completes.
    pub told: BTreeSet<MemberId>,
    /// The rebalance timer was set while the group had no members, which is with no time at all: it is next.
    pub urgent: bool,
}

/// A transition: where, what, and what came of it.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Where it started.
    pub from: Place,
    /// The connection that the request came on; for a timer, none.
    pub connection: Option<Connection>,
    /// The input.
    pub input: Input,
    /// What the coordinator did.
    pub effects: Effects,
    /// Where it led.
    pub to: Place,
}

impl Place {
    /// A coordinator that has never heard of the group.
    pub fn start() -> Self {
        Self {
            coordinator: Coordinator::new(),
            timers: BTreeSet::new(),
            waiting: BTreeSet::new(),
            told: BTreeSet::new(),
            urgent: false,
        }
    }

    /// What may happen here.
    pub fn inputs(&self, scenario: &Scenario) -> Vec<Input> {
        if self.urgent {
            return vec![Input::Timer(CoordinatorTimer::Rebalance)];
        }
        let requests = alphabet::requests(scenario, self).into_iter().map(Input::Request);
        let prefer = self.coordinator.may_choose().then_some(CoordinatorTimer::PreferLast);
        let timers = self.timers.iter().copied().filter(|t| self.can_name(*t));
        let timers = timers.chain(prefer).map(Input::Timer);
        let controls = [
            Control::Resign,
            Control::LoseUnreplicated,
            Control::Elect,
            Control::HoldReplication,
            Control::ReleaseReplication,
            Control::PassRetention,
            Control::CheckRetention,
        ];
        let failures =
            AppendError::ALL.into_iter().take(scenario.append_failures.into()).map(Control::FailAppend);
        let markers = alphabet::markers(scenario);
        let controls = controls.into_iter().chain(failures).chain(markers).map(Input::Control);
        requests.chain(timers).chain(controls).collect()
    }

    /// Takes an input; `None` if it changes nothing and answers nothing.
    pub fn take(&self, scenario: &Scenario, input: &Input) -> Option<Taken> {
        let (connection, coordinator, effects) = match input {
            Input::Request(request) => {
                let connection = self.free_connection();
                let mut coordinator = self.coordinator.clone();
                let effects = Turn::request(scenario, &mut coordinator, connection, request);
                (Some(connection), coordinator, effects)
            }
            Input::Timer(timer) => {
                let (coordinator, effects) = Turn::timer(scenario, &self.coordinator, *timer)?;
                (None, coordinator, effects)
            }
            Input::Control(control) => {
                let (coordinator, mut effects) = Turn::control(scenario, &self.coordinator, *control)?;
                if *control == Control::Resign {
                    // Those of ids that were replaced run on until then.
                    effects.timers.extend(self.timers.iter().map(|timer| (*timer, false)));
                }
                (None, coordinator, effects)
            }
        };
        let mut to = Self { coordinator, ..self.clone() };
        if let Input::Timer(timer) = input {
            to.timers.remove(timer);
        }
        to.waiting.extend(connection.map(|c| c.client.0));
        to.settle(&effects);
        Some(Taken { from: self.clone(), connection, input: input.clone(), effects, to })
    }

    fn settle(&mut self, effects: &Effects) {
        for (connection, answer) in &effects.answers {
            self.waiting.remove(&connection.client.0);
            self.told.extend(told_by(answer));
        }
        for (timer, set) in &effects.timers {
            if *set {
                self.timers.insert(*timer)
            } else {
                self.timers.remove(timer)
            };
        }
        let memberless = self.coordinator.group.as_ref().is_some_and(|g| g.members.is_empty());
        let set_now = effects.timers.contains(&(CoordinatorTimer::Rebalance, true));
        self.urgent =
            self.timers.contains(&CoordinatorTimer::Rebalance) && (self.urgent || (set_now && memberless));
    }

    fn can_name(&self, timer: CoordinatorTimer) -> bool {
        match timer {
            CoordinatorTimer::Session(member) | CoordinatorTimer::NewMemberJoin(member) => {
                self.told.contains(&member)
            }
            CoordinatorTimer::InitialDelay
            | CoordinatorTimer::Rebalance
            | CoordinatorTimer::PendingSync
            | CoordinatorTimer::PreferLast
            | CoordinatorTimer::Environment(_) => true,
        }
    }

    /// The first connection on which nothing waits; each has a client of its own.
    fn free_connection(&self) -> Connection {
        let free = (0..=u8::MAX).find(|n| !self.waiting.contains(n)).unwrap_or(u8::MAX);
        Connection { client: ClientId(free), number: 0 }
    }
}

fn told_by(answer: &Response) -> Vec<MemberId> {
    match answer {
        Response::JoinGroup(Ok(joined)) => vec![joined.member],
        Response::JoinGroup(Err(JoinError { member, .. })) => member.iter().copied().collect(),
        Response::FindCoordinator(_)
        | Response::SyncGroup(_)
        | Response::Heartbeat(_)
        | Response::LeaveGroup { .. }
        | Response::OffsetCommit(_)
        | Response::TxnOffsetCommit(_)
        | Response::OffsetFetch(_)
        | Response::Tool(_) => Vec::new(),
    }
}

/// A transition's name: the same whatever members, connections and generations are called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transition {
    place: usize,
    input: Input,
}

impl Transition {
    /// The number of the place that it leaves.
    pub fn place(&self) -> usize {
        self.place
    }
}

/// Every place within the bounds, and every transition that leaves one.
#[derive(Debug)]
pub struct Relation {
    /// Places in the order in which they were found, with the step that led there.
    pub places: Vec<(Place, Option<(usize, Input)>)>,
    /// The transitions that leave a place.
    pub transitions: HashSet<Transition>,
    numbers: HashMap<canonical::PlaceKey, usize>,
}

impl Relation {
    /// Explores by cost, so that the way to each place is a cheapest one for whoever has to wait for its timers.
    pub fn explore(scenario: &Scenario, bounds: &RelationBounds) -> Self {
        let mut relation = Self { places: Vec::new(), transitions: HashSet::new(), numbers: HashMap::new() };
        let mut found: Vec<(Place, Option<(usize, Input)>)> = vec![(Place::start(), None)];
        let mut queue = BinaryHeap::from([Reverse((0, 0))]);
        while let Some(Reverse((cost, discovery))) = queue.pop() {
            let (place, way) = found[discovery].clone();
            let number = relation.places.len();
            match relation.numbers.entry(canonical::place(&place)) {
                Entry::Occupied(_) => continue,
                Entry::Vacant(unknown) => unknown.insert(number),
            };
            relation.places.push((place.clone(), way));
            let naming = canonical::Naming::of(&place);
            for input in place.inputs(scenario) {
                let Some(taken) = place.take(scenario, &input) else { continue };
                if input != Input::Timer(CoordinatorTimer::PreferLast) {
                    relation.transitions.insert(Transition { place: number, input: naming.input(&input) });
                }
                if taken.to.within(bounds) && relation.number(&taken.to).is_none() {
                    queue.push(Reverse((cost + input.cost(), found.len())));
                    found.push((taken.to, Some((number, input))));
                }
            }
        }
        relation
    }

    /// The number of a place; `None` outside the bounds.
    pub fn number(&self, place: &Place) -> Option<usize> {
        self.numbers.get(&canonical::place(place)).copied()
    }

    /// The transition that an input is at a place of this number; `None` if it does not count.
    pub fn transition(&self, number: usize, place: &Place, input: &Input) -> Option<Transition> {
        self.transitions_at(number, place)(input)
    }

    /// The same for many inputs of one place.
    pub fn transitions_at(&self, number: usize, place: &Place) -> impl Fn(&Input) -> Option<Transition> {
        let naming = canonical::Naming::of(place);
        move |input| {
            let transition = Transition { place: number, input: naming.input(input) };
            self.transitions.contains(&transition).then_some(transition)
        }
    }

    /// The inputs that lead from the start to a place.
    pub fn way_to(&self, place: usize) -> Vec<Input> {
        let mut way = Vec::new();
        let mut at = place;
        while let Some((before, input)) = &self.places[at].1 {
            way.push(input.clone());
            at = *before;
        }
        way.reverse();
        way
    }
}
