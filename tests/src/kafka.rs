//! An Apache Kafka of a given version, fetched by name from Maven Central, started for one judgement.

pub(crate) mod classpath;
mod process;

use std::fmt;
use std::str::FromStr;

use muster_model::trace::Release;

pub use process::{Kafka, Settings};

/// A version of Apache Kafka, e.g. `4.3.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    text: String,
    major: u32,
    minor: u32,
}

/// What the user gave is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no version of Apache Kafka (expected three numbers, as in 4.3.1)")]
pub struct NoVersion(String);

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u32>().ok()).flatten()
        };
        let parts: Option<Vec<u32>> = text.split('.').map(number).collect();
        match parts.as_deref() {
            Some([major, minor, _]) => Ok(Self { text: text.to_owned(), major: *major, minor: *minor }),
            Some(_) | None => Err(NoVersion(text.to_owned())),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Version {
    /// The release whose traces it is held against: from 4.0 on the coordinator of the module
    /// `group-coordinator` is the only one, before it the older Scala one is the default.
    pub fn release(&self) -> Release {
        if self.major >= 4 { Release::V4_3 } else { Release::V3_9 }
    }

    /// Its first two numbers: `4.3`.
    pub(crate) fn line(&self) -> String {
        format!("{}.{}", self.major, self.minor)
    }
}

/// The class path of a version: its jars, and those that they need, fetched from Maven Central once.
pub fn classpath(version: &Version) -> Result<String, StartError> {
    classpath::resolve(version)
}

/// Why there is no Apache Kafka to judge.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A program that is needed is not installed.
    #[error("cannot run {program}, which is needed to {purpose}: {why}")]
    Program {
        /// `mvn` or `java`.
        program: &'static str,
        /// What for.
        purpose: &'static str,
        /// What the system said.
        why: String,
    },
    /// Maven could not resolve it: no such version, or no network.
    #[error("cannot fetch Apache Kafka {version} from Maven Central: {why}")]
    Fetch {
        /// The version.
        version: Version,
        /// Maven's own line.
        why: String,
    },
    /// It did not start, or did not serve in time.
    #[error("Apache Kafka {version} did not start: {why}")]
    Start {
        /// The version.
        version: Version,
        /// Its last line, or what was waited for.
        why: String,
    },
    /// The program that bottles its coordinator does not compile with it.
    #[error("cannot build the bottle for Apache Kafka {version}: {why}")]
    Build {
        /// The version.
        version: Version,
        /// The first line that says so.
        why: String,
    },
    /// There is no bottle for its coordinator.
    #[error("there is no bottle for Apache Kafka {version}, only for {there_are}")]
    NoBottle {
        /// The version.
        version: Version,
        /// The releases for which there is one.
        there_are: String,
    },
    /// The user ended it.
    #[error("interrupted")]
    Interrupted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_numbers_are_a_version() {
        assert_eq!("4.3.1".parse::<Version>().unwrap().release(), Release::V4_3);
        assert_eq!("3.9.2".parse::<Version>().unwrap().release(), Release::V3_9);
        for wrong in ["", "4", "4.3", "4.3.1.0", "4.3.x", "../../etc", "4..1", "-4.3.1", "latest"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
    }
}
