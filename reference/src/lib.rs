//! The reference: Kafka's group coordinator as a pure state machine, and a broker around it.
//!
//! [`coordinator`] decides what a correct coordinator answers, from Kafka's source and observed behaviour; it
//! reads no clock, draws nothing at random and touches no socket. [`broker`] gives it all three: it speaks the
//! Kafka wire protocol, keeps topics in memory, and is useful on its own in other people's tests.

pub mod assignor;
pub mod broker;
pub mod consumer;
pub mod coordinator;
pub mod storage;

pub use broker::{Broker, BrokerConfig};
