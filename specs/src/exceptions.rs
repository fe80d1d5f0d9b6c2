//! The rules that stand outside the pairing of rule, model, reference and trace.

use serde::Deserialize;

use crate::Rule;

/// What a rule lacks that every other rule has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lacks {
    /// A function of its name in the model.
    Model,
    /// A function of its name in the reference.
    Reference,
    /// A generated trace that follows it.
    Trace,
}

/// An entry of `exceptions.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The rule.
    pub rule: Rule,
    /// What it lacks.
    pub lacks: Lacks,
    /// Why.
    pub reason: String,
}

/// Why a list of exceptions is not one.
#[derive(Debug, thiserror::Error)]
pub enum ExceptionsError {
    /// It is no TOML of the form that the file itself describes, or names a rule that does not exist.
    #[error("exceptions.toml: {0}")]
    Parse(#[from] toml::de::Error),
    /// An exception says nothing of why it is one.
    #[error("exceptions.toml: '{0}' has no reason")]
    NoReason(Rule),
    /// The same exception stands there twice.
    #[error("exceptions.toml: '{0}' stands there twice for the same lack")]
    Twice(Rule),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    exception: Vec<Exception>,
}

impl Exception {
    /// The exceptions of `specs/exceptions.toml`.
    pub fn all() -> Result<Vec<Self>, ExceptionsError> {
        Self::parse(include_str!("../exceptions.toml"))
    }

    /// The exceptions of a file's text.
    pub fn parse(text: &str) -> Result<Vec<Self>, ExceptionsError> {
        let exceptions = toml::from_str::<File>(text)?.exception;
        for (i, exception) in exceptions.iter().enumerate() {
            if exception.reason.trim().is_empty() {
                return Err(ExceptionsError::NoReason(exception.rule));
            }
            if exceptions.iter().take(i).any(|e| e.rule == exception.rule && e.lacks == exception.lacks) {
                return Err(ExceptionsError::Twice(exception.rule));
            }
        }
        Ok(exceptions)
    }
}

#[cfg(test)]
mod tests {
    use super::{Exception, Lacks};
    use crate::Rule;

    fn entry(rule: &str, lacks: &str, reason: &str) -> String {
        format!("[[exception]]\nrule = \"{rule}\"\nlacks = \"{lacks}\"\nreason = \"{reason}\"\n")
    }

    fn error(text: &str) -> String {
        Exception::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_file_is_one() {
        assert!(Exception::all().is_ok_and(|all| all.len() < Rule::ALL.len()));
    }

    #[test]
    fn an_exception_names_a_rule_a_lack_and_a_reason() {
        let text = entry("accept_heartbeat", "trace", "why") + &entry("accept_heartbeat", "model", "why");
        let parsed = Exception::parse(&text).unwrap();
        let rule = Rule::AcceptHeartbeat;
        let expected =
            [Lacks::Trace, Lacks::Model].map(|lacks| Exception { rule, lacks, reason: "why".to_owned() });
        assert_eq!(parsed, expected);
    }

    #[test]
    fn what_is_no_exception_is_refused() {
        assert!(error(&entry("accept_anything", "trace", "why")).contains("accept_anything"));
        assert!(error(&entry("accept_heartbeat", "words", "why")).contains("words"));
        assert!(error(&entry("accept_heartbeat", "trace", " ")).contains("no reason"));
        assert!(error(&entry("accept_heartbeat", "trace", "why").repeat(2)).contains("twice"));
        assert!(error("[[exceptions]]").contains("exceptions"));
    }
}
