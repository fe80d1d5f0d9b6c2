//! The file: its version, the setting in which its steps were taken, reading and writing.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Diverged, Step};

/// The version of the format; a file of another version is refused.
pub const FORMAT: &str = "muster-trace/1";

/// The release of Apache Kafka that a scenario models: where releases differ, a rule says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Release {
    /// 3.9: the Scala coordinator (`kafka.coordinator.group.GroupCoordinator`) is the default.
    #[serde(rename = "3.9")]
    V3_9,
    /// 4.3: the coordinator of the module `group-coordinator`.
    #[default]
    #[serde(rename = "4.3")]
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

/// A text that names no [`Release`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no release that is modelled (3.9, 4.3)", text = .0.escape_debug())]
pub struct UnknownRelease(pub String);

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        match text {
            "3.9" => Ok(Self::V3_9),
            "4.3" => Ok(Self::V4_3),
            other => Err(UnknownRelease(other.to_owned())),
        }
    }
}

/// Whether the coordinator serves the group at all: what is checked before the group is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serving {
    /// It is the coordinator of the group, and its state is loaded.
    #[default]
    Active,
    /// It is the coordinator, and still reads the group's log.
    Loading,
    /// Another broker is the coordinator.
    NotCoordinator,
    /// The coordinator service has not started, or is stopping.
    NotAvailable,
}

/// What was fixed before the first step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Topics and their numbers of partitions.
    pub topics: BTreeMap<String, i32>,
    /// `group.max.size`; absent: unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_max_size: Option<i32>,
    /// Whether the coordinator serves the group.
    #[serde(default)]
    pub serving: Serving,
}

/// A run of the model, or a part of one, as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// [`FORMAT`].
    pub format: String,
    /// What tells this trace from others of its set, e.g. `arbitrary-0042`.
    pub name: String,
    /// The scenario of the model that it was taken from.
    pub scenario: String,
    /// The release that the scenario models.
    pub release: Release,
    /// The mutation that was switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutation: Option<String>,
    /// The property that the last step violates, when this is a counterexample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violates: Option<String>,
    /// What a system did in the last step in place of what the trace says, when this is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverged: Option<Diverged>,
    /// When this goes round for ever: so many steps lead to the cycle, and the rest are its steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_to: Option<usize>,
    /// What was fixed before the first step.
    pub setting: Setting,
    /// What happened, in order.
    pub steps: Vec<Step>,
}

/// Why a file is not a trace.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot read trace {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The file is no JSON, or not of this shape: truncated, or made by something else.
    #[error("unreadable trace {path}: {source} (expected a complete {FORMAT} file)", path = path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: serde_json::Error,
    },
    /// The file is of another version.
    #[error("unreadable trace {path}: format '{format}', expected '{FORMAT}'", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What the file says it is.
        format: String,
    },
    /// The file holds no step, so nothing can be concluded from it.
    #[error("unreadable trace {path}: it has no steps", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl Trace {
    /// Reads and checks a trace file.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let bytes = fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        let parse = |source| LoadError::Parse { path: path.to_owned(), source };
        let trace: Self = serde_json::from_slice(&bytes).map_err(parse)?;
        if trace.format != FORMAT {
            return Err(LoadError::Format { path: path.to_owned(), format: trace.format });
        }
        if trace.steps.is_empty() {
            return Err(LoadError::Empty { path: path.to_owned() });
        }
        Ok(trace)
    }

    /// Writes the trace, readable, with a final newline.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        fs::write(path, format!("{}\n", serde_json::to_string_pretty(self)?))
    }
}
