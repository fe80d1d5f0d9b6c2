//! A broker by address: what it supports, its topics, the coordinator of each group.

mod leftovers;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, ApiVersionsResponse, CreateTopicsRequest, CreateTopicsResponse,
    FindCoordinatorResponse, GroupId, HeartbeatRequest, HeartbeatResponse, MetadataRequest, MetadataResponse,
    TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable};
use muster_model::trace::{Request, Step, Timer, Trace};
use uuid::Uuid;

use super::access::Access;
use super::decode::error_name;
use super::encode::{api, find_coordinator, text};
use super::session::WireSession;
use super::switchboard::{Pool, Switchboard, ask};
use super::tidy::{Groups, Plan};
use super::topics::Topics;
use super::versions::Versions;
use crate::clock::now;
use crate::in_process::InitialDelay;
use crate::in_process::retell::undelayed;
use crate::lower::lower;
use crate::schedule::Schedule;
use crate::system::{Profile, Session, System, Trouble};

/// How long a coordinator or a topic may take to become available.
const AVAILABLE_WITHIN: Duration = Duration::from_mins(1);
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// `COORDINATOR_LOAD_IN_PROGRESS`, `COORDINATOR_NOT_AVAILABLE`, `NOT_COORDINATOR`.
const NOT_YET: [i16; 3] = [14, 15, 16];

/// How many traces were changed for a broker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adapted {
    /// It knows only older versions.
    pub lowered: usize,
    /// It does not wait for the first members of a group.
    pub undelayed: usize,
}

/// A broker under test.
pub struct Broker {
    name: String,
    address: SocketAddr,
    profile: Profile,
    versions: Versions,
    pool: Pool,
    access: Access,
    /// What the names of its topics and groups begin with.
    prefix: String,
    topics: Mutex<BTreeSet<String>>,
    pub(super) groups: Groups,
}

impl Broker {
    /// Connects to `HOST:PORT` and asks what it supports.
    pub fn connect(name: &str, host_and_port: &str, profile: Profile) -> Result<Self, Trouble> {
        Self::reach(name, host_and_port, profile, Access::default())
    }

    /// Connects as `access` says, and asks what it supports.
    pub fn reach(name: &str, host_and_port: &str, profile: Profile, access: Access) -> Result<Self, Trouble> {
        let pool = Pool::new(access.security.clone());
        let address = pool.resolve(host_and_port)?;
        let run = Uuid::new_v4().simple().to_string();
        let mut broker = Self {
            name: name.to_owned(),
            address,
            profile,
            versions: Versions::new([(ApiKey::ApiVersions as i16, (0, 0))]),
            pool,
            prefix: format!("{}-{}", access.prefix, &run[..8]),
            access,
            topics: Mutex::default(),
            groups: Groups::default(),
        };
        let answer = broker.announced()?;
        let announced = answer.api_keys.iter().map(|api| (api.api_key, (api.min_version, api.max_version)));
        broker.versions = Versions::new(announced);
        broker.versions.limit(&broker.access.at_most);
        broker.versions.highest(ApiKey::JoinGroup)?;
        Ok(broker)
    }

    /// Asked as clients ask: at the newest version, and at the oldest if that is not understood.
    fn announced(&self) -> Result<ApiVersionsResponse, Trouble> {
        let newest = ApiKey::ApiVersions.valid_versions().max;
        let who = ApiVersionsRequest::default()
            .with_client_software_name(text("muster"))
            .with_client_software_version(text(env!("CARGO_PKG_VERSION")));
        match self.ask::<_, ApiVersionsResponse>(ApiKey::ApiVersions, newest, &who) {
            Ok(answer) if answer.error_code == 0 => Ok(answer),
            Ok(_) | Err(_) => self.ask(ApiKey::ApiVersions, 0, &ApiVersionsRequest::default()),
        }
    }

    pub(super) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Whether the user has ended the run.
    pub(super) fn stopped(&self) -> Result<(), Trouble> {
        let stopped = self.access.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
        if stopped { Err(Trouble::Interrupted) } else { Ok(()) }
    }

