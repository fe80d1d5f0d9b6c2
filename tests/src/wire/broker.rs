//! A broker by address: what it supports, its topics, the coordinator of each group.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, ApiVersionsResponse, CreateTopicsRequest, CreateTopicsResponse,
    DeleteTopicsRequest, FindCoordinatorResponse, GroupId, HeartbeatRequest, HeartbeatResponse,
    MetadataRequest, MetadataResponse, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable};
use muster_model::trace::{Event, Trace};
use uuid::Uuid;

use super::decode::{error_name, message};
use super::encode::{api, find_coordinator, outgoing, text};
use super::session::WireSession;
use super::switchboard::{Pool, Switchboard};
use super::topics::Topics;
use crate::clock::now;
use crate::schedule::Schedule;
use crate::system::{NotApplicable, Profile, Session, System, Trouble};

/// How long a coordinator or a topic may take to become available.
const AVAILABLE_WITHIN: Duration = Duration::from_mins(1);
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// `COORDINATOR_LOAD_IN_PROGRESS`, `COORDINATOR_NOT_AVAILABLE`, `NOT_COORDINATOR`.
const NOT_YET: [i16; 3] = [14, 15, 16];

/// The API versions that the broker announced.
#[derive(Debug, Default)]
pub(super) struct Versions(BTreeMap<i16, (i16, i16)>);

impl Versions {
    fn supports(&self, api: ApiKey, version: i16) -> bool {
        let ours = api.valid_versions();
        let theirs = self.0.get(&(api as i16));
        theirs.is_some_and(|(min, max)| (*min..=*max).contains(&version))
            && (ours.min..=ours.max).contains(&version)
    }

    /// The highest version that both sides know.
    pub(super) fn highest(&self, api: ApiKey) -> Result<i16, Trouble> {
        let ours = api.valid_versions();
        let highest = self.0.get(&(api as i16)).map(|(_, max)| ours.max.min(*max));
        highest.ok_or_else(|| Trouble::Unreachable(format!("the broker does not support {api:?}")))
    }
}

/// A broker under test.
pub struct Broker {
    name: String,
    address: SocketAddr,
    profile: Profile,
    versions: Versions,
    pool: Pool,
    prefix: String,
    topics: Mutex<BTreeSet<String>>,
}

impl Broker {
    /// Connects to `HOST:PORT` and asks what it supports.
    pub fn connect(name: &str, host_and_port: &str, profile: Profile) -> Result<Self, Trouble> {
        let address = resolve(host_and_port)?;
        let run = Uuid::new_v4().simple().to_string();
        let mut broker = Self {
            name: name.to_owned(),
            address,
            profile,
            versions: Versions(BTreeMap::from([(ApiKey::ApiVersions as i16, (0, 0))])),
            pool: Pool::default(),
            prefix: format!("muster-{}", &run[..8]),
            topics: Mutex::default(),
        };
        let answer: ApiVersionsResponse =
            broker.ask(ApiKey::ApiVersions, 0, &ApiVersionsRequest::default())?;
        let announced = answer.api_keys.iter().map(|api| (api.api_key, (api.min_version, api.max_version)));
        broker.versions = Versions(announced.collect());
        broker.versions.highest(ApiKey::JoinGroup)?;
        Ok(broker)
    }

    pub(super) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// One request and its answer on the address that the user gave.
    fn ask<Q: Encodable, A: Decodable>(&self, api: ApiKey, version: i16, request: &Q) -> Result<A, Trouble> {
        ask(&mut Switchboard::new(&self.pool, self.address)?, api, version, request)
    }

    fn unsupported(&self, trace: &Trace) -> Option<NotApplicable> {
        trace.steps.iter().find_map(|step| match &step.event {
            Event::Request { request, .. } => {
                let (key, api, version) = api(request);
                (!self.versions.supports(key, version)).then_some(NotApplicable::Version { api, version })
            }
            Event::Timer { .. } | Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => {
                None
            }
        })
    }

    /// Creates the trace's topics that this run has not created yet, and waits until they can be used.
    fn set_up(&self, topics: &Topics) -> Result<(), Trouble> {
        let mut created = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wanted = topics.wanted();
        wanted.retain(|topic, _| !created.contains(topic));
        if wanted.is_empty() {
            return Ok(());
        }
        self.create(&wanted)?;
        let deadline = now() + AVAILABLE_WITHIN;
        while !self.has_leaders(&wanted)? {
            if now() > deadline {
                return Err(Trouble::Unreachable("the topics that were created have no leader".to_owned()));
            }
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
        let version = self.versions.highest(ApiKey::Metadata)?.min(12);
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
                let address = resolve(&format!("{}:{port}", host.as_str()))?;
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

    fn open<'s>(&'s self, trace: &'s Trace, pace: u32) -> Result<Box<dyn Session + 's>, Trouble> {
        self.profile.admits(trace).map_err(Trouble::NotApplicable)?;
        if let Some(unsupported) = self.unsupported(trace) {
            return Err(Trouble::NotApplicable(unsupported));
        }
        let schedule = Schedule::solve(trace, &self.profile, pace).map_err(Trouble::NotApplicable)?;
        let topics = Topics::new(&self.prefix, trace);
        self.set_up(&topics)?;
        let group = format!("{}-{}", self.prefix, Uuid::new_v4().simple());
        let switchboard = Switchboard::new(&self.pool, self.coordinator(&group)?)?;
        Ok(Box::new(WireSession::new(self, switchboard, trace, topics, group, schedule)))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let topics = std::mem::take(&mut *self.topics.lock().unwrap_or_else(PoisonError::into_inner));
        if topics.is_empty() {
            return;
        }
        let names = topics.iter().map(|topic| TopicName(text(topic))).collect();
        let request = DeleteTopicsRequest::default().with_topic_names(names).with_timeout_ms(5_000);
        if let Ok(version) = self.versions.highest(ApiKey::DeleteTopics) {
            // A broker that has gone needs no tidying up.
            let _untidied = Switchboard::new(&self.pool, self.address).and_then(|mut switchboard| {
                let request =
                    outgoing(ApiKey::DeleteTopics, version.min(5), &request).map_err(Trouble::Unreachable)?;
                switchboard.exchange("", &request, &mut Vec::new())
            });
        }
    }
}

fn ask<Q: Encodable, A: Decodable>(
    switchboard: &mut Switchboard<'_>,
    api: ApiKey,
    version: i16,
    request: &Q,
) -> Result<A, Trouble> {
    let request = outgoing(api, version, request).map_err(Trouble::Unreachable)?;
    let answer = switchboard.exchange("", &request, &mut Vec::new())?;
    message(&answer)
        .map_err(|why| Trouble::Unreachable(format!("{api:?} v{version} is answered wrongly: {why}")))
}

fn resolve(host_and_port: &str) -> Result<SocketAddr, Trouble> {
    let unknown =
        |why: String| Trouble::Unreachable(format!("cannot resolve broker '{host_and_port}': {why}"));
    let mut found = host_and_port.to_socket_addrs().map_err(|error| unknown(error.to_string()))?;
    found.next().ok_or_else(|| unknown("no address".to_owned()))
}
