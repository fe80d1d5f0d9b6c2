//! Where a defect was reported or repaired.

use std::fmt;

/// A public record of a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An issue of Apache Kafka.
    Kafka(u32),
    /// A pull request of Apache Kafka.
    KafkaPull(u32),
    /// An improvement proposal of Apache Kafka.
    Kip(u16),
    /// An issue or a pull request of a repository on GitHub.
    Issue(&'static str, u32),
    /// A commit of a repository on GitHub.
    Commit(&'static str, &'static str),
}

impl Source {
    /// What people call it.
    pub fn name(self) -> String {
        match self {
            Self::Kafka(number) => format!("KAFKA-{number}"),
            Self::KafkaPull(number) => format!("apache/kafka#{number}"),
            Self::Kip(number) => format!("KIP-{number}"),
            Self::Issue(repository, number) => format!("{repository}#{number}"),
            Self::Commit(repository, hash) => format!("{repository}@{hash}"),
        }
    }

    /// Where it is.
    pub fn url(self) -> String {
        match self {
            Self::Kafka(number) => format!("https://issues.apache.org/jira/browse/KAFKA-{number}"),
            Self::KafkaPull(number) => format!("https://github.com/apache/kafka/pull/{number}"),
            Self::Kip(number) => {
                format!("https://cwiki.apache.org/confluence/dosearchsite.action?queryString=KIP-{number}")
            }
            Self::Issue(repository, number) => format!("https://github.com/{repository}/issues/{number}"),
            Self::Commit(repository, hash) => format!("https://github.com/{repository}/commit/{hash}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