    /// What a run of the trace puts before the names of its clients; with a seed the same each time.
    pub(super) fn salt(&self, trace: &Trace, client: &str) -> String {
        self.access.salt(&[&trace.name, client])
    }

    /// The traces as this broker can take them: where it knows only older versions, with the requests of older clients;
    /// where it has no initial delay, without one.
    pub fn adapt(&self, traces: &mut [Trace]) -> Adapted {
        let mut adapted = Adapted::default();
        if self.initial_delay() == InitialDelay::None {
            let sets_it = |step: &Step| step.timers.set.contains(&Timer::InitialDelay);
            for trace in traces.iter_mut().filter(|trace| trace.steps.iter().any(sets_it)) {
                *trace = undelayed(trace);
                adapted.undelayed += 1;
            }
        }
        let highest = |request: &Request| self.versions.highest(api(request).0).ok();
        for trace in traces.iter_mut().filter(|trace| self.versions.unsupported(trace).is_some()) {
            if let Some(lowered) = lower(trace, self.initial_delay(), &highest) {
                *trace = lowered;
                adapted.lowered += 1;
            }
        }
        adapted
    }

    /// What will be created to judge these traces, before it is.
    pub fn plan(&self, traces: &[&Trace]) -> Plan {
        let can = |trace: &&&Trace| {
            self.profile.admits(trace).is_ok() && self.versions.unsupported(trace).is_none()
        };
        let runnable: Vec<&Trace> = traces.iter().filter(can).copied().collect();
        let topics = runnable.iter().flat_map(|trace| Topics::new(&self.prefix, trace).wanted()).collect();
        Plan { prefix: self.prefix.clone(), topics, traces: runnable.len() }
    }

    /// One request and its answer on the address that the user gave.
    fn ask<Q: Encodable, A: Decodable>(&self, api: ApiKey, version: i16, request: &Q) -> Result<A, Trouble> {
        ask(&mut Switchboard::new(&self.pool, self.address)?, api, version, request)
    }

    /// Creates the trace's topics that this run has not created yet, and waits until they can be used.
    fn set_up(&self, topics: &Topics) -> Result<(), Trouble> {
        let mut created = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wanted = topics.wanted();
        wanted.retain(|topic, _| !created.contains(topic));
        if wanted.is_empty() {
            return Ok(());
        }
        // A broker that creates no topic when it is asked to may do so when one is asked for.
        if self.versions.highest(ApiKey::CreateTopics).is_ok() {
            self.create(&wanted)?;
        }
        let deadline = now() + AVAILABLE_WITHIN;
        while !self.has_leaders(&wanted)? {
            if now() > deadline {
                return Err(Trouble::Unreachable("the topics that were created have no leader".to_owned()));
            }
            self.stopped()?;
            thread::sleep(RETRY_AFTER);
        }
        created.extend(wanted.into_keys());
        Ok(())
    }

    fn create(&self, wanted: &BTreeMap<String, i32>) -> Result<(), Trouble> {
        let topic = |(name, partitions): (&String, &i32)| {
            CreatableTopic::default()
                .with_name(TopicName(text(name)))
                .with_num_partitions(*partitions)
                .with_replication_factor(1)
        };
        let request = CreateTopicsRequest::default()
            .with_topics(wanted.iter().map(topic).collect())
            .with_timeout_ms(i32::try_from(AVAILABLE_WITHIN.as_millis()).unwrap_or(i32::MAX));
        let version = self.versions.highest(ApiKey::CreateTopics)?;
        let answer: CreateTopicsResponse = self.ask(ApiKey::CreateTopics, version, &request)?;
        match answer.topics.iter().find(|topic| topic.error_code != 0) {
            None => Ok(()),
            Some(topic) => {
                let (name, error) = (topic.name.as_str(), error_name(topic.error_code));
                Err(Trouble::Unreachable(format!("topic {name} cannot be created: {error}")))
            }
        }
    }

