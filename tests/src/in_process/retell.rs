//! A trace told anew: the same requests, timers and controls, or fewer, with what a correct coordinator does.
//!
//! The ids that the coordinator makes are the symbols that the trace has for them, so nothing has to be bound.

mod control;
mod leaders;
mod timers;

use std::collections::{BTreeMap, BTreeSet};

use super::{config_for, convert, log::Log, looks};
use crate::compare::{Match, compare};
use crate::followed::{differ, only_looks};
use crate::symbols::Symbols;
use crate::system::Received;
use leaders::Leaders;
use muster_model::trace::{Answer, Event, Request, Response, Step, Timer, TimerChange, Trace};
use muster_reference::coordinator::{
    Client, Config, Coordinator, Effect, Input, MemberId, RequestId, TimerKey, Timestamp, Transition,
};
use muster_specs::Rule;
use timers::{TIMEOUTS, key_of, timer_of};

/// Something that happens to a coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happening {
    /// A request, a timer or a control.
    pub(crate) event: Event,
    /// The symbol of the id that the coordinator makes for it, should it make one.
    pub(crate) made: String,
    /// The step that it is in the trace: its rules and its choice stand where it is answered in the same way.
    pub(crate) told: Step,
}

/// What happens in a trace, without what came of it.
pub(crate) fn happenings(trace: &Trace) -> Vec<Happening> {
    let concerns = |event: &Event| match event {
        Event::Request { .. } | Event::Timer { .. } | Event::Control { .. } => true,
        Event::Answer { .. } | Event::Consumer { .. } => false,
    };
    let steps = trace.steps.iter().enumerate().filter(|(_, step)| concerns(&step.event));
    steps
        .map(|(at, step)| Happening { event: step.event.clone(), made: made(trace, at), told: step.clone() })
        .collect()
}

/// The symbol of the id that a step's JoinGroup is given; one of its own if the trace never tells it.
fn made(trace: &Trace, at: usize) -> String {
    let step = &trace.steps[at];
    let Event::Request { connection, request: Request::JoinGroup { member, .. } } = &step.event else {
        return String::new();
    };
    let unknown = format!("x{at}");
    if !member.is_empty() {
        return unknown;
    }
    // With a session from the first: a static member that comes back, to be answered later.
    let is_new = |timer| trace.steps[..at].iter().all(|step| !step.timers.set.contains(timer));
    let parked = step.timers.set.iter().find_map(|timer| match timer {
        Timer::NewMemberJoin { member } => Some(member.clone()),
        Timer::Session { member } if is_new(timer) => Some(member.clone()),
        Timer::Session { .. } | Timer::InitialDelay | Timer::Rebalance | Timer::PendingSync => None,
    });
    let answers = trace.steps[at..].iter().flat_map(|step| &step.answers);
    let told =
        answers.filter(|answer| answer.connection == *connection).find_map(|answer| match &answer.response {
            Response::JoinGroup { member, .. } if !member.is_empty() => Some(member.clone()),
            Response::JoinGroup { .. }
            | Response::FindCoordinator { .. }
            | Response::SyncGroup { .. }
            | Response::Heartbeat { .. }
            | Response::LeaveGroup { .. }
            | Response::OffsetCommit { .. }
            | Response::TxnOffsetCommit { .. }
            | Response::OffsetFetch { .. }
            | Response::DeleteGroups { .. }
            | Response::OffsetDelete { .. }
            | Response::DescribeGroups { .. }
            | Response::ListGroups { .. } => None,
        });
    parked.or(told).unwrap_or(unknown)
}

/// How long the first members of a group are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialDelay {
    /// For some time, whose end is a step.
    Some,
    /// Not at all: the delay ends in the step in which it begins.
    None,
}

/// The trace in which these things happen. None if they cannot: a timer that does not run fires, a connection asks
/// before it is answered, a field cannot be sent.
pub(crate) fn retell(trace: &Trace, happenings: &[Happening], delay: InitialDelay) -> Option<Trace> {
    let mut teller = Teller::new(trace, delay);
    let steps = happenings.iter().map(|happening| teller.tell(happening)).collect::<Option<_>>()?;
    Some(told(trace, steps))
}

/// The trace as it is without an initial delay.
pub(crate) fn undelayed(trace: &Trace) -> Trace {
    retell_possible(trace, &happenings(trace), InitialDelay::None)
}

/// The trace in which these things happen; those that cannot are left out.
pub(crate) fn retell_possible(trace: &Trace, happenings: &[Happening], delay: InitialDelay) -> Trace {
    let mut teller = Teller::new(trace, delay);
    let steps = happenings.iter().filter_map(|happening| teller.tell(happening)).collect();
    told(trace, steps)
}

fn told(trace: &Trace, steps: Vec<Step>) -> Trace {
    Trace { steps, mutation: None, violates: None, diverged: None, back_to: None, ..trace.clone() }
}

impl Teller {
    fn new(trace: &Trace, delay: InitialDelay) -> Self {
        let config = config_for(&Config::default(), trace);
        let mut teller = Self {
            coordinator: Coordinator::new(config.clone()),
            config,
            delay,
            topics: trace.setting.topics.clone(),
            now_ms: 0,
            asked: BTreeMap::new(),
            running: BTreeMap::new(),
            log: Log::default(),
            leaders: Leaders::default(),
            step: None,
        };
        teller.set_topics();
        teller
    }
}

