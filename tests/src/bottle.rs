//! Apache Kafka's own group coordinator *in a bottle*: a small Java program (`tests/bottle/`) holds Kafka's
//! `GroupCoordinatorService`, and its clock, timers, replication and leadership are in the hand of the test.
//!
//! Nothing is waited for. A timer fires because the trace says so, a write is replicated when the trace says so, and
//! every frame is answered when the coordinator is idle, so what is not answered by then is parked. Member ids follow
//! from a seed, so that whatever a run shows, another run shows it again.

mod frames;
mod jar;
mod needs;
mod process;
mod session;

pub use process::Bottle;
