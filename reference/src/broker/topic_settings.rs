//! The settings of topics: those that a topic may have for itself, and those that are the same for every one.
//!
//! A setting that says what holds for every topic is taken, and so is one that has no consequence here. Any other is
//! refused: who asks for compaction and is told that it holds would wait for it.

use std::collections::BTreeMap;

use kafka_protocol::messages::create_topics_request::CreatableTopicConfig;
use kafka_protocol::protocol::StrBytes;

use super::config::{BrokerConfig, Kind, Setting};
use super::segments::Limits;
use crate::coordinator::ErrorCode;

/// What holds for every topic, whatever the broker is told.
pub(super) const FIXED: &[(&str, &str, Kind)] = &[
    ("cleanup.policy", "delete", Kind::Text),
    ("compression.type", "producer", Kind::Text),
    ("message.timestamp.type", "CreateTime", Kind::Text),
    ("min.insync.replicas", "1", Kind::Int),
];

/// The settings that a topic has for itself, as text, by name.
pub(super) type Overrides = BTreeMap<String, String>;

/// What a topic may have for itself, and the least value of each.
const OWN: [(&str, i64); 4] =
    [("retention.bytes", i64::MIN), ("retention.ms", -1), ("segment.bytes", 14), ("segment.ms", 1)];

/// Settings of how a broker keeps files and copies them to others, which no client notices here: there is one broker, what
/// is acknowledged is synced, and nothing is compacted.
const WITHOUT_CONSEQUENCE: &[&str] = &[
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "max.compaction.lag.ms",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "preallocate",
    "segment.index.bytes",
    "segment.jitter.ms",
    "unclean.leader.election.enable",
];

/// The largest batch that a topic takes.
pub(super) fn largest_batch(config: &BrokerConfig) -> Setting {
    let value = config.message_max_bytes.to_string();
    Setting { name: "max.message.bytes", value, kind: Kind::Int }
}

/// What holds for a topic of these settings.
pub(super) fn limits(config: &BrokerConfig, overrides: &Overrides) -> Limits {
    let own = |name: &str| overrides.get(name).and_then(|value| value.trim().parse().ok());
    let retention = &config.log_retention;
    Limits {
        retention_ms: own("retention.ms").unwrap_or_else(|| retention.retention_ms()),
        retention_bytes: own("retention.bytes").unwrap_or(retention.bytes),
        segment_bytes: own("segment.bytes").unwrap_or_else(|| i64::from(config.log_segment_bytes)),
        segment_ms: own("segment.ms").unwrap_or_else(|| retention.roll_ms()),
    }
}

/// The settings that a topic may have for itself, as tools are shown them.
pub(super) fn own(config: &BrokerConfig, overrides: &Overrides) -> [Setting; 4] {
    let Limits { retention_ms, retention_bytes, segment_bytes, segment_ms } = limits(config, overrides);
    let long = |name, value: i64| Setting { name, value: value.to_string(), kind: Kind::Long };
    [
        long("retention.bytes", retention_bytes),
        long("retention.ms", retention_ms),
        Setting { name: "segment.bytes", value: segment_bytes.to_string(), kind: Kind::Int },
        long("segment.ms", segment_ms),
    ]
}

/// Takes the settings that a topic is to have for itself; refuses those that do not hold, with the reason.
pub(super) fn check(config: &BrokerConfig, wanted: &[CreatableTopicConfig]) -> Result<Overrides, String> {
    let largest = largest_batch(config);
    let fixed = FIXED.iter().map(|(name, value, _)| (*name, *value));
    let holds: Vec<_> = fixed.chain([(largest.name, largest.value.as_str())]).collect();
    let mut overrides = Overrides::new();
    for setting in wanted {
        let name = setting.name.as_str();
        let Some(value) = setting.value.as_ref().map(|value| value.as_str().trim()) else {
            return Err(format!("Null value not supported for topic configs: {name}"));
        };
        if let Some((_, least)) = OWN.iter().find(|(own, _)| *own == name) {
            check_number(name, value, *least)?;
            overrides.insert(name.to_owned(), value.to_owned());
            continue;
        }
        match holds.iter().find(|(known, _)| *known == name) {
            Some((_, value_here)) if value == *value_here => {}
            Some((_, value_here)) => {
                return Err(format!(
                    "{name}={value} is not supported by this broker: it is {value_here} for every topic"
                ));
            }
            None if WITHOUT_CONSEQUENCE.contains(&name) => {}
            None => return Err(format!("Unknown topic config name: {name}")),
        }
    }
    Ok(overrides)
}

