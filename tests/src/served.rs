//! The reference over the wire: a broker of this process.

use muster_model::trace::{Release, Trace};
use muster_reference::coordinator::Config;

use crate::kafka::Settings;
use crate::system::{Session, System, Trouble};

/// A running reference broker.
pub struct Served {}

impl Served {
    /// x
    pub fn start(_config: &Config, _release: Release, _settings: Settings) -> Result<Self, Trouble> {
        Err(Trouble::Unreachable("not merged".to_owned()))
    }
}
impl System for Served {
    fn name(&self) -> String {
        "the reference over the wire".to_owned()
    }
    fn open<'s>(&'s self, _trace: &'s Trace, _pace: u32) -> Result<Box<dyn Session + 's>, Trouble> {
        Err(Trouble::Unreachable("not merged".to_owned()))
    }
}
