//! Answers as traces have them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Described, Joined, Listed, OffsetByPartition, Partitions};

/// An answer. `error` is Kafka's error code by name (`NONE`, `UNKNOWN_MEMBER_ID`, ...). With an error, the other
/// fields are what the request or the schema gives them and are not compared, but for `member` of a JoinGroup
/// answer with `MEMBER_ID_REQUIRED`, and where a JoinGroup answer tells a generation beside its error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "api")]
#[allow(missing_docs, reason = "the fields are the wire's, by the wire's names")]
pub enum Response {
    FindCoordinator {
        error: String,
    },
    JoinGroup {
        error: String,
        generation: i32,
        protocol_name: Option<String>,
        leader: String,
        member: String,
        /// Every member, for the leader; empty for a follower. In any order on the wire, sorted here.
        members: Vec<Joined>,
        /// The assignment stands: the leader is to compute none.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        skip_assignment: bool,
    },
    SyncGroup {
        error: String,
        /// What the leader gave; null: nothing (Kafka sends no bytes).
        assignment: Option<Partitions>,
    },
    Heartbeat {
        error: String,
    },
    LeaveGroup {
        error: String,
        /// From version 3, an error for each member symbol, in the order of the request.
        members: Vec<(String, String)>,
    },
    OffsetCommit {
        /// An error for each topic and partition of the request.
        #[serde(deserialize_with = "super::partition_key::deserialize")]
        errors: BTreeMap<String, BTreeMap<i32, String>>,
    },
    TxnOffsetCommit {
        /// An error for each topic and partition of the request.
        #[serde(deserialize_with = "super::partition_key::deserialize")]
        errors: BTreeMap<String, BTreeMap<i32, String>>,
    },
    OffsetFetch {
        /// Of the request as a whole, or the first of a partition.
        error: String,
        /// -1: no committed offset.
        #[serde(deserialize_with = "super::partition_key::deserialize")]
        offsets: OffsetByPartition,
    },
    DeleteGroups {
        error: String,
    },
    OffsetDelete {
        /// Of the request as a whole.
        error: String,
        /// Without such an error: one for each topic and partition of the request.
        #[serde(deserialize_with = "super::partition_key::deserialize")]
        errors: BTreeMap<String, BTreeMap<i32, String>>,
    },
    DescribeGroups {
        error: String,
        /// Kafka's name of the state; `Dead`: the group is absent.
        state: String,
        /// Empty: no member has joined yet.
        protocol_type: String,
        /// The assignor in Stable, otherwise empty.
        protocol: String,
        /// In any order on the wire, sorted here.
        members: Vec<Described>,
    },
    ListGroups {
        error: String,
        /// Null: the trace's group is not among the groups.
        listed: Option<Listed>,
    },
}
