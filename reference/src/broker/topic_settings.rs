//! The settings of topics: what holds for every one. Records are kept until their topic is deleted, as they came.
//!
//! A setting that says the same is taken, and so is one that has no consequence here. Any other is refused: who asks for
//! a retention and is told that it holds would wait for records to go.

use kafka_protocol::messages::create_topics_request::CreatableTopicConfig;

use super::config::{BrokerConfig, Kind, Setting};

/// What holds for every topic, whatever the broker is told.
pub(super) const FIXED: &[(&str, &str, Kind)] = &[
    ("cleanup.policy", "delete", Kind::Text),
    ("compression.type", "producer", Kind::Text),
    ("message.timestamp.type", "CreateTime", Kind::Text),
    ("min.insync.replicas", "1", Kind::Int),
    ("retention.bytes", "-1", Kind::Long),
    ("retention.ms", "-1", Kind::Long),
];

/// Settings of how a broker keeps files and copies them to others, which no client notices here: there is one broker, what
/// is acknowledged is synced, and nothing is cleaned.
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
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
];

/// The largest batch that a topic takes.
pub(super) fn largest_batch(config: &BrokerConfig) -> Setting {
    let value = config.message_max_bytes.to_string();
    Setting { name: "max.message.bytes", value, kind: Kind::Int }
}

/// Refuses settings that do not hold, with the reason.
pub(super) fn check(config: &BrokerConfig, wanted: &[CreatableTopicConfig]) -> Result<(), String> {
    let largest = largest_batch(config);
    let fixed = FIXED.iter().map(|(name, value, _)| (*name, *value));
    let holds: Vec<_> = fixed.chain([(largest.name, largest.value.as_str())]).collect();
    for setting in wanted {
        let name = setting.name.as_str();
        let Some(value) = &setting.value else {
            return Err(format!("Null value not supported for topic configs: {name}"));
        };
        match holds.iter().find(|(known, _)| *known == name) {
            Some((_, value_here)) if value.as_str().trim() == *value_here => {}
            Some((_, value_here)) => {
                return Err(format!(
                    "{name}={value} is not supported by this broker: it is {value_here} for every topic"
                ));
            }
            None if WITHOUT_CONSEQUENCE.contains(&name) => {}
            None => return Err(format!("Unknown topic config name: {name}")),
        }
    }
    Ok(())
}
