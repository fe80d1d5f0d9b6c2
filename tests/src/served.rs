//! The reference over the wire: a broker of this process, on loopback.

use muster_model::trace::{Release, Trace};
use muster_reference::broker::{Broker as ReferenceBroker, BrokerConfig};
use muster_reference::coordinator::{Config, Release as ReferenceRelease};
use tokio::runtime::{Builder, Runtime};

use crate::kafka::Settings;
use crate::system::{Session, System, Trouble};
use crate::wire::Broker;

/// A reference broker that runs until it is dropped. The fields go in their order: client, broker, runtime.
pub struct Served {
    broker: Broker,
    _reference: ReferenceBroker,
    _runtime: Runtime,
}

impl Served {
    /// Starts one, with short timers and on a free port. `config` tells the mutation.
    pub fn start(config: &Config, release: Release, settings: &Settings) -> Result<Self, Trouble> {
        let failed = |why: String| Trouble::Unreachable(format!("the reference broker did not start: {why}"));
        let profile = settings.profile();
        let coordinator = Config {
            release: match release {
                Release::V3_9 => ReferenceRelease::V3_9,
                Release::V4_3 => ReferenceRelease::V4_3,
            },
            group_initial_rebalance_delay_ms: property(profile.initial_delay_ms),
            group_min_session_timeout_ms: property(profile.min_session_ms),
            group_max_size: profile.group_max_size.unwrap_or(i32::MAX),
            ..config.clone()
        };
        let listen = "127.0.0.1:0".to_owned();
        let config =
            BrokerConfig { listen, coordinator, auto_create_topics_enable: false, ..BrokerConfig::default() };
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| failed(error.to_string()))?;
        let served =
            runtime.block_on(ReferenceBroker::start(config)).map_err(|error| failed(error.to_string()))?;
        let address = served.address().to_string();
        let broker = Broker::connect("the reference over the wire", &address, profile)?;
        Ok(Self { broker, _reference: served, _runtime: runtime })
    }
}

fn property(ms: u64) -> i32 {
    i32::try_from(ms).unwrap_or(i32::MAX)
}

impl System for Served {
    fn name(&self) -> String {
        self.broker.name()
    }

    fn open<'s>(&'s self, trace: &'s Trace, pace: u32) -> Result<Box<dyn Session + 's>, Trouble> {
        self.broker.open(trace, pace)
    }
}
