//! What a coordinator is told before it starts, by Kafka's property names.

use std::fmt;

use super::mutation::Mutation;

/// The release of Apache Kafka whose coordinator this one is, where releases differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Release {
    /// 3.9: the Scala coordinator (`kafka.coordinator.group.GroupCoordinator`).
    V3_9,
    /// 4.3: the coordinator of the module `group-coordinator`.
    #[default]
    V4_3,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V3_9 => "3.9",
            Self::V4_3 => "4.3",
        })
    }
}

/// Whether the coordinator serves its groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Serving {
    /// It does.
    #[default]
    Active,
    /// It still reads its log.
    Loading,
    /// Another broker coordinates.
    NotCoordinator,
    /// It has not started, or is stopping.
    NotAvailable,
}

/// The settings of a coordinator. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where releases differ, this one is followed.
    pub release: Release,
    /// Whether the coordinator serves its groups.
    pub serving: Serving,
    /// `group.min.session.timeout.ms`
    pub group_min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`
    pub group_max_session_timeout_ms: i32,
    /// `group.initial.rebalance.delay.ms`
    pub group_initial_rebalance_delay_ms: i32,
    /// `group.max.size`
    pub group_max_size: i32,
    /// `offset.metadata.max.bytes`
    pub offset_metadata_max_bytes: i32,
    /// `offsets.retention.minutes`, in milliseconds: how long an offset is kept that nobody is there to use.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`: how often whoever drives the coordinator gives it
    /// [`Input::RetentionCheck`](super::Input::RetentionCheck).
    pub offsets_retention_check_interval_ms: i64,
    /// How long a new member's first JoinGroup may be parked: five minutes, fixed in Kafka, here for tests
    /// (`GroupCoordinatorConfig.CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS`).
    pub new_member_join_timeout_ms: i32,
    /// The deliberate defect, if any.
    #[cfg(feature = "mutations")]
    pub mutation: Option<Mutation>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            release: Release::default(),
            serving: Serving::default(),
            group_min_session_timeout_ms: 6_000,
            group_max_session_timeout_ms: 1_800_000,
            group_initial_rebalance_delay_ms: 3_000,
            group_max_size: i32::MAX,
            offset_metadata_max_bytes: 4_096,
            offsets_retention_ms: 10_080 * MS_PER_MINUTE,
            offsets_retention_check_interval_ms: 600_000,
            new_member_join_timeout_ms: 300_000,
            #[cfg(feature = "mutations")]
            mutation: None,
        }
    }
}

/// Why a property was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PropertyError {
    /// There is no such property here.
    #[error("unknown property '{0}'")]
    Unknown(String),
    /// The value does not fit.
    #[error("property '{property}': '{value}' is not {expected}")]
    Value {
        /// The property.
        property: String,
        /// The value given.
        value: String,
        /// What it must be.
        expected: String,
    },
}

/// Reads a whole number between `least` and `most`.
pub(crate) fn number<N>(property: &str, value: &str, least: N, most: N) -> Result<N, PropertyError>
where
    N: Copy + std::str::FromStr + PartialOrd + fmt::Display,
{
    let fits = value.trim().parse().ok().filter(|number| *number >= least && *number <= most);
    fits.ok_or_else(|| PropertyError::Value {
        property: property.to_owned(),
        value: value.to_owned(),
        expected: format!("a whole number from {least} to {most}"),
    })
}

const MS_PER_MINUTE: i64 = 60_000;

impl Config {
    /// Kafka's names of the properties that [`Config::set`] takes.
    pub const PROPERTIES: &'static [&'static str] = &[
        "group.initial.rebalance.delay.ms",
        "group.max.session.timeout.ms",
        "group.max.size",
        "group.min.session.timeout.ms",
        "offset.metadata.max.bytes",
        "offsets.retention.check.interval.ms",
        "offsets.retention.minutes",
    ];

    /// Whether this defect is switched on.
    #[cfg(feature = "mutations")]
    pub(super) fn is_mutated(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Whether this defect is switched on: not in this build.
    #[cfg(not(feature = "mutations"))]
    #[allow(clippy::unused_self, reason = "the same call with and without the feature")]
    pub(super) fn is_mutated(&self, _: Mutation) -> bool {
        false
    }

    /// Sets a property by Kafka's name of it.
    pub fn set(&mut self, property: &str, value: &str) -> Result<(), PropertyError> {
        match property {
            "offsets.retention.check.interval.ms" => {
                self.offsets_retention_check_interval_ms = number(property, value, 1, i64::MAX)?;
                return Ok(());
            }
            "offsets.retention.minutes" => {
                let minutes: i32 = number(property, value, 1, i32::MAX)?;
                self.offsets_retention_ms = i64::from(minutes) * MS_PER_MINUTE;
                return Ok(());
            }
            _ => {}
        }
        let (field, least) = match property {
            "group.initial.rebalance.delay.ms" => (&mut self.group_initial_rebalance_delay_ms, 0),
            "group.max.session.timeout.ms" => (&mut self.group_max_session_timeout_ms, 0),
            "group.max.size" => (&mut self.group_max_size, 1),
            "group.min.session.timeout.ms" => (&mut self.group_min_session_timeout_ms, 0),
            "offset.metadata.max.bytes" => (&mut self.offset_metadata_max_bytes, 0),
            _ => return Err(PropertyError::Unknown(property.to_owned())),
        };
        *field = number(property, value, least, i32::MAX)?;
        Ok(())
    }
}
