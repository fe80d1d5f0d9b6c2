//! What a broker keeps in a directory, so that a crash loses nothing that was acknowledged.
//!
//! Everything is a log of record batches in Kafka's own format (version 2), in Kafka's own layout,
//! `DIR/<topic>-<partition>/<first offset>.log`, so that Kafka's tools read it: the records of topics, the groups and
//! their offsets (`__consumer_offsets`, one partition), the topics themselves (`__cluster_metadata`).
//!
//! One thread writes. It takes what waits, writes it, syncs each log once, and only then tells who waits: *group
//! commit*. Between two syncs of a log it writes exactly one batch to it. So after a crash at most the last batch of
//! a log is incomplete; that is the *torn tail*, it was never acknowledged, and it is cut off. A batch that is broken
//! elsewhere was acknowledged, and the broker does not start.

mod batch;
mod build;
mod codec;
mod compact;
mod disk;
mod log;
mod open;
mod records;
mod scan;
mod starts;
mod store;
mod topic_records;
mod trim;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use disk::Disk;
pub use disk::{DirError, Directory};
pub(crate) use log::Place;
pub use open::OpenError;
pub(crate) use open::{FoundPartition, FoundTopic, open};
pub(crate) use records::{decode_group, encode_group};
pub(crate) use store::{Job, Settings};
pub(crate) use topic_records::TopicRecord;
pub(crate) use writer::Writer;
