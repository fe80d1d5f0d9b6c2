//! Messages between consumers and the coordinator, at the granularity of the wire.

mod commit;
mod empty_group_id;
mod tool;

use std::collections::BTreeMap;
use std::fmt;

use crate::store::Write;
use crate::trace::SessionTimeout;
use crate::types::{
    ClientId, Connection, Generation, InstanceId, MemberId, Offset, Partition, Producer, Protocol,
    ProtocolName, ProtocolType,
};
pub use commit::{OffsetCommit, TxnOffsetCommit};
pub use empty_group_id::EmptyGroupIdApi;
pub use tool::{DescribedGroup, DescribedMember, ListedGroup, ToolRequest, ToolResponse};

/// Kafka's error codes, as far as the coordinator answers them
/// (`clients/src/main/java/org/apache/kafka/common/protocol/Errors.java`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are Kafka's and say it")]
pub enum Error {
    None,
    UnknownServerError,
    UnknownTopicOrPartition,
    CoordinatorLoadInProgress,
    CoordinatorNotAvailable,
    NotCoordinator,
    IllegalGeneration,
    InconsistentGroupProtocol,
    InvalidGroupId,
    UnknownMemberId,
    InvalidSessionTimeout,
    RebalanceInProgress,
    NonEmptyGroup,
    GroupIdNotFound,
    MemberIdRequired,
    GroupMaxSizeReached,
    FencedInstanceId,
    GroupSubscribedToTopic,
    OffsetMetadataTooLarge,
    UnstableOffsetCommit,
}

impl Error {
    /// The code's name in Kafka.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::UnknownServerError => "UNKNOWN_SERVER_ERROR",
            Self::UnknownTopicOrPartition => "UNKNOWN_TOPIC_OR_PARTITION",
            Self::CoordinatorLoadInProgress => "COORDINATOR_LOAD_IN_PROGRESS",
            Self::CoordinatorNotAvailable => "COORDINATOR_NOT_AVAILABLE",
            Self::NotCoordinator => "NOT_COORDINATOR",
            Self::IllegalGeneration => "ILLEGAL_GENERATION",
            Self::InconsistentGroupProtocol => "INCONSISTENT_GROUP_PROTOCOL",
            Self::InvalidGroupId => "INVALID_GROUP_ID",
            Self::UnknownMemberId => "UNKNOWN_MEMBER_ID",
            Self::InvalidSessionTimeout => "INVALID_SESSION_TIMEOUT",
            Self::RebalanceInProgress => "REBALANCE_IN_PROGRESS",
            Self::NonEmptyGroup => "NON_EMPTY_GROUP",
            Self::GroupIdNotFound => "GROUP_ID_NOT_FOUND",
            Self::MemberIdRequired => "MEMBER_ID_REQUIRED",
            Self::GroupMaxSizeReached => "GROUP_MAX_SIZE_REACHED",
            Self::FencedInstanceId => "FENCED_INSTANCE_ID",
            Self::GroupSubscribedToTopic => "GROUP_SUBSCRIBED_TO_TOPIC",
            Self::OffsetMetadataTooLarge => "OFFSET_METADATA_TOO_LARGE",
            Self::UnstableOffsetCommit => "UNSTABLE_OFFSET_COMMIT",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Partitions by member: what a leader's SyncGroup carries.
pub type Assignments = BTreeMap<MemberId, Vec<Partition>>;

/// A JoinGroup request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JoinGroup {
    /// API version: from 4 on, a member without an id gets one first.
    pub version: i16,
    /// `None`: the empty string.
    pub member: Option<MemberId>,
    /// `None`: a dynamic member.
    pub instance: Option<InstanceId>,
    /// Against the broker's bounds.
    pub session_timeout: SessionTimeout,
    /// The protocol type.
    pub protocol_type: ProtocolType,
    /// In the order of preference.
    pub protocols: Vec<Protocol>,
}

/// A SyncGroup request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SyncGroup {
    /// API version: from 5 on, protocol type and name must be there.
    pub version: i16,
    /// The member's id.
    pub member: MemberId,
    /// `None`: null.
    pub instance: Option<InstanceId>,
    /// The generation of its JoinGroup answer.
    pub generation: Generation,
    /// `None`: null.
    pub protocol: Option<(ProtocolType, ProtocolName)>,
    /// What the leader assigns; empty from a follower.
    pub assignments: Assignments,
}

/// Whom a LeaveGroup names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Leaver {
    /// `None`: the empty string.
    pub member: Option<MemberId>,
    /// `None`: null.
    pub instance: Option<InstanceId>,
}

