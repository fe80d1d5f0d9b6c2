//! Conformance: traces of the model replayed on a group coordinator, with a verdict by rule.
//!
//! A [`System`] is what is judged: a broker over the wire, an Apache Kafka that is started for the purpose, the
//! reference in process. [`replay`] runs one trace in a fresh group and stops at the first divergence,
//! [`attempt`] repeats it where the system may choose or was too slow, [`runner`] runs many at once, [`shrink`] makes a
//! divergence small, [`report`] tells by rule what was found.

pub mod attempt;
pub mod blame;
pub mod bottle;
#[cfg(test)]
mod by_hand;
pub mod client;
mod clock;
mod committed;
pub mod compare;
mod consumer_protocol;
mod followed;
pub mod in_process;
pub mod kafka;
pub mod lower;
pub mod noticed;
pub mod observe;
mod prefixes;
pub mod random;
pub mod replay;
pub mod report;
pub mod runner;
pub mod schedule;
pub mod served;
pub mod shrink;
pub mod suite;
pub mod symbols;
pub mod system;
mod timers;
pub mod transcript;
pub mod wire;

pub use system::{NotApplicable, Profile, Session, System, Trouble};
