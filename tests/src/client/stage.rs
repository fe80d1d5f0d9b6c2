//! The stage of one scenario: a broker, a proxy before it, records that keep coming, and the client.

mod asked;
mod strike;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use muster_reference::broker::{Broker, BrokerConfig, Violation};
use muster_reference::coordinator::{GroupId, Request};
use tokio::task::JoinHandle;

use super::partner::{CLIENT_ID, Partner};
use super::process::Process;
use super::seen::{Disturbance, Moment, Seen, What};
use crate::clock::now;
use crate::observe::history::Exchange;
use crate::observe::proxy::Proxy;

pub(super) const GROUP: &str = "muster";
pub(super) const TOPIC: &str = "muster-conform";
pub(super) const PARTITIONS: i32 = 4;
/// What the client is told to take as its session timeout, in milliseconds.
pub(super) const SESSION_MS: u64 = 6_000;
const HEARTBEAT_MS: u64 = 500;
/// What it is told as `max.poll.interval.ms`, where its application is told to be slow: librdkafka wants no less than the
/// session timeout.
pub(super) const MAX_POLL_MS: u64 = 6_000;
/// How long its application is told to take with a record, once.
pub(super) const SLOW_MS: u64 = 12_000;
/// The instance id of a static member.
pub(super) const INSTANCE: &str = "muster-instance";
/// How long a client may take to join, on a machine with other things to do.
pub(super) const JOINS_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to come back.
pub(super) const RETURNS_WITHIN: Duration = Duration::from_secs(20);
/// How long it may take to leave.
const LEAVES_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// Between records.
const RECORD_EVERY: Duration = Duration::from_millis(200);

/// A scenario that is being played.
pub(super) struct Stage {
    command: Vec<String>,
    seen: Arc<Mutex<Seen>>,
    began: Instant,
    bootstrap: String,
    process: Option<Process>,
    tasks: Vec<JoinHandle<()>>,
    /// Whether the client's application is to be slow, once.
    pub(super) is_slow: bool,
    pub(super) broker: Broker,
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    /// Sets it up, without the client.
    pub(super) async fn set(command: &[String]) -> Result<Self, String> {
        let mut config = BrokerConfig::for_tests();
        config.topics.insert(TOPIC.into(), PARTITIONS);
        let broker = Broker::start(config).await.map_err(|error| error.to_string())?;
        let listen = ([127, 0, 0, 1], 0).into();
        let bound = Proxy::bind(listen, broker.address().to_string()).await;
        let (proxy, mut passed) = bound.map_err(|error| error.to_string())?;
        // What is done to the client and what passes is told by one clock.
        let began = proxy.began();
        let bootstrap = proxy.address().map_err(|error| error.to_string())?.to_string();
        let seen = Arc::new(Mutex::new(Seen::new(GroupId::from(GROUP))));
        let listener = Arc::clone(&seen);
        let listening = tokio::spawn(async move {
            while let Some(passed) = passed.recv().await {
                locked(&listener).take(&passed);
            }
        });
        let mut producer = Partner::connect(broker.address(), GROUP, TOPIC, PARTITIONS).await?;
        producer.produce().await?;
        let producing = tokio::spawn(async move {
            while producer.produce().await.is_ok() {
                tokio::time::sleep(RECORD_EVERY).await;
            }
        });
        let tasks = vec![tokio::spawn(proxy.run()), listening, producing];
        Ok(Self {
            command: command.to_vec(),
            seen,
            began,
            bootstrap,
            process: None,
            tasks,
            is_slow: false,
            broker,
        })
    }

    /// Microseconds since the proxy began.
    pub(super) fn now_us(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    fn note(&self, what: What) {
        locked(&self.seen).note(self.now_us(), what);
    }

    /// What is looked at by a condition: each exchange with its place in time.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        locked(&self.seen).history().exchanges.iter().cloned().collect()
    }

    /// Starts the client.
    pub(super) fn start(&mut self, instance: Option<&str>) -> Result<(), String> {
        let mut environment = vec![
            ("MUSTER_BOOTSTRAP", self.bootstrap.clone()),
            ("MUSTER_TOPIC", TOPIC.to_owned()),
            ("MUSTER_PARTITIONS", PARTITIONS.to_string()),
            ("MUSTER_GROUP", GROUP.to_owned()),
            ("MUSTER_CLIENT_ID", "client".to_owned()),
            ("MUSTER_SESSION_MS", SESSION_MS.to_string()),
            ("MUSTER_HEARTBEAT_MS", HEARTBEAT_MS.to_string()),
        ];
        environment.extend(instance.map(|instance| ("MUSTER_INSTANCE", instance.to_owned())));
        let is_slow = std::mem::take(&mut self.is_slow);
        if is_slow {
            environment.push(("MUSTER_MAX_POLL_MS", MAX_POLL_MS.to_string()));
            environment.push(("MUSTER_SLOW_MS", SLOW_MS.to_string()));
        }
        self.note(What::Started);
        if is_slow {
            self.note(What::Disturbed(Disturbance::Slow));
        }
        self.process = Some(Process::start(&self.command, &environment)?);
        Ok(())
    }