    fn has_leaders(&self, wanted: &BTreeMap<String, i32>) -> Result<bool, Trouble> {
        let named = |name: &String| MetadataRequestTopic::default().with_name(Some(TopicName(text(name))));
        let request = MetadataRequest::default()
            .with_topics(Some(wanted.keys().map(named).collect()))
            .with_allow_auto_topic_creation(true);
        // The last version without tagged fields: some fakes do not write those of later ones well.
        let version = self.versions.highest(ApiKey::Metadata)?.min(8);
        let answer: MetadataResponse = self.ask(ApiKey::Metadata, version, &request)?;
        let led = answer.topics.iter().filter(|topic| {
            topic.error_code == 0 && topic.partitions.iter().all(|p| p.error_code == 0 && p.leader_id.0 >= 0)
        });
        Ok(led.count() == wanted.len())
    }

    /// The address of the group's coordinator, once it serves the group.
    fn coordinator(&self, group: &str) -> Result<SocketAddr, Trouble> {
        let version = self.versions.highest(ApiKey::FindCoordinator)?;
        let deadline = now() + AVAILABLE_WITHIN;
        loop {
            let request = find_coordinator(group, version);
            let answer: FindCoordinatorResponse = self.ask(ApiKey::FindCoordinator, version, &request)?;
            let found = answer.coordinators.first();
            let (code, host, port) = found
                .map_or((answer.error_code, &answer.host, answer.port), |c| (c.error_code, &c.host, c.port));
            if code == 0 {
                let address = self.pool.resolve(&format!("{}:{port}", host.as_str()))?;
                if self.serves(group, address)? {
                    return Ok(address);
                }
            } else if !NOT_YET.contains(&code) {
                return Err(Trouble::Unreachable(format!("no coordinator for groups: {}", error_name(code))));
            }
            if now() > deadline {
                return Err(Trouble::Unreachable(format!(
                    "no coordinator for group {group}: {}",
                    error_name(code)
                )));
            }
            self.stopped()?;
            thread::sleep(RETRY_AFTER);
        }
    }

    /// Whether the coordinator has loaded the group. A Heartbeat of nobody changes nothing; while loading it is
    /// answered with NONE.
    fn serves(&self, group: &str, address: SocketAddr) -> Result<bool, Trouble> {
        let version = self.versions.highest(ApiKey::Heartbeat)?;
        let request = HeartbeatRequest::default()
            .with_group_id(GroupId(text(group)))
            .with_member_id(text("muster-probe"))
            .with_generation_id(i32::MAX);
        let mut switchboard = Switchboard::new(&self.pool, address)?;
        let answer: HeartbeatResponse = ask(&mut switchboard, ApiKey::Heartbeat, version, &request)?;
        Ok(answer.error_code != 0 && !NOT_YET.contains(&answer.error_code))
    }
}

impl System for Broker {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn initial_delay(&self) -> InitialDelay {
        if self.profile.initial_delay_ms == 0 { InitialDelay::None } else { InitialDelay::Some }
    }

    fn open<'s>(&'s self, trace: &'s Trace, pace: u32) -> Result<Box<dyn Session + 's>, Trouble> {
        self.profile.admits(trace).map_err(Trouble::NotApplicable)?;
        if let Some(unsupported) = self.versions.unsupported(trace) {
            return Err(Trouble::NotApplicable(unsupported));
        }
        let schedule = Schedule::solve(trace, &self.profile, pace).map_err(Trouble::NotApplicable)?;
        self.stopped()?;
        let topics = Topics::new(&self.prefix, trace);
        self.set_up(&topics)?;
        let group = format!("{}-{}", self.prefix, Uuid::new_v4().simple());
        let switchboard = Switchboard::new(&self.pool, self.coordinator(&group)?)?;
        self.groups.open();
        Ok(Box::new(WireSession::new(self, switchboard, trace, topics, group, schedule)))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Who wants to know what was left asks before.
        let _untold = self.tidy();
    }
}