/// What is asked of a setting, by its number on the wire (`AlterConfigOp.OpType`).
pub(super) struct Operation;

impl Operation {
    pub(super) const SET: i8 = 0;
    pub(super) const DELETE: i8 = 1;
    pub(super) const APPEND: i8 = 2;
    pub(super) const SUBTRACT: i8 = 3;
}

/// A change of one setting.
pub(super) struct Change {
    pub(super) name: String,
    pub(super) operation: i8,
    /// None only where the setting goes.
    pub(super) value: Option<String>,
}

/// Whether a topic can be given this setting by its tools.
pub(super) fn can_be_altered(name: &str) -> bool {
    OWN.iter().any(|(own, _)| *own == name)
}

/// Settings that are lists, and what they are unless they are set.
const LISTS: [(&str, &str); 3] = [
    ("cleanup.policy", "delete"),
    ("follower.replication.throttled.replicas", ""),
    ("leader.replication.throttled.replicas", ""),
];

/// The settings of a topic after these changes; or why they cannot be made. With `replaces` nothing is left of those
/// before.
pub(super) fn alter(
    config: &BrokerConfig,
    before: &Overrides,
    changes: &[Change],
    replaces: bool,
) -> Result<Overrides, (ErrorCode, String)> {
    let mut after = if replaces { Overrides::new() } else { before.clone() };
    let mut set = Vec::new();
    for change in changes {
        let value = change.value.as_deref().unwrap_or_default();
        let value = match change.operation {
            Operation::DELETE => {
                after.remove(&change.name);
                continue;
            }
            Operation::SET => value.to_owned(),
            Operation::APPEND => listed(&change.name, "APPEND", |parts| {
                let new = value.split(',').filter(|part| !parts.contains(part)).collect::<Vec<_>>();
                parts.extend(new);
            })?,
            Operation::SUBTRACT => listed(&change.name, "SUBTRACT", |parts| {
                parts.retain(|part| !value.split(',').any(|gone| gone == *part));
            })?,
            other => return Err((ErrorCode::InvalidRequest, format!("Unknown operations type {other}"))),
        };
        let name = StrBytes::from_string(change.name.clone());
        let value = Some(StrBytes::from_string(value));
        set.push(CreatableTopicConfig::default().with_name(name).with_value(value));
    }
    after.extend(check(config, &set).map_err(|why| (ErrorCode::InvalidConfig, why))?);
    Ok(after)
}

/// A list after a change of its parts; no topic has one of its own.
fn listed<'v>(
    name: &str,
    operation: &str,
    change: impl FnOnce(&mut Vec<&'v str>),
) -> Result<String, (ErrorCode, String)> {
    let list = LISTS.iter().find(|(list, _)| *list == name);
    let (_, default) = list.ok_or_else(|| {
        let why = format!("Can't {operation} to key {name} because its type is not LIST.");
        (ErrorCode::InvalidConfig, why)
    })?;
    let mut parts: Vec<&'v str> = default.split(',').filter(|part| !part.is_empty()).collect();
    change(&mut parts);
    Ok(parts.join(","))
}

/// In Kafka's words (`ConfigDef`).
fn check_number(name: &str, value: &str, least: i64) -> Result<(), String> {
    let is_int = name == "segment.bytes";
    let most = if is_int { i64::from(i32::MAX) } else { i64::MAX };
    let kind = if is_int { "INT" } else { "LONG" };
    let invalid = |why: &str| format!("Invalid value {value} for configuration {name}: {why}");
    match value.parse::<i64>() {
        Ok(number) if number < least => Err(invalid(&format!("Value must be at least {least}"))),
        Ok(number) if number <= most => Ok(()),
        Ok(_) | Err(_) => Err(invalid(&format!("Not a number of type {kind}"))),
    }
}
