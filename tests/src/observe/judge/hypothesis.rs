//! A state in which a correct coordinator may be, and the steps that it may take unseen.

use std::collections::{BTreeMap, BTreeSet};

use muster_reference::coordinator::{
    Change, Client, Config, Coordinator, Effect, Input, MemberId, Position, Request, RequestId, TimerKey,
    Timestamp, Transition,
};
use muster_specs::Rule;

use super::super::answer::{Answer, Code, expected};
use super::super::history::History;
use super::agreement::{agrees, as_the_coordinator_sees_it, with_what_the_broker_refused};
use super::log::Log;
use super::{choice, is_not_serving};

/// Nothing that is judged depends on the time of day.
const NOW: Timestamp = Timestamp(0);

/// A state in which a correct coordinator may be.
#[derive(Clone, Debug)]
pub(super) struct Hypothesis {
    pub(super) coordinator: Coordinator,
    /// Requests that it has not taken yet.
    pub(super) waiting: BTreeSet<usize>,
    /// Requests that it has taken and not answered.
    pub(super) parked: BTreeSet<usize>,
    /// Answers that it gave and nobody has seen yet.
    given: BTreeMap<usize, Answer>,
    /// The earliest time of each timer, in microseconds.
    pub(super) timers: BTreeMap<TimerKey, i64>,
    /// Who led the generation before.
    pub(super) led: Option<MemberId>,
    /// Whether the generation is known; before, the first that is seen is taken.
    pub(super) counted: bool,
    /// Partitions whose committed offset is known.
    pub(super) known: BTreeSet<(String, i32)>,
    /// What was written to the log.
    pub(super) log: Log,
    /// Whether another coordinator takes over before the next request.
    resigned: bool,
    /// Every rule that was followed.
    pub(super) rules: BTreeSet<Rule>,
    /// The rules of the step taken last.
    last: Vec<Rule>,
}

/// Two states that go on in the same way.
impl PartialEq for Hypothesis {
    fn eq(&self, other: &Self) -> bool {
        self.waiting == other.waiting
            && self.parked == other.parked
            && self.timers == other.timers
            && self.led == other.led
            && self.counted == other.counted
            && self.resigned == other.resigned
            && self.given == other.given
            && self.known == other.known
            && self.coordinator == other.coordinator
    }
}

/// What steps are taken with.
#[derive(Clone, Copy)]
pub(super) struct Steps<'h> {
    pub(super) history: &'h History,
    pub(super) config: &'h Config,
    /// The exchange whose answer is to be told, not compared.
    pub(super) blind: Option<usize>,
}

impl Hypothesis {
    /// A coordinator that knows nothing.
    pub(super) fn new(config: &Config) -> Self {
        Self::of(Coordinator::new(config.clone()))
    }

    pub(super) fn of(coordinator: Coordinator) -> Self {
        Self {
            coordinator,
            waiting: BTreeSet::new(),
            parked: BTreeSet::new(),
            given: BTreeMap::new(),
            timers: BTreeMap::new(),
            led: None,
            counted: false,
            known: BTreeSet::new(),
            log: Log::default(),
            resigned: false,
            rules: BTreeSet::new(),
            last: Vec::new(),
        }
    }

    pub(super) fn ask(&mut self, place: usize) {
        self.waiting.insert(place);
    }

    /// Somebody else than the coordinator answered.
    pub(super) fn refused(&mut self, place: usize, error: Code) {
        self.waiting.remove(&place);
        self.parked.remove(&place);
        self.resigned |= is_not_serving(error);
    }

    /// Requests whose answers nobody will see, and nobody waits for.
    pub(super) fn forget(&mut self, is_gone: impl Fn(usize) -> bool) {
        self.waiting.retain(|place| !is_gone(*place));
        self.given.retain(|place, _| !is_gone(*place));
    }

    /// Whether a request is answered here.
    pub(super) fn has_answered(&self, place: usize) -> bool {
        !self.waiting.contains(&place) && !self.parked.contains(&place)
    }

    /// What was answered unseen, and the rules of the step that did.
    pub(super) fn told(&self, place: usize) -> Option<(String, Vec<Rule>)> {
        let answer = self.given.get(&place)?;
        Some((answer.to_string(), self.last.clone()))
    }
}

