//! The task that owns the coordinator: it brings requests, time and fresh member ids in, and takes answers out.
//!
//! Records are replicated as soon as they are written: there is one node, and its log is this memory.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use muster_specs::Rule;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::{debug, info};
use uuid::Uuid;

use super::timers::Timers;
use crate::coordinator::{
    Change, Client, Config, Coordinator, Effect, ErrorCode, GroupDescription, GroupId, GroupListing, Input,
    InstanceId, Request, RequestId, Response, Timestamp, TopicName, Transition,
};

/// What the task is told.
pub(super) enum Command {
    /// A request, and where its answer goes. A request that is never answered has its sender dropped.
    Ask { client: Client, request: Request, answer: oneshot::Sender<Response> },
    /// The cluster's topics.
    Topics(BTreeMap<TopicName, i32>),
    /// Every group.
    List(oneshot::Sender<(ErrorCode, Vec<GroupListing>)>),
    /// One group.
    Describe(GroupId, oneshot::Sender<(ErrorCode, Option<GroupDescription>)>),
}

/// The task's state.
struct Engine {
    coordinator: Coordinator,
    timers: Timers,
    answers: HashMap<RequestId, oneshot::Sender<Response>>,
    requests: u64,
}

/// Runs until every sender of commands is gone.
pub(super) async fn run(config: Config, mut commands: mpsc::Receiver<Command>) {
    let mut engine = Engine {
        coordinator: Coordinator::new(config),
        timers: Timers::default(),
        answers: HashMap::new(),
        requests: 0,
    };
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
            command = commands.recv() => match command {
                Some(command) => engine.obey(command),
                None => return,
            },
            () = timer => {}
        }
    }
}

impl Engine {
    fn obey(&mut self, command: Command) {
        match command {
            Command::Ask { client, request, answer } => {
                self.requests += 1;
                let id = RequestId(self.requests);
                self.answers.insert(id, answer);
                let instance = request.joining_instance().map(InstanceId::as_str);
                let prefix = instance.unwrap_or(&client.client_id);
                let fresh_member_id = format!("{prefix}-{}", Uuid::new_v4()).into();
                self.step(Input::Request { id, client, fresh_member_id, request });
            }
            Command::Topics(topics) => self.step(Input::Topics(topics)),
            Command::List(answer) => {
                let _ = answer.send((self.coordinator.readiness(), self.coordinator.list_groups()));
            }
            Command::Describe(group, answer) => {
                let _ = answer.send((self.coordinator.readiness(), self.coordinator.describe_group(&group)));
            }
        }
    }

    /// Takes an input, and reports the records that it writes as replicated, until it writes none.
    fn step(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let transition = self.coordinator.step(now(), input);
            if !transition.rules.is_empty() {
                let rules: Vec<_> = transition.rules.iter().map(|rule| rule.id()).collect();
                debug!(rules = rules.join(" "), "step");
            }
            let written = transition.changes.iter().rev().find_map(|change| match change {
                Change::Append { position, .. } => Some(*position),
                Change::Await { .. }
                | Change::Committed { .. }
                | Change::Lost { .. }
                | Change::Restored(_)
                | Change::Group { .. }
                | Change::Topics(_)
                | Change::OffsetsForgotten(_) => None,
            });
            next = written.map(|through| Input::Committed { through });
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
                    if let Some(answer) = self.answers.remove(&id) {
                        // A client that is gone does not hear its answer.
                        let _ = answer.send(response);
                    }
                }
                Effect::SetTimer { key, after } => self.timers.set(key, Instant::now() + after),
                Effect::CancelTimer { key } => self.timers.cancel(&key),
            }
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
