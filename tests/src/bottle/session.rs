//! One trace in a bottle.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{BufMut as _, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable as _, StrBytes, encode_request_header_into_buffer};
use muster_model::trace::{Control, Request, Response, Serving, Step, Timer, Trace};

use super::frames::{Connection, Frame, Reply};
use super::process::Bottle;
use crate::schedule::{Key, Schedule};
use crate::system::{Defect, Received, Session, TimersSeen, Trouble};
use crate::wire::channel::Incoming;
use crate::wire::decode::decode;
use crate::wire::encode::{Context, encode, producer_id};
use crate::wire::topics::Topics;

const GROUP: &str = "group";
/// Kafka's timer that looks for what has expired.
const EXPIRATION: &str = "expire-group-metadata";
/// `offsets.retention.minutes`, by its default, in milliseconds.
const RETENTION_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// Stands before a trace's topics: what it has not set up must not exist.
const PREFIX: &str = "muster";

/// A request that is not answered.
struct Asked {
    connection: String,
    api: ApiKey,
    version: i16,
}

/// A run under way. A connection that was in the middle of something when the run ended is not given back.
pub(super) struct BottleSession<'s> {
    bottle: &'s Bottle,
    connection: Option<Connection>,
    trace: &'s Trace,
    schedule: Schedule,
    topics: Topics,
    asked: BTreeMap<i32, Asked>,
    received: Vec<Received>,
    /// Member ids that an answer has told, or that were found out.
    issued: BTreeSet<String>,
    /// The timers that the last frame set, and those that it ended.
    set: Vec<String>,
    gone: Vec<String>,
}

impl<'s> BottleSession<'s> {
    pub(super) fn open(
        bottle: &'s Bottle,
        connection: Connection,
        trace: &'s Trace,
        schedule: Schedule,
        seed: u64,
    ) -> Result<Self, Trouble> {
        let topics = Topics::new(PREFIX, trace);
        let mut properties = Vec::new();
        if let Some(size) = trace.setting.group_max_size {
            properties.push(("group.max.size", size.to_string()));
        }
        let serving = match trace.setting.serving {
            Serving::Active => 0,
            Serving::Loading => 1,
            Serving::NotCoordinator => 2,
            Serving::NotAvailable => 3,
        };
        // Kafka hands a timer without a delay to another thread, so a trace may let something come before it.
        let patient = true;
        let new =
            Frame::New { seed, serving, patient, properties, topics: topics.wanted().into_iter().collect() };
        let mut session = Self {
            bottle,
            connection: Some(connection),
            trace,
            schedule,
            topics,
            asked: BTreeMap::new(),
            received: Vec::new(),
            issued: BTreeSet::new(),
            set: Vec::new(),
            gone: Vec::new(),
        };
        session.exchange(&new)?;
        Ok(session)
    }

    /// Sends a frame and takes what the coordinator did until it was idle.
    fn exchange(&mut self, frame: &Frame<'_>) -> Result<Vec<String>, Trouble> {
        let Some(mut connection) = self.connection.take() else {
            return Err(Trouble::Unreachable("the bottle had ended before".to_owned()));
        };
        let reply = connection.exchange(frame).map_err(|error| self.bottle.ended(&error))?;
        self.connection = Some(connection);
        let Reply { answers, set, gone, lines } = reply;
        for (number, bytes) in answers {
            self.take(number, bytes);
        }
        (self.set, self.gone) = (set, gone);
        Ok(lines)
    }

    fn take(&mut self, number: i32, mut bytes: bytes::Bytes) {
        // An answer to a request that was answered before stands out as one on no connection.
        let Some(Asked { connection, api, version }) = self.asked.remove(&number) else {
            let answer = Err(Defect::Undecodable("an answer to no request".to_owned()));
            return self.received.push(Received { connection: String::new(), answer });
        };
        let header = ResponseHeader::decode(&mut bytes, api.response_header_version(version));
        let answer = match header {
            Err(error) => Err(Defect::Undecodable(format!("response header: {error}"))),
            Ok(header) => decode(
                &Incoming { correlation: header.correlation_id, api, version, body: bytes },
                &self.topics,
                GROUP,
            ),
        };
        if let Ok(Response::JoinGroup { member, .. }) = &answer {
            self.issued.insert(member.clone());
        }
        self.received.push(Received { connection, answer });
    }
}