/// A LeaveGroup request of one member.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaveGroup {
    /// API version: from 3 on, errors are reported by member.
    pub version: i16,
    /// The member.
    pub leaver: Leaver,
}

/// What a client asks of the broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are Kafka's APIs")]
pub enum Request {
    FindCoordinator,
    JoinGroup(JoinGroup),
    SyncGroup(SyncGroup),
    Heartbeat {
        member: MemberId,
        instance: Option<InstanceId>,
        generation: Generation,
    },
    LeaveGroup(LeaveGroup),
    OffsetCommit(OffsetCommit),
    TxnOffsetCommit(TxnOffsetCommit),
    OffsetFetch {
        partitions: Vec<Partition>,
        /// `require_stable`: nothing that an open transaction may change.
        stable: bool,
    },
    /// With an empty group id.
    WithEmptyGroupId(EmptyGroupIdApi),
    /// Of a tool or an administrator.
    Tool(ToolRequest),
}

/// A member as the leader's JoinGroup answer lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Joined {
    /// The member.
    pub member: MemberId,
    /// `None`: a dynamic member.
    pub instance: Option<InstanceId>,
    /// Its subscription under the chosen protocol.
    pub topics: crate::types::Topics,
    /// What it says it owns.
    pub claim: Option<crate::types::Claim>,
}

/// A successful JoinGroup answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JoinedGroup {
    /// The generation that was joined.
    pub generation: Generation,
    /// The protocol that was chosen.
    pub protocol: ProtocolName,
    /// The member that leads.
    pub leader: MemberId,
    /// The member that is answered.
    pub member: MemberId,
    /// All members for the leader, none for a follower.
    pub members: Vec<Joined>,
    /// The assignment stands: the leader is to compute none.
    pub skip_assignment: bool,
}

/// What the broker answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are Kafka's APIs")]
pub enum Response {
    FindCoordinator(Error),
    JoinGroup(Result<JoinedGroup, JoinError>),
    /// `Ok(None)`: no bytes, because the leader gave this member nothing.
    SyncGroup(Result<Option<Vec<Partition>>, Error>),
    Heartbeat(Error),
    /// From version 3 on, the error stands with the member; before, at the top.
    LeaveGroup {
        version: i16,
        leaver: Option<Leaver>,
        error: Error,
    },
    OffsetCommit(BTreeMap<Partition, Error>),
    TxnOffsetCommit(BTreeMap<Partition, Error>),
    /// An error of a partition stands for the whole, as the Java client takes it. `None`: -1, no committed offset.
    OffsetFetch(Result<BTreeMap<Partition, Option<Offset>>, Error>),
    /// To a tool or an administrator.
    Tool(Box<ToolResponse>),
}

/// A JoinGroup answer with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JoinError {
    /// The error.
    pub error: Error,
    /// With `MEMBER_ID_REQUIRED`: the id to join with.
    pub member: Option<MemberId>,
    /// Where a static member's return could not be written: what the group is in.
    pub present: Option<Present>,
}

/// What an answer with an error tells of the group all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Present {
    /// Its generation.
    pub generation: Generation,
    /// Its protocol.
    pub protocol: Option<ProtocolName>,
    /// Who leads.
    pub leader: Option<MemberId>,
}

impl JoinError {
    /// An error, and no more.
    pub fn new(error: Error) -> Self {
        Self { error, member: None, present: None }
    }
}

/// Of what nothing more will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gone {
    /// A client, under every id that is known.
    Client(ClientId),
    /// An id that was told on a connection that had been given up: nobody has read it.
    Member(MemberId),
}

/// A message of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Msg {
    /// A request on a connection.
    Request(Connection, Request),
    /// An answer on a connection.
    Response(Connection, Response),
    /// Ghost: nothing will come any more from the incarnation of this client that the coordinator knows, or of this
    /// id, so its timers may expire without a fault. To a client: its request will never be answered, so that it may
    /// give it up without one.
    MayExpire(Gone),
    /// Of a consumer to the outside store.
    Write(Write),
    /// Of the cluster to a consumer, as the answer to its refresh of metadata: how many partitions were added to each topic.
    Metadata(u8),
    /// Ghost, of a consumer to the cluster: it has taken up an assignment.
    TookUp,
    /// Ghost, of a consumer to the coordinator: its producer's transaction is to be committed (`EndTxn`). The
    /// transaction coordinator, another broker, has written that down, and its marker comes at any later time.
    EndTransaction(Producer),
    /// Ghost, of the coordinator to a consumer: the marker is written, so that a new transaction may begin.
    TransactionEnded,
}
