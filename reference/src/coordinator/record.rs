//! The records of the coordinator's log.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::ids::{
    Generation, GroupId, InstanceId, MemberId, ProducerId, ProtocolName, ProtocolType, Timestamp, TopicName,
};
use super::input::Client;

/// A record of the coordinator's log: what a failover keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A group as its leader synced it, or as it became Empty.
    GroupMetadata {
        /// The group.
        group: GroupId,
        /// What is kept of it.
        value: GroupMetadata,
    },
    /// The group is deleted (Kafka's tombstone of its metadata).
    GroupDeleted {
        /// The group.
        group: GroupId,
    },
    /// A committed offset is deleted (Kafka's tombstone of it).
    OffsetDeleted {
        /// The group.
        group: GroupId,
        /// The topic.
        topic: TopicName,
        /// The partition.
        partition: i32,
    },
    /// A committed offset.
    OffsetCommit {
        /// The group.
        group: GroupId,
        /// The topic.
        topic: TopicName,
        /// The partition.
        partition: i32,
        /// What was committed.
        value: CommittedOffset,
    },
    /// Of a producer's transaction.
    Transaction(TransactionRecord),
}

/// What a producer's transaction writes to the log. In Kafka the producer stands in the batch, and the end of a transaction
/// is a batch of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionRecord {
    /// An offset that counts once the transaction is committed.
    Pending {
        /// Whose transaction.
        producer: ProducerId,
        /// The group.
        group: GroupId,
        /// The topic.
        topic: TopicName,
        /// The partition.
        partition: i32,
        /// What is to be committed.
        value: CommittedOffset,
    },
    /// The marker that ends it.
    Ended {
        /// Whose transaction.
        producer: ProducerId,
        /// Whether it is committed; otherwise it is aborted.
        commits: bool,
    },
}

/// The value of Kafka's `GroupMetadata` record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupMetadata {
    /// The generation.
    pub generation: Generation,
    /// None before the first member.
    pub protocol_type: Option<ProtocolType>,
    /// None while the group is Empty.
    pub protocol: Option<ProtocolName>,
    /// None while the group is Empty.
    pub leader: Option<MemberId>,
    /// When the group became Empty; none while it has members, or if none ever joined.
    pub empty_since: Option<Timestamp>,
    /// No members: the group is Empty.
    pub members: BTreeMap<MemberId, MemberMetadata>,
}

/// A member as the record keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberMetadata {
    /// Who it is.
    pub client: Client,
    /// `group.instance.id` of a static member.
    pub instance: Option<InstanceId>,
    /// Milliseconds.
    pub session_timeout_ms: i32,
    /// Milliseconds.
    pub rebalance_timeout_ms: i32,
    /// Its subscription under the chosen protocol; those of other protocols are not kept.
    pub subscription: Bytes,
    /// What the leader gave it.
    pub assignment: Bytes,
}

/// The value of Kafka's `OffsetCommit` record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next record to be read.
    pub offset: i64,
    /// -1: none.
    pub leader_epoch: i32,
    /// Text of the client's own.
    pub metadata: String,
    /// When it was committed.
    pub committed_at: Timestamp,
}