/// Kafka's name of the timer; requests and timers carry real ids.
fn name(timer: &Timer) -> String {
    match timer {
        Timer::Session { member } | Timer::NewMemberJoin { member } => format!("heartbeat-{GROUP}-{member}"),
        Timer::InitialDelay | Timer::Rebalance => format!("join-{GROUP}"),
        Timer::PendingSync => format!("sync-{GROUP}"),
    }
}

/// The timer of Kafka's name; none of the others concerns a group of the classic protocol.
fn key(name: &str) -> Option<Key> {
    let (kind, rest) = name.split_once(&format!("-{GROUP}"))?;
    match (kind, rest) {
        ("heartbeat", member) => member.strip_prefix('-').map(|member| Key::Heartbeat(member.to_owned())),
        ("join", "") => Some(Key::Join),
        ("sync", "") => Some(Key::Sync),
        _ => None,
    }
}

/// The client that a connection belongs to, of whose name Kafka makes member ids.
fn client_of(connection: &str) -> &str {
    connection.split('#').next().unwrap_or(connection)
}

impl Session for BottleSession<'_> {
    fn send(&mut self, step: usize, connection: &str, request: &Request) -> Result<(), Trouble> {
        let unsendable = |why: String| {
            Trouble::Unreachable(format!("step {step} of {} cannot be sent: {why}", self.trace.name))
        };
        let timeouts = self.schedule.timeouts(&self.trace.steps[step]);
        let context = Context { group: GROUP, topics: &self.topics, timeouts };
        let outgoing = encode(request, &context).map_err(unsendable)?;
        let number = i32::try_from(step).map_err(|error| unsendable(error.to_string()))?;
        let header = RequestHeader::default()
            .with_request_api_key(outgoing.api as i16)
            .with_request_api_version(outgoing.version)
            .with_correlation_id(number)
            .with_client_id(Some(StrBytes::from_string(client_of(connection).to_owned())));
        let mut bytes = BytesMut::new();
        encode_request_header_into_buffer(&mut bytes, &header)
            .map_err(|error| unsendable(error.to_string()))?;
        bytes.put_slice(&outgoing.body);
        let asked = Asked { connection: connection.to_owned(), api: outgoing.api, version: outgoing.version };
        self.asked.insert(number, asked);
        self.exchange(&Frame::Request { number, bytes: &bytes })?;
        Ok(())
    }

    fn fire(&mut self, _step: usize, timer: &Timer) -> Result<(), Trouble> {
        if self.exchange(&Frame::Fire(&name(timer)))?.is_empty() {
            self.received.push(Received { connection: String::new(), answer: Err(Defect::TimerNotSet) });
        }
        Ok(())
    }

    fn control(&mut self, control: &Control) -> Result<(), Trouble> {
        let told = self.exchange(&match control {
            Control::HoldReplication => Frame::HoldReplication,
            Control::ReleaseReplication => Frame::ReleaseReplication,
            Control::FailAppend { error } => Frame::FailAppend(error),
            Control::Resign => Frame::Resign,
            Control::LoseUnreplicated => Frame::LoseUnreplicated,
            Control::Elect => Frame::Elect,
            Control::PassRetention => Frame::Pass(RETENTION_MS),
            Control::CheckRetention => Frame::Fire(EXPIRATION),
            Control::EndTransaction { producer, commits } => {
                let producer = producer_id(producer).map_err(Trouble::Unreachable)?;
                Frame::EndTransaction { producer, commits: *commits }
            }
        })?;
        if *control == Control::CheckRetention && told.is_empty() {
            self.received.push(Received { connection: String::new(), answer: Err(Defect::TimerNotSet) });
        }
        Ok(())
    }

    fn collect(&mut self, _index: usize, _step: &Step) -> Result<Vec<Received>, Trouble> {
        Ok(std::mem::take(&mut self.received))
    }

    fn timers(&mut self) -> Option<TimersSeen> {
        let keys = |names: &[String]| names.iter().filter_map(|name| key(name)).collect();
        Some(TimersSeen { set: keys(&self.set), gone: keys(&self.gone) })
    }

    /// The session timer of a new member has its id in its name. A step makes one id at most.
    fn made_id(&mut self, _step: usize, _connection: &str) -> Result<Option<String>, Trouble> {
        let id = self.set.iter().filter_map(|timer| key(timer)).find_map(|key| match key {
            Key::Heartbeat(id) => Some(id).filter(|id| !self.issued.contains(id)),
            Key::Join | Key::Sync => None,
        });
        self.issued.extend(id.clone());
        Ok(id)
    }
}

impl Drop for BottleSession<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.bottle.give_back(connection);
        }
    }
}
