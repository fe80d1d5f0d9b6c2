//! What happens to the coordinator.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::ErrorCode;
use super::ids::{GroupId, MemberId, Position, ProducerId, RequestId, TopicName};
use super::request::Request;

/// Who sent a request, as Kafka shows it in `DescribeGroups`.
///
/// Each member has one, and so has each request while it is decided: its texts are held once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client(Arc<Texts>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Texts {
    client_id: Box<str>,
    host: Box<str>,
}

impl Client {
    /// A client of this `client.id`, at this address.
    pub fn new(client_id: impl Into<Box<str>>, host: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Texts { client_id: client_id.into(), host: host.into() }))
    }

    /// `client.id`.
    pub fn client_id(&self) -> &str {
        &self.0.client_id
    }

    /// The address.
    pub fn host(&self) -> &str {
        &self.0.host
    }
}

/// What happens to the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A request arrives.
    Request {
        /// Tells its answer from others.
        id: RequestId,
        /// Who sent it.
        client: Client,
        /// The id to give if this request makes a member: the coordinator draws nothing at random. Must never
        /// have been given before. Kafka's are `<client id>-<UUID>`.
        fresh_member_id: MemberId,
        /// What it asks.
        request: Request,
    },
    /// A timer fires that an [`Effect`](super::Effect) set and none cancelled since.
    Timer(TimerKey),
    /// Every record up to and with `through` is replicated.
    Committed {
        /// The last of them.
        through: Position,
    },
    /// The log could not take the records from `first` on: a log has no holes, so all later ones are lost too.
    AppendFailed {
        /// The first that is lost.
        first: Position,
        /// Why.
        error: ErrorCode,
    },
    /// Offsets and groups are to be looked at for what need not be kept, every
    /// `offsets.retention.check.interval.ms`.
    RetentionCheck,
    /// The transaction coordinator has the marker of a producer's transaction written.
    EndTransaction {
        /// Whose transaction.
        producer: ProducerId,
        /// Whether it is committed; otherwise it is aborted.
        commits: bool,
    },
    /// The leadership of the log is lost: whatever waits is answered, and this coordinator is not to be asked any more.
    Resigned,
    /// The topics of the cluster and their numbers of partitions have changed.
    Topics(BTreeMap<TopicName, i32>),
}

/// A timer of the coordinator. Setting one that is set replaces it, as in Kafka, where they are named
/// `heartbeat-<group>-<member>`, `join-<group>` and `sync-<group>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimerKey {
    /// The session of a member or of a pending member; for a member whose first JoinGroup is parked, the five
    /// minutes that Kafka gives it.
    Session {
        /// The group.
        group: GroupId,
        /// The member.
        member: MemberId,
    },
    /// The initial rebalance delay, or the rebalance timeout.
    Join {
        /// The group.
        group: GroupId,
    },
    /// How long members may take from the JoinGroup answer to their SyncGroup.
    PendingSync {
        /// The group.
        group: GroupId,
    },
}
