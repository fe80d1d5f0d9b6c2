//! The world: one coordinator, its clients, and between them connections that delay, fail and deliver late. All that
//! happens follows from the seed.

use std::collections::BTreeMap;

use muster_conformance::random::Random;
use muster_reference::consumer::ConsumerTimer;
use muster_reference::coordinator::{
    Coordinator, Generation, Input, Position, Request, RequestId, TimerKey, Timestamp, TopicName,
};

use super::client::Client;
use super::clock::{Clock, Due};
use super::failover::Log;
use super::judge::{Judge, Property, Slot, Violation};
use super::settings::{FAULTS_UNTIL_MS, REST_WITHIN_MS, Settings};

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The application comes round its loop.
    Loop { client: usize, life: u64 },
    /// A timer of a consumer.
    Timer { client: usize, life: u64, timer: ConsumerTimer },
    /// The next request of a connection reaches the broker.
    Arrive { client: usize, connection: usize },
    /// An answer reaches its client.
    Answer {
        client: usize,
        connection: usize,
        id: RequestId,
        response: Box<muster_reference::coordinator::Response>,
    },
    /// A worker processes a record.
    Work { client: usize, life: u64 },
    /// A timer of the coordinator.
    Coordinator(TimerKey),
    /// Records of the log are replicated.
    Replicated { term: u64, through: Position },
    /// The coordinator loses its leadership.
    Resign,
    /// A coordinator reads the log.
    Elect,
    /// A client subscribes as before.
    Resubscribe { client: usize, process: u64 },
    /// A client learns of the topics' partitions.
    Metadata { client: usize },
    /// Something goes wrong.
    Fault,
    /// A process starts.
    Start { client: usize },
    /// Is the group at rest?
    Look,
}

/// A request that the coordinator has.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) client: usize,
    pub(super) connection: usize,
    pub(super) id: RequestId,
    pub(super) slot: Slot,
    /// Of a SyncGroup.
    pub(super) generation: Generation,
}

/// The world of a seed.
pub(super) struct World {
    pub(super) settings: Settings,
    pub(super) random: Random,
    pub(super) clock: Clock<Event>,
    pub(super) coordinator: Coordinator,
    pub(super) log: Log,
    /// The topics, as they have grown.
    pub(super) topics: BTreeMap<TopicName, i32>,
    pub(super) timers: BTreeMap<TimerKey, Due>,
    pub(super) asked: BTreeMap<RequestId, Asked>,
    pub(super) requests: u64,
    pub(super) clients: Vec<Client>,
    pub(super) judge: Judge,
    /// What happened, if anybody wants to know.
    pub(super) transcript: Option<Vec<String>>,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) violation: Option<Violation>,
    pub(super) transcript: Vec<String>,
    /// Rebalances that completed.
    pub(super) generations: i32,
    /// A generation was issued twice, and the assignment of the first taken for that of the second.
    pub(super) reissued: bool,
}

impl World {
    pub(super) fn run(settings: Settings, only: Option<Property>, told: bool) -> Ending {
        let mut world = Self::new(settings, only, told);
        let violation = loop {
            let Some(event) = world.clock.take() else { break None };
            let late = world.clock.now_ms > FAULTS_UNTIL_MS + REST_WITHIN_MS;
            let over = late || (matches!(event, Event::Look) && world.is_at_rest());
            world.happen(event);
            if let Some(violation) = world.judge.verdict() {
                break Some(violation);
            }
            if over {
                break None;
            }
        };
        let generations = world.group().map_or(0, |group| group.generation.0);
        let reissued = world.log.reissued;
        Ending { violation, transcript: world.transcript.unwrap_or_default(), generations, reissued }
    }

    fn new(settings: Settings, only: Option<Property>, told: bool) -> Self {
        let mut random = Random::new(settings.seed);
        let mut clock = Clock::new();
        let mut coordinator = Coordinator::new(settings.coordinator());
        let _nothing = coordinator.step(Timestamp(0), Input::Topics(settings.topics.clone()));
        for client in 0..settings.clients {
            clock.plan(i64::try_from(random.below(4_000)).unwrap_or(0), Event::Start { client });
        }
        for _ in 0..settings.faults {
            let at = random.below(usize::try_from(FAULTS_UNTIL_MS).unwrap_or(1));
            clock.plan(i64::try_from(at).unwrap_or(0), Event::Fault);
        }
        for _ in 0..settings.failovers {
            let at = random.below(usize::try_from(FAULTS_UNTIL_MS).unwrap_or(1));
            clock.plan(i64::try_from(at).unwrap_or(0), Event::Resign);
        }
        clock.plan(FAULTS_UNTIL_MS, Event::Look);
        Self {
            random,
            clock,
            coordinator,
            log: Log::default(),
            topics: settings.topics.clone(),
            timers: BTreeMap::new(),
            asked: BTreeMap::new(),
            requests: 0,
            clients: (0..settings.clients).map(|_| Client::new()).collect(),
            judge: Judge::new(only),
            transcript: told.then(Vec::new),
            settings,
        }
    }

    pub(super) fn tell(&mut self, what: impl FnOnce() -> String) {
        let now = self.clock.now_ms;
        if let Some(transcript) = &mut self.transcript {
            transcript.push(format!("{now:>6} {}", what()));
        }
    }