struct Teller {
    coordinator: Coordinator,
    config: Config,
    delay: InitialDelay,
    topics: BTreeMap<String, i32>,
    now_ms: i64,
    /// The connection of each unanswered request.
    asked: BTreeMap<RequestId, String>,
    running: BTreeMap<TimerKey, Timer>,
    log: Log,
    leaders: Leaders,
    /// The step that is told.
    step: Option<Step>,
}

impl Teller {
    fn set_topics(&mut self) {
        let topics = self.topics.iter().map(|(topic, n)| (topic.as_str().into(), *n)).collect();
        // No group looks at the topics by itself.
        let _nothing = self.coordinator.step(Timestamp(self.now_ms), Input::Topics(topics));
    }

    fn tell(&mut self, happening: &Happening) -> Option<Step> {
        self.step = Some(Step {
            rules: Vec::new(),
            event: happening.event.clone(),
            answers: Vec::new(),
            timers: TimerChange::default(),
            choice: None,
        });
        match &happening.event {
            Event::Request { connection, request } => self.ask(connection, request, &happening.made)?,
            Event::Timer { timer } => {
                let key = key_of(timer);
                self.running.get(&key).filter(|running| *running == timer)?;
                self.running.remove(&key);
                self.input(Input::Timer(key))?;
            }
            Event::Control { control } => self.control(control)?,
            Event::Answer { .. } | Event::Consumer { .. } => return None,
        }
        while self.delay == InitialDelay::None && self.running.values().any(|t| *t == Timer::InitialDelay) {
            self.end_initial_delay()?;
        }
        let mut step = self.step.take()?;
        let answers = step.answers.iter();
        let received = answers
            .map(|a| Received { connection: a.connection.clone(), answer: Ok(a.response.clone()) })
            .collect::<Vec<_>>();
        if compare(&happening.told, &received, &mut Symbols::default()) == Match::Same {
            let said: BTreeSet<Rule> = step.rules.iter().copied().collect();
            if only_looks(&step.event) || differ(&happening.told, &said).is_none() {
                step.rules.clone_from(&happening.told.rules);
            }
            step.choice.clone_from(&happening.told.choice);
        }
        Some(step)
    }

    fn end_initial_delay(&mut self) -> Option<()> {
        let key = key_of(&Timer::InitialDelay);
        self.running.remove(&key);
        self.step.as_mut()?.timers.set.retain(|timer| *timer != Timer::InitialDelay);
        self.input(Input::Timer(key))
    }

    fn ask(&mut self, connection: &str, request: &Request, made: &str) -> Option<()> {
        if self.asked.values().any(|busy| busy == connection) {
            return None;
        }
        if let Some(response) = looks::told(&self.coordinator, request) {
            let answer =
                Answer { connection: connection.to_owned(), response: leaders::sorted(response.ok()?) };
            self.step.as_mut()?.answers.push(answer);
            return Some(());
        }
        let request = convert::request(request, TIMEOUTS).ok()?;
        self.now_ms += 1;
        let id = RequestId(u64::try_from(self.now_ms).ok()?);
        self.asked.insert(id, connection.to_owned());
        let client_id = connection.split('#').next().unwrap_or(connection).to_owned();
        let client = Client::new(client_id, "");
        self.input(Input::Request { id, client, fresh_member_id: MemberId::from(made.to_owned()), request })
    }

    /// Gives the coordinator an input, and then what became of the records that it wrote.
    pub(super) fn input(&mut self, input: Input) -> Option<()> {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.now_ms += 1;
            let transition = self.coordinator.step(Timestamp(self.now_ms), input);
            inputs.extend(self.log.take(&transition));
            self.observe(transition)?;
        }
        Some(())
    }

    pub(super) fn observe(&mut self, transition: Transition) -> Option<()> {
        let choice = self.leaders.follow(&transition);
        let step = self.step.as_mut()?;
        step.choice = choice.or(step.choice.take());
        step.rules.extend(transition.rules);
        for effect in transition.effects {
            match effect {
                Effect::Answer { id, response, after: _ } => {
                    let connection = self.asked.remove(&id)?;
                    let response = leaders::sorted(convert::response(response).ok()?);
                    step.answers.push(Answer { connection, response });
                }
                Effect::SetTimer { key, after } => {
                    let timer = timer_of(&key, after);
                    // A key has one timer: another kind under it takes its place.
                    let replaced = self.running.insert(key, timer.clone()).filter(|old| *old != timer);
                    step.timers.set.retain(|set| *set != timer && Some(set) != replaced.as_ref());
                    step.timers.cancelled.extend(replaced);
                    step.timers.cancelled.retain(|gone| *gone != timer);
                    step.timers.set.push(timer);
                }
                Effect::CancelTimer { key } => {
                    if let Some(timer) = self.running.remove(&key) {
                        step.timers.set.retain(|set| *set != timer);
                        step.timers.cancelled.push(timer);
                    }
                }
            }
        }
        Some(())
    }
}
