//! The task that owns the coordinator: it brings requests, time and fresh member ids in, and takes answers out.
//!
//! Records are replicated as soon as they are written: there is one node. Its log is this memory, or on disk, and then
//! an answer that rests on a record leaves when that is synced.

mod begin;
mod bounds;
mod disturb;
mod offers;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use muster_specs::Rule;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::{debug, info};
use uuid::Uuid;

use super::server::Kept;
use super::timers::Timers;
use super::watch::{Seen, Watch};
use crate::coordinator::{
    Change, Client, Config, Coordinator, Effect, ErrorCode, GroupDescription, GroupId, GroupListing, Input,
    InstanceId, MemberId, Position, Record, Request, RequestId, Response, Timestamp, TopicName, Transition,
};
use crate::storage::{Job, Writer};

/// Commands that are taken at once, at most, before their records are written.
const TOGETHER: usize = 1024;

/// Requests whose answers may be awaited with no room given back; of more, the room goes when most are answered.
const ANSWERS: usize = 1024;

/// What the task is told.
pub(super) enum Command {
    /// A request, and where its answer goes, for which no room is held before. A request that is never answered has its
    /// sender dropped.
    Ask { client: Client, request: Request, answer: oneshot::Sender<Box<Response>> },
    /// The cluster's topics.
    Topics(BTreeMap<TopicName, i32>),
    /// Every group.
    List(oneshot::Sender<(ErrorCode, Vec<GroupListing>)>),
    /// One group.
    Describe(GroupId, oneshot::Sender<(ErrorCode, Option<GroupDescription>)>),
    /// A member's session ends; false: there is no such member.
    Expire(GroupId, MemberId, oneshot::Sender<bool>),
    /// The group rebalances; the error is its state if it is not one to rebalance from.
    Rebalance(GroupId, oneshot::Sender<Result<(), &'static str>>),
    /// The coordinator ends, and another takes over from its records.
    Restart(oneshot::Sender<()>),
}

/// A request that is not answered yet.
struct Waiting {
    answer: oneshot::Sender<Box<Response>>,
    /// What it is told when the coordinator ends before it answers.
    unanswered: disturb::Unanswered,
}

/// Where the coordinator's records are kept.
pub(super) struct Durability {
    pub(super) writer: Arc<Writer>,
    /// Those that are there.
    pub(super) records: Vec<Record>,
}

/// The coordinator's records up to and with `through`, from `first` on, are on disk, or never will be.
struct Written {
    epoch: u64,
    first: Position,
    through: Position,
    lasts: bool,
}

/// Records on their way to disk.
struct Log {
    writer: Arc<Writer>,
    written: mpsc::UnboundedSender<Written>,
    /// Appended, and not given to the writer yet.
    gathered: Vec<Record>,
    first: Position,
    /// One more each time that records were lost, or another coordinator took over.
    epoch: u64,
    /// How many times the writer was given records of which nothing is known yet.
    in_flight: usize,
}

/// The task's state.
struct Engine {
    log: Option<Log>,
    coordinator: Coordinator,
    timers: Timers,
    answers: HashMap<RequestId, Waiting>,
    requests: u64,
    watch: Watch,
    kept: Kept,
    /// What the log says last of each group, as it says it.
    metadata: BTreeMap<GroupId, Bytes>,
    /// Whoever waits for a restart, which waits for the writer.
    restarts: Vec<oneshot::Sender<()>>,
    bounds: bounds::Bounds,
    offers: offers::Offers,
}

/// Runs until every sender of commands is gone.
pub(super) async fn run(
    config: Config,
    mut commands: mpsc::Receiver<Command>,
    durability: Option<Durability>,
    kept: Kept,
    max_memory: u64,
    watch: Watch,
) {
    let (sender, mut written) = mpsc::unbounded_channel();
    let mut engine = Engine::new(config, kept, max_memory, watch);
    if let Some(durability) = durability {
        engine.resume(durability, sender);
    }
    let mut retention = begin::retention(engine.coordinator.config());
    loop {
        while let Some(key) = engine.timers.take_due(Instant::now()) {
            debug!(?key, "timer");
            engine.step(Input::Timer(key));
        }
        let next = engine.timers.next();
        let timer = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(written) = written.recv() => engine.written(&written),
            command = commands.recv() => match command {
                Some(command) => engine.obey(command),
                None => return,
            },
            () = timer => {}
            _ = retention.tick() => engine.step(Input::RetentionCheck),
        }
        // What else is there already comes along: its records are written together.
        for _ in 0..TOGETHER {
            let Ok(command) = commands.try_recv() else { break };
            engine.obey(command);
        }
        engine.write();
        engine.restart();
    }
}

impl Engine {
    /// Takes the records of a transition, to be written; the last one's position if nothing keeps them: then they are
    /// replicated as soon as they are there.
    fn gather(&mut self, transition: &Transition) -> Option<Position> {
        let mut last = None;
        for change in &transition.changes {
            let Change::Append { position, record } = change else { continue };
            self.remember(record);
            match &mut self.log {
                None => last = Some(*position),
                Some(log) => {
                    if log.gathered.is_empty() {
                        log.first = *position;
                    }
                    log.gathered.push(record.clone());
                }
            }
        }
        last
    }

