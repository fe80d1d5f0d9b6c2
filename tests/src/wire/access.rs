//! How a broker is reached, and what this run calls what it creates there.

use std::sync::atomic::AtomicBool;

use uuid::Uuid;

use super::security::Security;
use super::versions::AtMost;
use crate::random::Random;

/// How a broker is reached.
#[derive(Clone, Debug)]
pub struct Access {
    /// The names of topics and groups begin with it.
    pub prefix: String,
    /// Where what this run may choose comes from; none: from nowhere that can be told again.
    pub seed: Option<u64>,
    /// Set from outside to end the run soon.
    pub stop: Option<&'static AtomicBool>,
    /// TLS and SASL.
    pub security: Security,
    /// Of these APIs no version above is sent, whatever the broker announces.
    pub at_most: Vec<AtMost>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            prefix: "muster".to_owned(),
            seed: None,
            stop: None,
            security: Security::default(),
            at_most: Vec::new(),
        }
    }
}

impl Access {
    /// Four letters to put before a client's name: brokers make member ids of it, and some choose by the order of ids.
    pub(super) fn salt(&self, of: &[&str]) -> String {
        let Some(seed) = self.seed else { return Uuid::new_v4().simple().to_string()[..4].to_owned() };
        let bytes = of.iter().flat_map(|text| text.bytes());
        let mixed = bytes.fold(seed, |mixed, byte| Random::new(mixed ^ u64::from(byte)).draw());
        format!("{:04x}", mixed & 0xffff)
    }
}
