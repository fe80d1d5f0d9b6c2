//! The settings of topics: those that a topic may have for itself, and those that are the same for every one.
//!
//! A setting that says what holds for every topic is taken, and so is one that has no consequence here. Any other is
//! refused: who asks for compaction and is told that it holds would wait for it.

use std::collections::BTreeMap;

use kafka_protocol::messages::create_topics_request::CreatableTopicConfig;

use super::config::{BrokerConfig, Kind, Setting};
use super::segments::Limits;

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
