//! A broker that speaks the Kafka protocol around the [coordinator](crate::coordinator): one node, in memory or with its data in a
//! directory.
//!
//! It starts in milliseconds, inside a test or as `muster serve`, and answers what consumers, producers and Kafka's
//! group tools need. Only the versions that it implements are advertised. As in Kafka, a request that is malformed, of
//! an unknown API or of a version out of range closes its connection, with one line in the log.
//!
//! ```
//! # use muster_reference::broker::{Broker, BrokerConfig};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
//! config.topics.insert("orders".into(), 3);
//! config.set("group.initial.rebalance.delay.ms", "0")?;
//! let broker = Broker::start(config).await?;
//! println!("bootstrap.servers={}", broker.address());
//! broker.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod admin;
mod alter_topics;
mod api;
mod auth;
mod batch;
mod cluster;
mod config;
mod connection;
mod consumer_bytes;
mod control;
mod describe;
mod dispatch;
mod durable;
mod engine;
mod exchange;
mod faults;
mod fetch;
mod frame;
mod group;
mod list_offsets;
mod metadata;
mod metrics;
mod offsets;
mod produce;
mod producers;
mod refuse;
mod security;
mod server;
mod shape;
mod timers;
mod tls;
mod topics;
mod watch;
mod wire;

pub use config::BrokerConfig;
pub use control::DisturbError;
pub use faults::{Fault, FaultError};
pub use security::{Protocol, Security};
pub use server::{Broker, StartError};
pub use watch::{ClientRule, Violation};
