//! What happens to a consumer.

use std::collections::{BTreeMap, BTreeSet};

use crate::assignor::TopicPartition;
use crate::coordinator::{RequestId, Response, TopicName};

/// What happens to a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerInput {
    /// The application calls `poll`.
    Poll,
    /// An answer arrives.
    Answer {
        /// The request.
        id: RequestId,
        /// The answer.
        response: Response,
    },
    /// The connection to the coordinator is gone, and with it every request on its way.
    Disconnected,
    /// Records up to an offset are fetched.
    Fetched {
        /// The partition.
        partition: TopicPartition,
        /// The offset after the last of them.
        end: i64,
    },
    /// The application has processed a record.
    Processed {
        /// The partition.
        partition: TopicPartition,
        /// The offset after it.
        next: i64,
    },
    /// The application commits what it has processed (`commitAsync`).
    Commit,
    /// The application subscribes anew.
    Subscribe(BTreeSet<TopicName>),
    /// The topics of the cluster and their numbers of partitions have changed.
    Topics(BTreeMap<TopicName, i32>),
    /// A timer fires that an effect set and none cancelled since.
    Timer(ConsumerTimer),
    /// The application closes the consumer.
    Close,
}

/// A timer of a consumer. Setting one that is set replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConsumerTimer {
    /// The next Heartbeat is due.
    Heartbeat,
    /// No Heartbeat was answered for a session timeout.
    Session,
    /// The application has not called `poll` for `max.poll.interval.ms`.
    MaxPoll,
}
