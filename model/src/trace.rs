//! Traces: what happened, step by step, as a file that outlives the run.
//!
//! One format serves counterexamples and conformance. A trace names clients, connections and members by symbols
//! (`c1`, `c1#2`, `m1`); a server-made member id is bound to its symbol when it is seen. Generations are the
//! numbers that Kafka issues to a new group: 1, 2, ...

pub mod convert;
mod diverged;
mod event;
mod file;
mod message;
mod partition_key;
mod response;
mod tool;

pub use diverged::Diverged;
pub use event::{Answer, Choice, Control, Event, Step, Timer, TimerChange};
pub use file::{FORMAT, LoadError, Release, Serving, Setting, Trace, UnknownRelease};
pub use message::{
    Claim, CommitMetadata, Joined, OffsetByPartition, Partitions, Protocol, Request, SessionTimeout,
    subscription_line,
};
pub use response::Response;
pub use tool::{Described, Listed};
