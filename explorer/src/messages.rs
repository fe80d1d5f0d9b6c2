//! Messages with two ends: when each was sent, when it was taken, or what became of it.

use std::collections::{BTreeMap, VecDeque};

use muster_model::actor::{GroupAction, GroupState, NodeState, Timer};
use muster_model::consumer::{Consumer, ConsumerTimer};
use muster_model::message::{Msg, Request};
use muster_model::store::Write;
use muster_model::trace::convert;
use serde::Serialize;
use stateright::actor::Network;

use crate::key::{request_name, response_name};
use crate::label;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is on its way at the end of the path.
    InFlight,
    /// It was taken.
    Delivered,
    /// A request that was answered with an error.
    Rejected,
    /// It will not be read.
    Lost,
}

/// A message. Steps are places in the path, from 1; 0 is the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Its place among the messages of the path.
    pub id: usize,
    /// Kafka's API.
    pub api: String,
    /// Whether it goes to the coordinator.
    pub request: bool,
    /// The client whose connection carries it.
    pub client: String,
    /// The connection.
    pub connection: String,
    /// A write to the outside store, on the client's own connection there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub to_store: bool,
    /// In a few words.
    pub label: Vec<String>,
    /// The error of an answer, `NONE` where there is none; of a request, of its answer in the step that took it.
    pub error: Option<String>,
    /// The step that sent it.
    pub sent: usize,
    /// A step on its way: it got through to the broker's side of the network.
    pub passed: Option<usize>,
    /// The step that took it, or in which it was lost.
    pub ended: Option<usize>,
    /// What became of it.
    pub fate: Fate,
}

type Channel = (usize, usize);

/// Follows the messages along a path.
#[derive(Default)]
pub struct Post {
    /// Every message so far.
    pub messages: Vec<Message>,
    /// The messages of each channel, in order; `None` stands for a ghost.
    channels: BTreeMap<Channel, VecDeque<Option<usize>>>,
    /// A request that has left its client and has not reached the network.
    outbox: BTreeMap<usize, usize>,
    /// A request of a connection that was given up.
    given_up: BTreeMap<usize, usize>,
}

impl Post {
    /// What is on its way at the start.
    pub fn start(first: &GroupState) -> Self {
        let mut post = Self::default();
        post.find_sent(first, 0, None);
        post
    }

    /// Takes a step. `refused` is the error of the answer that the step gave to the request that it took, and
    /// `unread` says that the answer it took was not read.
    pub fn step(
        &mut self,
        step: usize,
        action: &GroupAction,
        after: &GroupState,
        refused: Option<String>,
        unread: bool,
    ) {
        let mut carried = None;
        match action {
            GroupAction::Deliver { src, dst, msg } => {
                let channel = (usize::from(*src), usize::from(*dst));
                let taken = self.channels.get_mut(&channel).and_then(VecDeque::pop_front).flatten();
                if let Some(message) = taken.and_then(|id| self.messages.get_mut(id)) {
                    message.ended = Some(step);
                    message.fate = match (msg, &refused, unread) {
                        (Msg::Request(..) | Msg::Write(_), Some(error), _) if error != "NONE" => {
                            Fate::Rejected
                        }
                        (_, _, true) => Fate::Lost,
                        (_, _, false) => Fate::Delivered,
                    };
                    if message.request {
                        message.error = refused;
                    }
                }
            }
            GroupAction::Timeout(id, Timer::Consumer(_, ConsumerTimer::Deliver)) => {
                carried = self.outbox.remove(&usize::from(*id));
            }
            GroupAction::Timeout(id, Timer::Consumer(_, ConsumerTimer::DeliverAbandoned)) => {
                carried = self.given_up.remove(&usize::from(*id));
            }
            GroupAction::Timeout(id, Timer::Consumer(_, ConsumerTimer::GiveUp | ConsumerTimer::Crash)) => {
                self.give_up(usize::from(*id), after, step);
            }
            GroupAction::Timeout(..)
            | GroupAction::Drop(_)
            | GroupAction::Crash(_)
            | GroupAction::Recover(_)
            | GroupAction::SelectRandom { .. } => {}
        }
        if let Some(message) = carried.and_then(|id| self.messages.get_mut(id)) {
            message.passed = Some(step);
        }
        self.find_sent(after, step, carried);
    }

