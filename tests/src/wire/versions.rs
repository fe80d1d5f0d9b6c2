//! The API versions that a broker announced.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use kafka_protocol::messages::ApiKey;
use muster_model::trace::{Event, Trace};

use super::encode::api;
use crate::system::{NotApplicable, Trouble};

/// The highest version of an API that is to be sent: a broker may announce what it does not master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtMost {
    api: ApiKey,
    version: i16,
}

/// Not such a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected API=VERSION, with one of {}", NAMES.map(|(name, _)| name).join(", "))]
pub struct NoLimit;

const NAMES: [(&str, ApiKey); 7] = [
    ("FindCoordinator", ApiKey::FindCoordinator),
    ("JoinGroup", ApiKey::JoinGroup),
    ("SyncGroup", ApiKey::SyncGroup),
    ("Heartbeat", ApiKey::Heartbeat),
    ("LeaveGroup", ApiKey::LeaveGroup),
    ("OffsetCommit", ApiKey::OffsetCommit),
    ("OffsetFetch", ApiKey::OffsetFetch),
];

impl fmt::Display for AtMost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}={}", self.api, self.version)
    }
}

impl FromStr for AtMost {
    type Err = NoLimit;

    fn from_str(text: &str) -> Result<Self, NoLimit> {
        let (name, version) = text.split_once('=').ok_or(NoLimit)?;
        let (_, api) = NAMES.iter().find(|(known, _)| *known == name).ok_or(NoLimit)?;
        let version = version.parse().ok().filter(|version| *version >= 0).ok_or(NoLimit)?;
        Ok(Self { api: *api, version })
    }
}

/// The API versions that the broker announced.
#[derive(Debug, Default)]
pub(crate) struct Versions(BTreeMap<i16, (i16, i16)>);

impl Versions {
    /// `announced`: for each API, the lowest and the highest version.
    pub(crate) fn new(announced: impl IntoIterator<Item = (i16, (i16, i16))>) -> Self {
        Self(announced.into_iter().collect())
    }

    /// As if no higher version had been announced.
    pub(super) fn limit(&mut self, limits: &[AtMost]) {
        for AtMost { api, version } in limits {
            if let Some((_, max)) = self.0.get_mut(&(*api as i16)) {
                *max = (*version).min(*max);
            }
        }
    }

    /// Whether the broker knows an API at all.
    pub(super) fn has(&self, api: ApiKey) -> bool {
        self.0.contains_key(&(api as i16))
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
