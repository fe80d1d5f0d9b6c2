//! What is declared of a system: deviations that are known, and rules that it does not let be exercised. With reasons.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use muster_specs::Rule;
use serde::Deserialize;

use crate::compare::Divergence;

/// A deviation that was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The rule that is broken.
    pub rule: Rule,
    /// What stands in what was expected; empty: anything.
    pub expected: String,
    /// What stands in what came; empty: anything.
    pub actual: String,
    /// Why it is so.
    pub reason: String,
}

impl Deviation {
    /// Whether a divergence is this one.
    pub fn is_of(&self, rule: Option<Rule>, divergence: &Divergence) -> bool {
        rule == Some(self.rule)
            && divergence.expected.contains(&self.expected)
            && divergence.actual.contains(&self.actual)
    }
}

/// What a file declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Deviations.
    pub deviations: Vec<Deviation>,
    /// Rules that are not exercised, with the reasons.
    pub not_exercised: BTreeMap<Rule, String>,
}

/// Why a file declares nothing.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// It could not be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It is not of this form.
    #[error("{path}: {what}", path = .path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and what, in one line.
        what: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// For a reader: what the file is of.
    #[serde(default, rename = "system")]
    _system: String,
    #[serde(default)]
    deviation: Vec<Entry>,
    #[serde(default)]
    not_exercised: Vec<Excuse>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    #[serde(default)]
    expected: String,
    #[serde(default)]
    actual: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Excuse {
    rule: String,
    reason: String,
}

impl Known {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, KnownError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| KnownError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|what| KnownError::Parse { path: path.to_owned(), what })
    }

    /// Reads the text of a file; what is wrong with it, in one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
            let line = line.map_or_else(String::new, |line| format!("line {line}: "));
            format!("{line}{}", error.message().lines().collect::<Vec<_>>().join(" "))
        })?;
        let mut known = Self::default();
        for Entry { rule, expected, actual, reason } in file.deviation {
            let rule = named(&rule, &reason)?;
            known.deviations.push(Deviation { rule, expected, actual, reason });
        }
        for Excuse { rule, reason } in file.not_exercised {
            known.not_exercised.insert(named(&rule, &reason)?, reason);
        }
        Ok(known)
    }

    /// Why a divergence is no surprise.
    pub fn reason(&self, rule: Option<Rule>, divergence: &Divergence) -> Option<String> {
        self.deviations.iter().find(|one| one.is_of(rule, divergence)).map(|one| one.reason.clone())
    }
}

fn named(rule: &str, reason: &str) -> Result<Rule, String> {
    let found: Rule = rule.parse().map_err(|_| format!("'{}' is no rule", rule.escape_debug()))?;
    if reason.trim().is_empty() {
        return Err(format!("{rule} is declared without a reason"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Aspect;

    const FILE: &str = "system = \"a fake\"\n[[deviation]]\nrule = \"reject_heartbeat_of_absent_group\"\n\
                        actual = \"GROUP_ID_NOT_FOUND\"\nreason = \"it says so of every API\"\n\
                        [[not_exercised]]\nrule = \"require_member_id\"\nreason = \"no JoinGroup v4\"\n";

    fn divergence(actual: &str) -> Divergence {
        Divergence {
            connection: "c1".to_owned(),
            aspect: Aspect::Error,
            expected: "UNKNOWN_MEMBER_ID".to_owned(),
            actual: actual.to_owned(),
        }
    }

    #[test]
    fn what_is_declared_is_no_surprise() {
        let known = Known::parse(FILE).unwrap();
        let rule = Some(known.deviations[0].rule);
        let reason = known.reason(rule, &divergence("GROUP_ID_NOT_FOUND"));
        assert_eq!(reason.as_deref(), Some("it says so of every API"));
        assert_eq!(known.reason(rule, &divergence("NONE")), None);
        assert_eq!(known.reason(None, &divergence("GROUP_ID_NOT_FOUND")), None);
        assert_eq!(known.not_exercised.len(), 1);
    }

    #[test]
    fn a_broken_file_is_one_line() {
        let broken = [
            ("[[deviation]\n", "line 1"),
            ("[[deviation]]\nrule = \"no_such\"\nreason = \"x\"\n", "'no_such' is no rule"),
            ("[[deviation]]\nrule = \"require_member_id\"\nreason = \" \"\n", "without a reason"),
            ("[[deviation]]\nrule = \"require_member_id\"\n", "missing field `reason`"),
            ("\n[[deviations]]\nrule = \"require_member_id\"\n", "line 2: unknown field `deviations`"),
        ];
        for (text, named) in broken {
            let said = Known::parse(text).unwrap_err();
            assert!(said.contains(named) && said.lines().count() == 1, "{said}");
        }
    }
}