    /// Notes that the client has ended by itself, if it has.
    fn look_after(&mut self) -> bool {
        let Some(process) = &mut self.process else { return false };
        let Some(status) = process.ended() else { return true };
        let said = process.said();
        self.process = None;
        self.note(What::Ended(format!("the client ended ({status}): {said}")));
        false
    }

    /// Waits until something was seen; false: not in time, or the client has ended.
    pub(super) async fn until(&mut self, limit: Duration, condition: impl Fn(&Seen) -> bool) -> bool {
        let end = now() + limit;
        while now() < end {
            let is_there = {
                let seen = locked(&self.seen);
                condition(&seen)
            };
            if is_there {
                return true;
            }
            if !self.look_after() {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        false
    }

    /// Waits until the client is a working member: a request that it sent after this call, which only a member may
    /// send, is accepted.
    pub(super) async fn works(&mut self, limit: Duration) -> bool {
        let since = self.now_us();
        let is_work = |exchange: &Exchange| exchange.asked_at_us > since && works(exchange);
        self.until(limit, |seen| seen.history().exchanges.iter().rev().any(is_work)).await
    }

    /// Whether the client was a working member at some time since then.
    pub(super) fn has_worked(&self, since: i64) -> bool {
        let seen = locked(&self.seen);
        seen.history().exchanges.iter().any(|exchange| exchange.asked_at_us > since && works(exchange))
    }

    /// Lets time pass; false: the client has ended.
    pub(super) async fn pass(&mut self, time: Duration) -> bool {
        !self.until(time, |_nothing_is_awaited| false).await && self.process.is_some()
    }

    /// Notes what was done to the client.
    pub(super) fn disturbed(&self, disturbance: Disturbance) {
        self.note(What::Disturbed(disturbance));
    }

    /// Why what passed could not be read to its end, if it was so.
    pub(super) fn unreadable(&self) -> Option<String> {
        let seen = locked(&self.seen);
        seen.history().unreadable.first().map(|(connection, why)| format!("connection {connection}: {why}"))
    }

    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    /// A member of the harness, not joined yet, that offers what the client offers.
    pub(super) async fn partner(&self, instance: Option<&str>) -> Result<Partner, String> {
        let mut partner = Partner::connect(self.broker.address(), GROUP, TOPIC, PARTITIONS).await?;
        partner.offer(self.offers(), instance);
        Ok(partner)
    }

    pub(super) fn signal(&self, signal: &str) {
        if let Some(process) = &self.process {
            // One that is gone is found to have ended.
            let _gone = process.signal(signal);
        }
    }

    /// Asks the client to leave, and waits until it has.
    pub(super) async fn leave(&mut self) {
        if self.process.is_none() {
            return;
        }
        self.note(What::Leaving);
        self.signal("-TERM");
        let end = now() + LEAVES_WITHIN;
        while now() < end && self.process.as_mut().is_some_and(|process| process.ended().is_none()) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.kill();
    }

    /// Ends it: what was seen, in order, and what the broker's own watch found of the client.
    pub(super) async fn end(mut self) -> (Vec<Moment>, Arc<Mutex<Seen>>, Vec<Violation>) {
        self.leave().await;
        self.note(What::Over);
        for task in &self.tasks {
            task.abort();
        }
        let mut found = self.broker.violations();
        found.retain(|violation| violation.client_id != CLIENT_ID);
        let moments = locked(&self.seen).moments();
        let seen = Arc::clone(&self.seen);
        self.broker.shutdown().await;
        (moments, seen, found)
    }
}

/// Whether an exchange shows a working member.
pub(super) fn works(exchange: &Exchange) -> bool {
    let is_members = match &exchange.request {
        Request::Heartbeat(_) => true,
        Request::OffsetCommit(commit) => commit.generation.0 >= 0,
        Request::TxnOffsetCommit(txn) => txn.commit.generation.0 >= 0,
        Request::FindCoordinator(_)
        | Request::JoinGroup(_)
        | Request::SyncGroup(_)
        | Request::LeaveGroup(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => false,
    };
    is_members && exchange.answer.as_ref().is_some_and(|(_, answer)| answer.error() == 0)
}
