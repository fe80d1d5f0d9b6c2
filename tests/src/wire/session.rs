//! One run of one trace on a broker: a fresh group, a connection for each of the trace's.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use kafka_protocol::messages::{ApiKey, DescribeGroupsResponse, GroupId, HeartbeatRequest};
use muster_model::trace::{Event, Request, Response, Step, Timer, Trace};

use super::broker::Broker;
use super::channel::{Incoming, Outgoing};
use super::decode::decode;
use super::encode::{Context, encode, outgoing, text};
use super::switchboard::{PATIENCE, Switchboard};
use super::tidy;
use super::topics::Topics;
use super::watch::Watch;
use crate::clock::now;
use crate::schedule::{Schedule, TIMER_LATENCY_MS};
use crate::system::{Defect, Received, Session, Trouble};

/// How long answers get before a probe tells whether the broker is slow or silent.
const PROMPT: Duration = Duration::from_millis(TIMER_LATENCY_MS);
/// The connection of the test's own requests; a trace's connections start with a client's name.
const OWN: &str = "";
/// How long a request gets to be taken before a probe follows it on another connection.
const BEFORE_PROBE: Duration = Duration::from_millis(5);
/// How soon the user who ends the run is heard.
const SLICE: Duration = Duration::from_millis(100);
/// How long an answer gets after the probe's.
const AFTER_PROBE: Duration = Duration::from_millis(20);

/// A run under way.
pub(super) struct WireSession<'s> {
    broker: &'s Broker,
    switchboard: Switchboard<'s>,
    trace: &'s Trace,
    group: String,
    topics: Topics,
    schedule: Schedule,
    watch: Watch,
    issued: BTreeSet<String>,
    /// When the step under way began, and by when its timer has fired.
    started: Instant,
    due: Option<Instant>,
    /// Stands before a client's name in its client id: brokers make member ids of client ids, and some choose by
    /// the order of ids.
    salts: BTreeMap<String, String>,
    /// What came between steps.
    early: Vec<(String, Result<Incoming, Defect>)>,
}

impl<'s> WireSession<'s> {
    pub(super) fn new(
        broker: &'s Broker,
        switchboard: Switchboard<'s>,
        trace: &'s Trace,
        topics: Topics,
        group: String,
        schedule: Schedule,
    ) -> Self {
        let (watch, issued, salts) = (Watch::default(), BTreeSet::new(), BTreeMap::new());
        Self {
            broker,
            switchboard,
            trace,
            group,
            topics,
            schedule,
            watch,
            issued,
            started: now(),
            due: None,
            salts,
            early: Vec::new(),
        }
    }

    fn client_id(&mut self, connection: &str) -> String {
        let client = connection.split('#').next().unwrap_or(connection);
        let salt = || self.broker.salt(self.trace, client);
        format!("{}-{client}", self.salts.entry(client.to_owned()).or_insert_with(salt))
    }

    fn describe(&mut self) -> Result<DescribeGroupsResponse, Trouble> {
        let mut early = Vec::new();
        let described =
            tidy::describe(&mut self.switchboard, self.broker.versions(), &self.group, &mut early);
        self.early.extend(early);
        described
    }

    fn take(&mut self, arrived: Vec<(String, Result<Incoming, Defect>)>, received: &mut Vec<Received>) {
        for (connection, answer) in arrived.into_iter().filter(|(from, _)| from != OWN) {
            let answer = answer.and_then(|incoming| decode(&incoming, &self.topics, &self.group));
            if let Ok(Response::JoinGroup { member, .. }) = &answer {
                self.issued.insert(member.clone());
            }
            received.push(Received { connection, answer });
        }
    }

    /// Waits for the answers that the step expects; whether the run was still on time when they came, or when it
    /// was clear that they would not come by themselves.
    fn expect(&mut self, step: &Step, received: &mut Vec<Received>) -> Result<Result<(), Trouble>, Trouble> {
        let missing = |received: &[Received]| {
            step.answers.iter().any(|a| !received.iter().any(|r| r.connection == a.connection))
        };
        let mut timely = Ok(());
        for patience in [PROMPT, PATIENCE] {
            let mut deadline = self.due.unwrap_or(self.started).max(now()) + patience;
            if let (Some(next), Some(_)) = (self.watch.next(), self.due) {
                // What comes after another timer may have fired is not the doing of this one.
                deadline = deadline.min(next);
            }
            while missing(received) && now() < deadline {
                let arrived = self.switchboard.receive(deadline.min(now() + SLICE));
                self.take(arrived, received);
                self.broker.stopped()?;
            }
            if !missing(received) {
                return Ok(self.watch.check(now()));
            }
            if patience == PROMPT {
                self.conclude_parked(received)?;
                timely = self.watch.check(now());
            }
        }
        Ok(timely)
    }

