//! Faults that a test asks for, by name.

mod spec;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::info;

pub use spec::FaultError;

use super::api::Api;
use super::frame::Header;
use crate::coordinator::ErrorCode;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The answer leaves later.
    Delay(Duration),
    /// The request is carried out, and not answered. Requests behind it are.
    Drop,
    /// The answer leaves twice.
    Duplicate,
    /// The request is not carried out, and answered with this error.
    Error(ErrorCode),
    /// The request is carried out, and the connection is closed in place of an answer.
    Close,
}

/// A fault: which requests it meets, and how often.
///
/// Written as `NAME:KEY=VALUE,...`. The names: `delay` (with `ms`), `drop`, `duplicate`, `error` (with `code`, Kafka's
/// name of one), `close`. The keys of all: `api` (Kafka's name of one; every API), `client` (a `client.id`; every
/// client), `after` (requests that it lets pass first; 0), `times` (how often it strikes; without end), `probability`
/// (of each strike; 1).
///
/// ```
/// # use muster_reference::broker::Fault;
/// let fault: Fault = "error:api=OffsetCommit,code=NOT_COORDINATOR,times=2".parse()?;
/// assert_eq!(fault.to_string(), "error:api=OffsetCommit,code=NOT_COORDINATOR,times=2");
/// assert!("error:api=Heartbeat".parse::<Fault>().is_err());
/// # Ok::<(), muster_reference::broker::FaultError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub(super) kind: Kind,
    pub(super) api: Option<Api>,
    pub(super) client: Option<String>,
    pub(super) after: u64,
    pub(super) times: Option<u64>,
    pub(super) probability: f64,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, own) = match self.kind {
            Kind::Delay(by) => ("delay", Some(format!("ms={}", by.as_millis()))),
            Kind::Drop => ("drop", None),
            Kind::Duplicate => ("duplicate", None),
            Kind::Error(code) => ("error", Some(format!("code={}", code.name()))),
            Kind::Close => ("close", None),
        };
        let parts = [
            self.api.map(|api| format!("api={api:?}")),
            self.client.as_ref().map(|client| format!("client={client}")),
            own,
            (self.after > 0).then(|| format!("after={}", self.after)),
            self.times.map(|times| format!("times={times}")),
            (self.probability < 1.0).then(|| format!("probability={}", self.probability)),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        f.write_str(name)?;
        if parts.is_empty() { Ok(()) } else { write!(f, ":{}", parts.join(",")) }
    }
}

struct Active {
    faults: Vec<Fault>,
    /// Of a generator of random numbers (SplitMix64): the same seed and the same requests give the same strikes.
    random: u64,
}

/// The faults that are active.
pub(super) struct Faults(Mutex<Active>);

impl Faults {
    pub(super) fn new(faults: Vec<Fault>, seed: u64) -> Self {
        Self(Mutex::new(Active { faults, random: seed }))
    }

    fn locked(&self) -> MutexGuard<'_, Active> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, fault: Fault) {
        self.locked().faults.push(fault);
    }

    pub(super) fn clear(&self) {
        self.locked().faults.clear();
    }

    /// Those that may strike again.
    pub(super) fn active(&self) -> Vec<Fault> {
        self.locked().faults.clone()
    }

    /// What is to happen to a request: the first fault that meets it strikes.
    pub(super) fn strike(&self, header: &Header) -> Option<Kind> {
        let mut active = self.locked();
        let Active { faults, random } = &mut *active;
        let index = faults.iter_mut().position(|fault| fault.strikes(header, random))?;
        let fault = faults.get_mut(index)?;
        let kind = fault.kind;
        info!(api = ?header.api, client_id = header.client_id, %fault, "a fault strikes");
        if let Some(times) = &mut fault.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                faults.remove(index);
            }
        }
        Some(kind)
    }
}

impl Fault {
    fn strikes(&mut self, header: &Header, random: &mut u64) -> bool {
        let meets = self.api.is_none_or(|api| api == header.api)
            && self.client.as_ref().is_none_or(|client| *client == header.client_id);
        if !meets {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.probability >= 1.0 || draw(random) < self.probability
    }
}

/// A number from 0 to below 1.
#[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
