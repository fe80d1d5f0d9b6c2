//! What a broker is told before it starts, by Kafka's property names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::faults::Fault;
use super::retention::LogRetention;
use super::security::Security;
use crate::coordinator::{Config, PropertyError, TopicName, number};

/// The settings of a broker.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerConfig {
    /// Host and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// Who may connect, and how.
    pub security: Security,
    /// Loopback address and port of the control endpoint; none: there is none. It speaks HTTP, without authentication,
    /// with text in and out:
    ///
    /// | request | does |
    /// |---|---|
    /// | `GET /metrics` | everything that is measured, as Prometheus reads it |
    /// | `GET /violations` | rules that clients broke, one a line ([`Violation`](super::Violation)) |
    /// | `GET /faults` | the faults that may still strike, one a line |
    /// | `POST /faults` | adds the faults of the body, one a line ([`Fault`]) |
    /// | `DELETE /faults` | takes all away |
    /// | `POST /groups/{group}/rebalance` | has a stable group rebalance |
    /// | `POST /groups/{group}/members/{member}/expire` | ends a member's session |
    /// | `POST /coordinator/restart` | has another coordinator take over: what Kafka loses then is lost |
    pub control: Option<String>,
    /// Faults that are there from the start.
    pub faults: Vec<Fault>,
    /// Decides when faults strike that do not always strike.
    pub seed: u64,
    /// Where topics, records and groups are kept; none: in memory only.
    pub data: Option<PathBuf>,
    /// Topics that exist from the start, and their numbers of partitions.
    pub topics: BTreeMap<TopicName, i32>,
    /// The coordinator's settings.
    pub coordinator: Config,
    /// `auto.create.topics.enable`: a topic that a client asks for is created, if the client allows it.
    pub auto_create_topics_enable: bool,
    /// `num.partitions`, of a topic created without a number.
    pub num_partitions: i32,
    /// `socket.request.max.bytes`: a larger request closes its connection.
    pub socket_request_max_bytes: i32,
    /// `message.max.bytes`: a larger batch is refused.
    pub message_max_bytes: i32,
    /// `fetch.max.bytes`: no Fetch answer holds more, unless its first batch does.
    pub fetch_max_bytes: i32,
    /// `max.connections`: one more is closed at once.
    pub max_connections: i32,
    /// `connections.max.idle.ms`: a connection without requests is closed.
    pub connections_max_idle_ms: i64,
    /// About how many bytes of memory topics, records and groups may take; what is beyond is refused: a batch with
    /// `KAFKA_STORAGE_ERROR`, a commit or a new member with `NOT_COORDINATOR`, as when Kafka cannot write its log. With
    /// a directory records count by what is noted of their batches. Not a property of Kafka.
    pub max_memory: u64,
    /// `log.segment.bytes`: a file of a topic's records does not grow beyond this.
    pub log_segment_bytes: i32,
    /// `log.retention.*` and `log.roll.*`.
    pub log_retention: LogRetention,
    /// `offsets.topic.segment.bytes`: the same, of the groups' records; those that are full are compacted.
    pub offsets_topic_segment_bytes: i32,
    /// Partitions in all; a topic beyond is refused with `POLICY_VIOLATION`. Not a property of Kafka.
    pub max_partitions: usize,
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9092".to_owned(),
            security: Security::default(),
            control: None,
            faults: Vec::new(),
            seed: 0,
            data: None,
            topics: BTreeMap::new(),
            coordinator: Config::default(),
            auto_create_topics_enable: true,
            num_partitions: 1,
            socket_request_max_bytes: 104_857_600,
            message_max_bytes: 1_048_588,
            fetch_max_bytes: 57_671_680,
            max_connections: i32::MAX,
            connections_max_idle_ms: 600_000,
            max_memory: 1 << 30,
            log_segment_bytes: 1 << 30,
            log_retention: LogRetention::default(),
            offsets_topic_segment_bytes: 100 << 20,
            max_partitions: 100_000,
        }
    }
}

impl BrokerConfig {
    /// The defaults, but for what a test would wait for: a free port on loopback, no initial rebalance delay, and
    /// sessions as short as a client likes.
    pub fn for_tests() -> Self {
        let coordinator = Config {
            group_initial_rebalance_delay_ms: 0,
            group_min_session_timeout_ms: 0,
            ..Config::default()
        };
        Self { listen: "127.0.0.1:0".to_owned(), coordinator, ..Self::default() }
    }

