//! The API versions that a broker announced.

use std::collections::BTreeMap;

use kafka_protocol::messages::ApiKey;
use muster_model::trace::{Event, Trace};

use super::encode::api;
use crate::system::{NotApplicable, Trouble};

/// The API versions that the broker announced.
#[derive(Debug, Default)]
pub(crate) struct Versions(BTreeMap<i16, (i16, i16)>);

impl Versions {
    /// `announced`: for each API, the lowest and the highest version.
    pub(crate) fn new(announced: impl IntoIterator<Item = (i16, (i16, i16))>) -> Self {
        Self(announced.into_iter().collect())
    }

    fn supports(&self, api: ApiKey, version: i16) -> bool {
        let ours = api.valid_versions();
        let theirs = self.0.get(&(api as i16));
        theirs.is_some_and(|(min, max)| (*min..=*max).contains(&version))
            && (ours.min..=ours.max).contains(&version)
    }

    /// The first request of the trace whose version one side does not know.
    pub(crate) fn unsupported(&self, trace: &Trace) -> Option<NotApplicable> {
        trace.steps.iter().find_map(|step| match &step.event {
            Event::Request { request, .. } => {
                let (key, api, version) = api(request);
                (!self.supports(key, version)).then_some(NotApplicable::Version { api, version })
            }
            Event::Timer { .. } | Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => {
                None
            }
        })
    }

    /// The highest version that both sides know.
    pub(super) fn highest(&self, api: ApiKey) -> Result<i16, Trouble> {
        let ours = api.valid_versions();
        let highest = self.0.get(&(api as i16)).map(|(_, max)| ours.max.min(*max));
        highest.ok_or_else(|| Trouble::Unreachable(format!("the broker does not support {api:?}")))
    }
}