    /// The request that had not reached the network is kept for later, or lost.
    fn give_up(&mut self, actor: usize, after: &GroupState, step: usize) {
        let kept = consumer(after, actor).is_some_and(|consumer| consumer.abandoned.is_some());
        let Some(id) = self.outbox.remove(&actor) else { return };
        let lost = if kept { self.given_up.insert(actor, id) } else { Some(id) };
        if let Some(message) = lost.and_then(|id| self.messages.get_mut(id)) {
            message.ended = Some(step);
            message.fate = Fate::Lost;
        }
    }

    /// Finds what the state has on its way that was not known before. `carried` is a request that reached the
    /// network in this step.
    fn find_sent(&mut self, state: &GroupState, step: usize, mut carried: Option<usize>) {
        if let Network::Ordered(flows) = &state.network {
            for ((src, dst), flow) in flows {
                let channel = (usize::from(*src), usize::from(*dst));
                let known = self.channels.get(&channel).map_or(0, VecDeque::len);
                for msg in flow.iter().skip(known) {
                    let id = match msg {
                        Msg::MayExpire(_)
                        | Msg::Metadata(_)
                        | Msg::TookUp
                        | Msg::EndTransaction(_)
                        | Msg::TransactionEnded => None,
                        Msg::Request(..) if carried.is_some() => carried.take(),
                        Msg::Request(..) | Msg::Response(..) | Msg::Write(_) => self.send(msg, step),
                    };
                    self.channels.entry(channel).or_default().push_back(id);
                }
            }
        }
        for actor in 1..state.actor_states.len() {
            let Some(consumer) = consumer(state, actor) else { continue };
            if let (Some(request), false) = (&consumer.outbox, self.outbox.contains_key(&actor)) {
                let client = format!("c{actor}");
                let connection = format!("{client}#{}", consumer.connection + 1);
                let id = self.add(request_message(client, connection, request), step);
                self.outbox.insert(actor, id);
            }
        }
    }

    fn send(&mut self, msg: &Msg, step: usize) -> Option<usize> {
        let message = match msg {
            Msg::Request(connection, request) => {
                request_message(connection.client.to_string(), connection.to_string(), request)
            }
            Msg::Response(connection, response) => {
                let told = convert::response(response);
                Message {
                    api: response_name(response).to_owned(),
                    label: label::response(&told),
                    error: Some(label::error_of(&told).to_owned()),
                    ..message(false, connection.client.to_string(), connection.to_string())
                }
            }
            Msg::Write(write) => written(*write),
            Msg::MayExpire(_)
            | Msg::Metadata(_)
            | Msg::TookUp
            | Msg::EndTransaction(_)
            | Msg::TransactionEnded => return None,
        };
        Some(self.add(message, step))
    }

    fn add(&mut self, message: Message, step: usize) -> usize {
        let id = self.messages.len();
        self.messages.push(Message { id, sent: step, ..message });
        id
    }
}

fn consumer(state: &GroupState, actor: usize) -> Option<&Consumer> {
    match state.actor_states.get(actor)?.as_ref() {
        NodeState::Consumer(consumer) => Some(consumer),
        NodeState::Coordinator(_) | NodeState::Store(_) | NodeState::Cluster(_) | NodeState::Ledger(_) => {
            None
        }
    }
}

fn request_message(client: String, connection: String, request: &Request) -> Message {
    let label = label::request(&convert::request(request));
    Message { api: request_name(request).to_owned(), label, ..message(true, client, connection) }
}

fn written(write: Write) -> Message {
    let (client, record) =
        (write.client.to_string(), format!("record {} of {}", write.record, write.partition));
    let connection = format!("{client} to the store");
    let label = vec!["write".to_owned(), record];
    Message { api: "write".to_owned(), to_store: true, label, ..message(true, client, connection) }
}

/// A message of which only the connection is known.
pub(crate) fn message(request: bool, client: String, connection: String) -> Message {
    Message {
        id: 0,
        api: String::new(),
        request,
        client,
        connection,
        to_store: false,
        label: Vec::new(),
        error: None,
        sent: 0,
        passed: None,
        ended: None,
        fate: Fate::InFlight,
    }
}