    /// Kafka's names of the properties that [`BrokerConfig::set`] takes beside those of the coordinator.
    pub const PROPERTIES: &'static [&'static str] = &[
        "auto.create.topics.enable",
        "connections.max.idle.ms",
        "fetch.max.bytes",
        "listeners",
        "log.retention.bytes",
        "log.retention.check.interval.ms",
        "log.retention.hours",
        "log.retention.minutes",
        "log.retention.ms",
        "log.roll.hours",
        "log.roll.ms",
        "log.segment.bytes",
        "max.connections",
        "message.max.bytes",
        "num.partitions",
        "offsets.topic.segment.bytes",
        "sasl.enabled.mechanisms",
        "socket.request.max.bytes",
        "ssl.keystore.location",
        "ssl.keystore.type",
    ];

    /// Sets a property by Kafka's name of it, the coordinator's included.
    pub fn set(&mut self, property: &str, value: &str) -> Result<(), PropertyError> {
        match property {
            "auto.create.topics.enable" => self.auto_create_topics_enable = boolean(property, value)?,
            "connections.max.idle.ms" => {
                self.connections_max_idle_ms = number(property, value, 1, i64::MAX)?;
            }
            "fetch.max.bytes" => self.fetch_max_bytes = number(property, value, 1024, i32::MAX)?,
            "log.segment.bytes" => self.log_segment_bytes = number(property, value, 14, i32::MAX)?,
            "offsets.topic.segment.bytes" => {
                self.offsets_topic_segment_bytes = number(property, value, 1, i32::MAX)?;
            }
            "max.connections" => self.max_connections = number(property, value, 0, i32::MAX)?,
            "message.max.bytes" => self.message_max_bytes = number(property, value, 0, i32::MAX)?,
            "num.partitions" => self.num_partitions = number(property, value, 1, i32::MAX)?,
            "socket.request.max.bytes" => {
                self.socket_request_max_bytes = number(property, value, 1, i32::MAX)?;
            }
            other => {
                let is_known = self.log_retention.set(other, value)?
                    || self.security.set(other, value, &mut self.listen)?;
                if !is_known {
                    return self.coordinator.set(other, value);
                }
            }
        }
        Ok(())
    }
}

impl BrokerConfig {
    /// Sets properties from text of lines `key=value`, as Kafka's files are: an empty line or one that starts with
    /// `#` says nothing.
    pub fn read_properties(&mut self, text: &str) -> Result<(), PropertyError> {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (property, value) = line.split_once('=').ok_or_else(|| PropertyError::Value {
                property: line.to_owned(),
                value: String::new(),
                expected: "of the form 'key=value'".to_owned(),
            })?;
            self.set(property.trim(), value.trim())?;
        }
        Ok(())
    }
}

/// What kind of value a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Int,
    Long,
    Text,
}

/// A setting as tools are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) kind: Kind,
}

impl BrokerConfig {
    /// Every setting that has a name in Kafka.
    pub(super) fn settings(&self) -> Vec<Setting> {
        let int = |name, value: i32| Setting { name, value: value.to_string(), kind: Kind::Int };
        let groups = &self.coordinator;
        let mut settings = vec![
            Setting {
                name: "auto.create.topics.enable",
                value: self.auto_create_topics_enable.to_string(),
                kind: Kind::Boolean,
            },
            Setting {
                name: "connections.max.idle.ms",
                value: self.connections_max_idle_ms.to_string(),
                kind: Kind::Long,
            },
            int("fetch.max.bytes", self.fetch_max_bytes),
            int("group.initial.rebalance.delay.ms", groups.group_initial_rebalance_delay_ms),
            int("group.max.session.timeout.ms", groups.group_max_session_timeout_ms),
            int("group.max.size", groups.group_max_size),
            int("group.min.session.timeout.ms", groups.group_min_session_timeout_ms),
            int("log.segment.bytes", self.log_segment_bytes),
            int("max.connections", self.max_connections),
            int("message.max.bytes", self.message_max_bytes),
            int("num.partitions", self.num_partitions),
            int("offset.metadata.max.bytes", groups.offset_metadata_max_bytes),
            Setting {
                name: "offsets.retention.check.interval.ms",
                value: groups.offsets_retention_check_interval_ms.to_string(),
                kind: Kind::Long,
            },
            Setting {
                name: "offsets.retention.minutes",
                value: (groups.offsets_retention_ms / 60_000).to_string(),
                kind: Kind::Int,
            },
            int("offsets.topic.segment.bytes", self.offsets_topic_segment_bytes),
            int("socket.request.max.bytes", self.socket_request_max_bytes),
        ];
        let retention = self.log_retention.settings().into_iter();
        settings.extend(retention.map(|(name, value, kind)| Setting { name, value, kind }));
        settings
    }
}

fn boolean(property: &str, value: &str) -> Result<bool, PropertyError> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(PropertyError::Value {
            property: property.to_owned(),
            value: value.to_owned(),
            expected: "'true' or 'false'".to_owned(),
        }),
    }
}