    /// Gives the writer what was gathered.
    fn write(&mut self) {
        let Some(log) = self.log.as_mut().filter(|log| !log.gathered.is_empty()) else { return };
        let records = std::mem::take(&mut log.gathered);
        let (epoch, first, told) = (log.epoch, log.first, log.written.clone());
        let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let through = Position(first.0.saturating_add(count).saturating_sub(1));
        let done = Box::new(move |outcome: Result<(), _>| {
            let _ = told.send(Written { epoch, first, through, lasts: outcome.is_ok() });
        });
        log.in_flight += 1;
        log.writer.give(Job::Records { epoch, records, done });
    }

    /// Records are on disk, or never will be. In that case the coordinator takes back all that followed them too, and
    /// what is still told of those is of no interest.
    fn written(&mut self, written: &Written) {
        let Some(log) = &mut self.log else { return };
        log.in_flight = log.in_flight.saturating_sub(1);
        if log.epoch != written.epoch {
            return;
        }
        if written.lasts {
            self.step(Input::Committed { through: written.through });
        } else {
            log.epoch += 1;
            log.gathered.clear();
            self.step(Input::AppendFailed { first: written.first, error: ErrorCode::KafkaStorageError });
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Ask { mut client, mut request, answer } => {
                self.offers.share(&mut client, &mut request);
                if let Some(refused) = self.refuse_growth(&client, &request) {
                    let _ = answer.send(Box::new(refused));
                    return;
                }
                self.requests += 1;
                let id = RequestId(self.requests);
                self.answers.insert(id, Waiting { answer, unanswered: disturb::Unanswered::of(&request) });
                let instance = request.joining_instance().map(InstanceId::as_str);
                let prefix = instance.unwrap_or(client.client_id());
                // To draw one takes a while, and most requests need none.
                let fresh_member_id = match &request {
                    Request::JoinGroup(_) => format!("{prefix}-{}", Uuid::new_v4()).into(),
                    Request::FindCoordinator(_)
                    | Request::SyncGroup(_)
                    | Request::Heartbeat(_)
                    | Request::LeaveGroup(_)
                    | Request::OffsetCommit(_)
                    | Request::TxnOffsetCommit(_)
                    | Request::OffsetFetch(_)
                    | Request::DeleteGroups(_)
                    | Request::OffsetDelete(_) => MemberId::default(),
                };
                self.step(Input::Request { id, client, fresh_member_id, request });
            }
            Command::Topics(topics) => self.step(Input::Topics(topics)),
            Command::List(answer) => {
                let _ = answer.send((self.coordinator.listing_error(), self.coordinator.list_groups()));
            }
            Command::Describe(group, answer) => {
                let _ = answer.send((self.coordinator.readiness(), self.coordinator.describe_group(&group)));
            }
            Command::Expire(group, member, answer) => _ = answer.send(self.expire(group, member)),
            Command::Rebalance(group, answer) => _ = answer.send(self.rebalance(group)),
            Command::Restart(answer) => self.restarts.push(answer),
        }
    }

    /// Takes an input, and reports the records that it writes as replicated, until it writes none.
    fn step(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let seen = Seen::of(&input);
            let before = seen.group().and_then(|group| self.coordinator.group_state(group));
            let transition = self.coordinator.step(now(), input);
            self.watch.look(&self.coordinator, &seen, before, &transition);
            if !transition.rules.is_empty() && tracing::enabled!(tracing::Level::DEBUG) {
                let rules: Vec<_> = transition.rules.iter().map(|rule| rule.id()).collect();
                debug!(rules = rules.join(" "), "step");
            }
            next = self.gather(&transition).map(|through| Input::Committed { through });
            self.follow(transition);
        }
    }

    fn follow(&mut self, transition: Transition) {
        let abandons = transition.rules.iter().any(|rule| {
            matches!(rule, Rule::ReplaceParkedJoin | Rule::ReplaceParkedSync | Rule::RemoveLeavingMember)
        });
        for effect in transition.effects {
            match effect {
                Effect::Answer { id, response, .. } => {
                    if let Some(waiting) = self.answers.remove(&id) {
                        // A client that is gone does not hear its answer.
                        let _ = waiting.answer.send(Box::new(response));
                    }
                }
                Effect::SetTimer { key, after } => self.timers.set(key, Instant::now() + after),
                Effect::CancelTimer { key } => self.timers.cancel(&key),
            }
        }
        if self.answers.capacity() > ANSWERS && self.answers.len() < self.answers.capacity() / 8 {
            self.answers.shrink_to(self.answers.len() * 2);
        }
        if abandons {
            let unanswered = self.coordinator.unanswered();
            let before = self.answers.len();
            self.answers.retain(|id, _| unanswered.contains(id));
            if self.answers.len() < before {
                info!("a parked request was replaced, or its member left: it stays unanswered");
            }
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the broker's shell reads the clock for the coordinator")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
