//! What a system answered in place of what a trace expects: it makes the file of a divergence tell both sides.

use muster_specs::Rule;
use serde::{Deserialize, Serialize};

/// The last step as a system took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diverged {
    /// The system.
    pub system: String,
    /// The rule that it is held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The connection on which the first difference was seen; empty where it is a timer.
    pub connection: String,
    /// What differs, as the trace has it.
    pub expected: String,
    /// And as it came.
    pub actual: String,
    /// Every answer that came in the step, by connection and in one line, ids as the trace names them.
    pub answers: Vec<String>,
}
