//! The reference coordinator in process: timers fire by name, records are replicated as the trace says.

mod convert;
mod log;
mod looks;
pub(crate) mod retell;

use std::collections::{BTreeMap, BTreeSet};

use muster_model::trace::{Control, Release, Request, Serving, Step, Timer, Trace};
use muster_reference::coordinator::{
    Client, Config, Coordinator, Effect, ErrorCode, GroupId, Input, MemberId, Release as ReferenceRelease,
    RequestId, Serving as ReferenceServing, TimerKey, Timestamp, Transition,
};
use muster_specs::Rule;
use uuid::Uuid;

use crate::schedule::{Key, Schedule};
use crate::system::{Defect, Profile, Received, Session, System, TimersSeen, Trouble};

pub use retell::InitialDelay;

const GROUP: &str = "group";

/// The trace as the reference tells it: the same happenings, with what a correct coordinator does. None if they cannot
/// happen.
pub fn retold(trace: &Trace) -> Option<Trace> {
    retell::retell(trace, &retell::happenings(trace), InitialDelay::Some)
}

/// The reference in process.
pub struct InProcess {
    config: Config,
    shows_inside: bool,
}

impl InProcess {
    /// The reference with these settings; what a trace sets is set for each trace.
    pub fn new(config: Config) -> Self {
        Self { config, shows_inside: true }
    }

    /// The same, but its timers and its rules are not looked at: what differs is what a client sees.
    pub fn from_outside(config: Config) -> Self {
        Self { config, shows_inside: false }
    }
}

/// The settings, with what the trace sets.
fn config_for(config: &Config, trace: &Trace) -> Config {
    let mut config = config.clone();
    config.release = match trace.release {
        Release::V3_9 => ReferenceRelease::V3_9,
        Release::V4_3 => ReferenceRelease::V4_3,
    };
    config.serving = match trace.setting.serving {
        Serving::Active => ReferenceServing::Active,
        Serving::Loading => ReferenceServing::Loading,
        Serving::NotCoordinator => ReferenceServing::NotCoordinator,
        Serving::NotAvailable => ReferenceServing::NotAvailable,
    };
    config.group_max_size = trace.setting.group_max_size.unwrap_or(i32::MAX);
    config
}

impl System for InProcess {
    fn name(&self) -> String {
        "the reference in process".to_owned()
    }

    fn open<'s>(&'s self, trace: &'s Trace, _pace: u32) -> Result<Box<dyn Session + 's>, Trouble> {
        let config = config_for(&self.config, trace);
        let delay = u64::try_from(config.group_initial_rebalance_delay_ms).unwrap_or(0);
        let profile = Profile { initial_delay_ms: delay, ..Profile::default() };
        let schedule = Schedule::without_time(trace, &profile).map_err(Trouble::NotApplicable)?;
        let mut session = ReferenceSession {
            trace,
            coordinator: Coordinator::new(config.clone()),
            config,
            schedule,
            now_ms: 0,
            asked: BTreeMap::new(),
            running: BTreeSet::new(),
            timers: TimersSeen::default(),
            rules: Some(BTreeSet::new()),
            shows_inside: self.shows_inside,
            log: log::Log::default(),
            received: Vec::new(),
            offered: BTreeMap::new(),
        };
        session.set_topics();
        Ok(Box::new(session))
    }
}

struct ReferenceSession<'s> {
    trace: &'s Trace,
    coordinator: Coordinator,
    config: Config,
    schedule: Schedule,
    now_ms: i64,
    /// The connection of each unanswered request.
    asked: BTreeMap<RequestId, String>,
    running: BTreeSet<TimerKey>,
    /// What the step did to the timers.
    timers: TimersSeen,
    /// What the step followed; none if it only looks.
    rules: Option<BTreeSet<Rule>>,
    shows_inside: bool,
    log: log::Log,
    received: Vec<Received>,
    /// The id that was offered for the member of each step.
    offered: BTreeMap<usize, String>,
}

impl ReferenceSession<'_> {
    fn set_topics(&mut self) {
        let topics = self.trace.setting.topics.iter().map(|(topic, n)| (topic.as_str().into(), *n)).collect();
        // No group looks at the topics by itself.
        let _nothing = self.coordinator.step(Timestamp(self.now_ms), Input::Topics(topics));
    }

    /// Gives the coordinator an input, and then what became of the records that it wrote.
    fn step(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.now_ms += 1;
            let transition = self.coordinator.step(Timestamp(self.now_ms), input);
            inputs.extend(self.log.take(&transition));
            self.observe(transition);
        }
    }

    fn observe(&mut self, transition: Transition) {
        self.rules.iter_mut().for_each(|followed| followed.extend(&transition.rules));
        for effect in transition.effects {
            match effect {
                Effect::Answer { id, response, after: _ } => {
                    // An answer to a request that was answered before stands out as one on no connection.
                    let connection = self.asked.remove(&id).unwrap_or_default();
                    let answer = convert::response(response).map_err(Defect::Undecodable);
                    self.received.push(Received { connection, answer });
                }
                Effect::SetTimer { key, after: _ } => {
                    self.timers.gone.retain(|gone| *gone != named(&key));
                    self.timers.set.push(named(&key));
                    self.running.insert(key);
                }
                Effect::CancelTimer { key } => {
                    self.ended(&key);
                    self.running.remove(&key);
                }
            }
        }
    }
}