    /// Concludes that what is unanswered is parked: a request that came after it has been answered.
    fn conclude_parked(&mut self, received: &mut Vec<Received>) -> Result<(), Trouble> {
        self.listen(BEFORE_PROBE, received)?;
        let mut other = Vec::new();
        let probed = self.switchboard.exchange(OWN, &self.probe()?, &mut other);
        self.take(other, received);
        probed?;
        self.listen(AFTER_PROBE, received)
    }

    fn listen(&mut self, time: Duration, received: &mut Vec<Received>) -> Result<(), Trouble> {
        let deadline = now() + time;
        while now() < deadline {
            let arrived = self.switchboard.receive(deadline.min(now() + SLICE));
            self.take(arrived, received);
            self.broker.stopped()?;
        }
        Ok(())
    }

    /// A Heartbeat of a member that never existed: answered at once, and changes nothing.
    fn probe(&self) -> Result<Outgoing, Trouble> {
        let heartbeat = HeartbeatRequest::default()
            .with_group_id(GroupId(text(&self.group)))
            .with_member_id(text("muster-probe"))
            .with_generation_id(i32::MAX);
        let version = self.broker.versions().highest(ApiKey::Heartbeat)?;
        outgoing(ApiKey::Heartbeat, version, &heartbeat).map_err(Trouble::Unreachable)
    }

    /// Members and offsets of a run are of no use to anyone.
    fn clean_up(&mut self) -> Result<bool, Trouble> {
        let issued: Vec<String> = self.issued.iter().filter(|id| !id.is_empty()).cloned().collect();
        let removed = tidy::remove(&mut self.switchboard, self.broker.versions(), &self.group, &issued);
        // What the departure of the members answered makes those connections usable again.
        self.switchboard.receive(now());
        removed
    }
}

impl Session for WireSession<'_> {
    fn send(&mut self, step: usize, connection: &str, request: &Request) -> Result<(), Trouble> {
        let timeouts = self.schedule.timeouts(&self.trace.steps[step]);
        let context = Context { group: &self.group, topics: &self.topics, timeouts };
        let outgoing = encode(request, &context).map_err(|why| {
            Trouble::Unreachable(format!("step {step} of {} cannot be sent: {why}", self.trace.name))
        })?;
        let client_id = self.client_id(connection);
        (self.started, self.due) = (now(), None);
        self.switchboard.send(connection, &client_id, &outgoing)?;
        Ok(())
    }

    fn fire(&mut self, step: usize, _timer: &Timer) -> Result<(), Trouble> {
        // The trace's own timer carries the symbol by which the watch knows it.
        if let Event::Timer { timer } = &self.trace.steps[step].event {
            // What the timer sets runs from when it fires, not from when the waiting for it begins.
            let due = self.watch.due(timer);
            self.started = due.map_or_else(now, |(earliest, _)| earliest.max(now()));
            self.due = due.map(|(_, latest)| latest);
        }
        Ok(())
    }

    fn collect(&mut self, _index: usize, step: &Step) -> Result<Vec<Received>, Trouble> {
        let mut received = Vec::new();
        let early = std::mem::take(&mut self.early);
        self.take(early, &mut received);
        self.expect(step, &mut received)??;
        if received.len() < step.answers.len() {
            return Ok(received);
        }
        if let Some(due) = self.due.filter(|_| step.answers.is_empty()) {
            self.listen(
                (due + Duration::from_millis(TIMER_LATENCY_MS)).saturating_duration_since(now()),
                &mut received,
            )?;
        }
        if self.switchboard.is_awaiting(|name| name != OWN) {
            self.conclude_parked(&mut received)?;
        }
        let ended = now();
        self.watch.check(ended)?;
        self.watch.step(step, &self.schedule, self.started, ended);
        if received.len() > step.answers.len() {
            // What came unasked may be the doing of a timer that this very step has set.
            self.watch.check(ended)?;
        }
        Ok(received)
    }

    /// `DescribeGroups` tells the ids of members, with the client ids of which they are made.
    fn made_id(&mut self, _step: usize, connection: &str) -> Result<Option<String>, Trouble> {
        if !self.broker.versions().has(ApiKey::DescribeGroups) {
            return Ok(None);
        }
        let client_id = self.client_id(connection);
        let deadline = now() + PROMPT;
        loop {
            let described = self.describe()?;
            let made = described.groups.iter().flat_map(|group| &group.members).find(|member| {
                member.client_id.as_str() == client_id && !self.issued.contains(member.member_id.as_str())
            });
            if let Some(made) = made {
                let id = made.member_id.to_string();
                self.issued.insert(id.clone());
                return Ok(Some(id));
            }
            if now() > deadline {
                return Ok(None);
            }
            self.broker.stopped()?;
            thread::sleep(BEFORE_PROBE);
        }
    }
}

impl Drop for WireSession<'_> {
    fn drop(&mut self) {
        // A broker that cannot be tidied up has been judged all the same; it is tried again at the end.
        if !matches!(self.clean_up(), Ok(true)) {
            self.broker.groups.leave(&self.group, self.switchboard.address());
        }
    }
}
