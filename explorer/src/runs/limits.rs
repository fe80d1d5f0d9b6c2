//! What a check is asked to do.

use muster_model::check::Options;
use muster_model::property::PropertyId;
use serde::{Deserialize, Serialize};

use super::StartError;

/// What is judged, and how far a search goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// It stops when it goes past so many states.
    #[serde(default)]
    pub max_states: Option<usize>,
    /// It goes no farther than so many steps from the start.
    #[serde(default)]
    pub max_depth: Option<usize>,
    /// The properties that are judged; `None`: all.
    #[serde(default)]
    pub properties: Option<Vec<String>>,
}

impl Limits {
    pub(super) fn options(&self) -> Result<Options, StartError> {
        let named = self.properties.as_ref().map(|ids| ids.iter().map(|id| id.parse()).collect());
        let properties: Option<Vec<PropertyId>> = named.transpose()?;
        if properties.as_ref().is_some_and(Vec::is_empty) {
            return Err(StartError::NothingToJudge);
        }
        Ok(Options {
            max_states: self.max_states,
            max_depth: self.max_depth,
            properties,
            ..Options::default()
        })
    }
}