    /// Milliseconds that something takes.
    pub(super) fn delay(&mut self, least: usize, most: usize) -> i64 {
        i64::try_from(least + self.random.below(most - least + 1)).unwrap_or(0)
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_ms)
    }

    fn happen(&mut self, event: Event) {
        let frozen_until = match &event {
            Event::Loop { client, .. }
            | Event::Timer { client, .. }
            | Event::Answer { client, .. }
            | Event::Work { client, .. } => self.clients[*client].frozen_until_ms,
            Event::Arrive { .. }
            | Event::Coordinator(_)
            | Event::Replicated { .. }
            | Event::Resign
            | Event::Elect
            | Event::Resubscribe { .. }
            | Event::Metadata { .. }
            | Event::Fault
            | Event::Start { .. }
            | Event::Look => 0,
        };
        if frozen_until > self.clock.now_ms {
            // In the order in which they were planned.
            self.clock.plan(frozen_until - self.clock.now_ms, event);
            return;
        }
        match event {
            Event::Loop { client, life } => self.come_round(client, life),
            Event::Timer { client, life, timer } => self.consumer_timer(client, life, timer),
            Event::Arrive { client, connection } => self.arrive(client, connection),
            Event::Answer { client, connection, id, response } => {
                self.answered(client, connection, id, *response);
            }
            Event::Work { client, life } => self.work(client, life),
            Event::Coordinator(key) => {
                self.timers.remove(&key);
                self.tell(|| format!("coordinator: {key:?} fires"));
                self.coordinate(Input::Timer(key), None);
            }
            Event::Replicated { term, through } => self.replicated(term, through),
            Event::Resign => self.resign(),
            Event::Elect => self.elect(),
            Event::Resubscribe { client, process } => self.resubscribe(client, process),
            Event::Metadata { client } => self.learn_topics(client),
            Event::Fault => self.go_wrong(),
            Event::Start { client } => self.start(client),
            Event::Look => self.look(),
        }
        let group = self.group();
        self.judge.members(group.as_ref());
        self.judge.owners(group.as_ref(), self.clients.iter().filter_map(|client| client.consumer.as_ref()));
    }

    /// Whether nothing is left to do.
    fn is_at_rest(&self) -> bool {
        self.unrest().is_none()
    }

    /// What is still to come, and the property that it is a breach of if it never does.
    fn unrest(&self) -> Option<(&'static str, String)> {
        if self.log.resigned {
            return Some(("group_stabilises", "there is no coordinator".to_owned()));
        }
        let group = self.group()?;
        let consumers = || self.clients.iter().filter_map(|client| client.consumer.as_ref());
        let settled = consumers().count() == self.clients.len()
            && consumers().all(|c| {
                c.applied() == group.generation && group.members.iter().any(|m| m.member == *c.member())
            });
        if group.state != "Stable" || group.members.len() != self.clients.len() || !settled {
            return Some((
                "group_stabilises",
                format!("the group is {} at {}", group.state, group.generation),
            ));
        }
        if self.log.reissued {
            return None;
        }
        for partition in self.partitions() {
            let owners = consumers().filter(|consumer| consumer.owned().contains_key(&partition)).count();
            if owners != 1 {
                return Some(("every_partition_owned", format!("{partition} has {owners} owners")));
            }
            let committed = self.judge.committed.get(&partition).copied().unwrap_or(0);
            if committed != self.settings.records
                || !self.judge.all_processed(&partition, self.settings.records)
            {
                return Some(("every_record_committed", format!("{partition} is committed at {committed}")));
            }
        }
        None
    }

    fn look(&mut self) {
        match self.unrest() {
            Some((property, reason)) if self.clock.now_ms >= FAULTS_UNTIL_MS + REST_WITHIN_MS => {
                self.judge.violated(property, reason);
            }
            Some(_) => {
                self.clock.plan(500, Event::Look);
            }
            None => {}
        }
    }

    /// A request reaches the broker, if its connection has one.
    fn arrive(&mut self, client: usize, connection: usize) {
        let Some(pipe) = self.clients[client].pipes.get_mut(&connection) else { return };
        pipe.arriving = false;
        if pipe.busy {
            return;
        }
        let Some(mail) = pipe.waiting.pop_front() else { return };
        pipe.busy = true;
        self.requests += 1;
        let id = RequestId(self.requests);
        let (slot, generation) = sender(&mail.request);
        self.asked.insert(id, Asked { client, connection, id: mail.id, slot, generation });
        self.tell(|| format!("c{client}#{connection} asks {:?}", mail.request));
        if let Request::SyncGroup(sync) = &mail.request {
            self.note_sync(client, sync);
        }
        self.request(id, client, connection, mail.request);
    }
}

fn sender(request: &Request) -> (Slot, Generation) {
    match request {
        Request::JoinGroup(join) => (Slot::of(&join.member, join.instance.as_ref()), Generation::NONE),
        Request::SyncGroup(sync) => (Slot::of(&sync.member, sync.instance.as_ref()), sync.generation),
        Request::FindCoordinator(_)
        | Request::Heartbeat(_)
        | Request::LeaveGroup(_)
        | Request::OffsetCommit(_)
        | Request::TxnOffsetCommit(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => (Slot::of(&String::new().into(), None), Generation::NONE),
    }
}
