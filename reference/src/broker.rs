//! A broker that speaks the Kafka protocol around the [coordinator](crate::coordinator): one node, in memory or with its data in a
//! directory.
//!
//! It starts in milliseconds, inside a test or as `muster serve`, and answers what consumers, producers and Kafka's
//! group tools need. Only the versions that it implements are advertised. As in Kafka, a request that is malformed, of
//! an unknown API or of a version out of range closes its connection, with one line in the log.
//!
//! ```
//! # use muster_reference::{Broker, BrokerConfig};
//! // In a test of one's own, under `#[tokio::test]`:
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> { consumers_survive_a_restart().await }
//! async fn consumers_survive_a_restart() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut config = BrokerConfig::for_tests();
//!     config.topics.insert("orders".into(), 3);
//!     config.set("group.max.size", "10")?;
//!     let broker = Broker::start(config).await?;
//!     let bootstrap_servers = broker.address().to_string();
//!     // ... clients of any library join a group on it ...
//!     broker.inject("error:api=OffsetCommit,code=NOT_COORDINATOR,times=2".parse()?);
//!     broker.restart_coordinator().await?;
//!     // ... and what they did against the rules is found, with the client's name.
//!     assert!(broker.violations().is_empty());
//!     broker.shutdown().await;
//!     # drop(bootstrap_servers);
//!     Ok(())
//! }
//! ```
//!
//! What a test can do to it while it runs stands at [`Broker`] and, over HTTP, in the table of
//! [`BrokerConfig::control`]; faults at [`Fault`]; what is found of clients at [`ClientRule`].

mod admin;
mod alter_configs;
mod alter_topics;
mod api;
mod asking;
mod auth;
mod batch;
mod cluster;
mod config;
mod connection;
mod consumer_bytes;
mod control;
mod delete_groups;
mod describe;
mod dispatch;
mod durable;
mod engine;
mod exchange;
mod faults;
mod fetch;
mod frame;
mod group;
mod in_process;
mod list_offsets;
mod metadata;
mod metrics;
pub mod observed;
mod offsets;
mod partition;
mod pipeline;
mod produce;
mod producers;
mod refuse;
mod retention;
mod security;
mod segments;
mod server;
mod shape;
mod timers;
mod tls;
mod topic_settings;
mod topics;
mod watch;
mod wire;

pub use config::BrokerConfig;
pub use control::DisturbError;
pub use faults::{Fault, FaultError};
pub use in_process::decodes;
pub use retention::LogRetention;
pub use security::{Protocol, Security};
pub use server::{Broker, StartError};
pub use watch::{ClientRule, UnknownClientRule, Violation};