impl ReferenceSession<'_> {
    /// A timer that is set and ended in one step was not set, for whoever looks after the step.
    fn ended(&mut self, key: &TimerKey) {
        self.timers.set.retain(|set| *set != named(key));
        self.timers.gone.push(named(key));
    }
}

/// A timer as traces of every system name it.
fn named(key: &TimerKey) -> Key {
    match key {
        TimerKey::Session { member, .. } => Key::Heartbeat(member.to_string()),
        TimerKey::Join { .. } => Key::Join,
        TimerKey::PendingSync { .. } => Key::Sync,
    }
}

impl Session for ReferenceSession<'_> {
    fn send(&mut self, step: usize, connection: &str, request: &Request) -> Result<(), Trouble> {
        if let Some(answer) = looks::told(&self.coordinator, request) {
            let (connection, answer) = (connection.to_owned(), answer.map_err(Defect::Undecodable));
            self.received.push(Received { connection, answer });
            self.rules = None;
            return Ok(());
        }
        let timeouts = self.schedule.timeouts(&self.trace.steps[step]);
        let request = convert::request(request, timeouts).map_err(Trouble::Unreachable)?;
        let id = RequestId(u64::try_from(step).unwrap_or(u64::MAX));
        self.asked.insert(id, connection.to_owned());
        let client_id = connection.split('#').next().unwrap_or(connection).to_owned();
        // Random from the first letter: the reference chooses a leader by the order of ids.
        let fresh = Uuid::new_v4().to_string();
        self.offered.insert(step, fresh.clone());
        self.step(Input::Request {
            id,
            client: Client::new(client_id, ""),
            fresh_member_id: MemberId::from(fresh),
            request,
        });
        Ok(())
    }

    fn fire(&mut self, _step: usize, timer: &Timer) -> Result<(), Trouble> {
        let group = || GroupId::from(GROUP);
        let key = match timer {
            Timer::Session { member } | Timer::NewMemberJoin { member } => {
                TimerKey::Session { group: group(), member: member.as_str().into() }
            }
            Timer::InitialDelay | Timer::Rebalance => TimerKey::Join { group: group() },
            Timer::PendingSync => TimerKey::PendingSync { group: group() },
        };
        if self.running.remove(&key) {
            self.ended(&key);
            self.step(Input::Timer(key));
        } else {
            self.received.push(Received { connection: String::new(), answer: Err(Defect::TimerNotSet) });
        }
        Ok(())
    }

    fn control(&mut self, control: &Control) -> Result<(), Trouble> {
        match control {
            Control::Resign => {
                self.step(Input::Resigned);
                let running = std::mem::take(&mut self.running);
                for key in &running {
                    self.ended(key);
                }
                let serving = ReferenceServing::NotCoordinator;
                self.coordinator = Coordinator::new(Config { serving, ..self.config.clone() });
                self.set_topics();
            }
            Control::Elect => {
                let now = Timestamp(self.now_ms);
                let (coordinator, transition) =
                    Coordinator::restore(self.config.clone(), self.log.read().to_vec(), now);
                self.coordinator = coordinator;
                self.observe(transition);
                self.set_topics();
            }
            Control::HoldReplication => self.log.hold(),
            Control::ReleaseReplication => {
                if let Some(replicated) = self.log.release() {
                    self.step(replicated);
                }
            }
            Control::FailAppend { error } => {
                let known = ErrorCode::ALL.iter().find(|code| code.name() == error);
                let unknown = || Trouble::Unreachable(format!("the log knows no error '{error}'"));
                self.log.fail_next(*known.ok_or_else(unknown)?);
            }
            Control::LoseUnreplicated => self.log.lose_unreplicated(),
            Control::PassRetention => self.now_ms += self.config.offsets_retention_ms,
            Control::CheckRetention => self.step(Input::RetentionCheck),
            Control::EndTransaction { producer, commits } => {
                let producer = convert::producer(producer).map_err(Trouble::Unreachable)?;
                self.step(Input::EndTransaction { producer, commits: *commits });
            }
        }
        Ok(())
    }

    fn collect(&mut self, _index: usize, _step: &Step) -> Result<Vec<Received>, Trouble> {
        Ok(std::mem::take(&mut self.received))
    }

    fn timers(&mut self) -> Option<TimersSeen> {
        let seen = std::mem::take(&mut self.timers);
        self.shows_inside.then_some(seen)
    }

    fn rules(&mut self) -> Option<BTreeSet<Rule>> {
        self.rules.replace(BTreeSet::new()).filter(|_| self.shows_inside)
    }

    fn made_id(&mut self, step: usize, _connection: &str) -> Result<Option<String>, Trouble> {
        Ok(self.offered.get(&step).cloned())
    }
}
