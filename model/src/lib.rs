//! A checked model of Kafka consumer groups: one coordinator and its consumers as stateright actors, at the
//! granularity of the wire.

pub mod actor;
pub mod check;
pub mod cluster;
pub mod consumer;
pub mod coordinator;
pub mod generate;
pub mod hazard;
pub mod ledger;
pub mod liveness;
pub mod message;
pub mod museum;
pub mod mutation;
pub mod narrate;
pub mod property;
pub mod reductions;
pub mod relation;
pub mod renumber;
pub mod scenario;
pub mod scenarios;
pub mod store;
pub mod trace;
pub mod types;
pub mod view;