impl Steps<'_> {
    /// The coordinator takes a request.
    pub(super) fn request(&self, state: &Hypothesis, place: usize) -> Vec<Hypothesis> {
        let exchange = &self.history.exchanges[place];
        let mut state = state.clone();
        state.waiting.remove(&place);
        state.parked.insert(place);
        if state.resigned {
            self.take_over(&mut state);
        }
        let answer = exchange.answer.as_ref().map(|(_, answer)| answer);
        let request = as_the_coordinator_sees_it(&exchange.request, answer);
        if let Request::OffsetCommit(commit) = &request {
            let topics = commit.topics.iter().map(|(topic, _)| (topic.clone(), i32::MAX)).collect();
            state.coordinator.apply(&Change::Topics(topics));
        }
        let fresh = match answer {
            Some(Answer::Join(joined)) if !joined.member.is_empty() => joined.member.clone(),
            Some(_) | None => format!("?{place}"),
        };
        let input = Input::Request {
            id: RequestId(u64::try_from(place).unwrap_or(u64::MAX)),
            client: Client::new(exchange.client_id.as_str(), ""),
            fresh_member_id: MemberId::from(fresh),
            request,
        };
        let mut next = self.step(&state, input, exchange.asked_at_us);
        for state in &mut next {
            // What topics there are says nothing of the group.
            state.coordinator.apply(&Change::Topics(BTreeMap::new()));
        }
        next
    }

    /// A timer fires.
    pub(super) fn timer(&self, state: &Hypothesis, key: &TimerKey) -> Vec<Hypothesis> {
        let mut state = state.clone();
        let Some(at_us) = state.timers.remove(key) else { return Vec::new() };
        self.step(&state, Input::Timer(key.clone()), at_us)
    }

    /// A coordinator restores what the one before wrote.
    fn take_over(&self, state: &mut Hypothesis) {
        state.resigned = false;
        state.timers.clear();
        let (coordinator, transition) = Coordinator::restore(self.config.clone(), state.log.records(), NOW);
        state.coordinator = coordinator;
        for effect in transition.effects {
            if let Effect::SetTimer { key, .. } = effect {
                // When it took over was not seen.
                state.timers.insert(key, i64::MIN);
            }
        }
    }

    /// Decides on an input in every way in which Kafka may, and drops what contradicts the answers that were seen.
    fn step(&self, state: &Hypothesis, input: Input, at_us: i64) -> Vec<Hypothesis> {
        let transition = state.coordinator.handle(NOW, input);
        let ways = choice::ways(self.history, state, transition);
        ways.into_iter().filter_map(|transition| self.follow(state.clone(), transition, at_us)).collect()
    }

    fn follow(&self, mut state: Hypothesis, transition: Transition, at_us: i64) -> Option<Hypothesis> {
        choice::note_leader(&mut state, &transition);
        state.last.clear();
        let mut rest = vec![transition];
        while let Some(transition) = rest.pop() {
            state.coordinator.apply_all(&transition);
            let written = transition.changes.iter().filter_map(Change::appended);
            let through: Option<Position> = written.clone().map(|(position, _)| position).max();
            written.for_each(|(_, record)| state.log.note(record.clone()));
            state.rules.extend(&transition.rules);
            state.last.extend(&transition.rules);
            for effect in transition.effects {
                self.effect(&mut state, effect, at_us)?;
            }
            if let Some(through) = through {
                rest.push(state.coordinator.handle(NOW, Input::Committed { through }));
            }
        }
        Some(state)
    }

    /// None if the effect contradicts what was seen.
    fn effect(&self, state: &mut Hypothesis, effect: Effect, at_us: i64) -> Option<()> {
        match effect {
            Effect::SetTimer { key, after } => {
                let after_us = i64::try_from(after.as_micros()).unwrap_or(i64::MAX);
                state.timers.insert(key, at_us.saturating_add(after_us));
            }
            Effect::CancelTimer { key } => {
                state.timers.remove(&key);
            }
            Effect::Answer { id, response, .. } => {
                let place = usize::try_from(id.0).ok()?;
                state.parked.remove(&place);
                // Nobody will see an answer that was awaited for too long.
                let Some(exchange) = self.history.exchanges.get(place) else { return Some(()) };
                let given = expected(response, exchange.version)?;
                match &exchange.answer {
                    Some((seen_at_us, seen)) if self.blind != Some(place) => {
                        let seen = with_what_the_broker_refused(seen, &given);
                        if *seen_at_us < at_us || !agrees(state, exchange, &seen, &given) {
                            return None;
                        }
                    }
                    Some(_) | None => {
                        state.given.insert(place, given);
                    }
                }
            }
        }
        Some(())
    }
}
