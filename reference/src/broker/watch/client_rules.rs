//! What a member of a classic group owes to its group, and no coordinator can enforce.
//!
//! One list for everyone who watches clients: the reference broker while it runs, whoever judges a recording, and
//! `muster conform client`. What a client has to do with an error is what Apache Kafka's own consumer does with it
//! (`AbstractCoordinator` and `ConsumerCoordinator` of `clients/.../consumer/internals`, 4.3.1).

use std::fmt;
use std::str::FromStr;

macro_rules! client_rules {
    ($( $(#[$doc:meta])* $variant:ident $id:literal $must:literal $source:literal )*) => {
        /// A rule that a client can break without the broker refusing it, and that is seen broken on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ClientRule {
            $( $(#[$doc])* $variant, )*
        }

        impl ClientRule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// Its name in logs, metrics, reports and on the control endpoint.
            pub const fn id(self) -> &'static str {
                match self { $( Self::$variant => $id, )* }
            }

            /// It in one sentence.
            pub const fn must(self) -> &'static str {
                match self { $( Self::$variant => $must, )* }
            }

            /// Where it is from.
            pub const fn source(self) -> &'static str {
                match self { $( Self::$variant => $source, )* }
            }
        }
    };
}

client_rules! {
    /// Judged is a commit in the member's generation, or in the one before as long as the partition is nobody else's,
    /// since a cooperative member commits what it gives up after the SyncGroup answer that takes it away. Kafka
    /// accepts any partition. Members whose assignment was not seen handed out (after a restart, or of another protocol
    /// than `consumer`) are not judged.
    CommitsOwnPartitions "commits_own_partitions"
        "A member MUST commit only offsets of partitions that its leader gave it."
        "ConsumerCoordinator.maybeAutoCommitOffsetsAsync; ClassicGroup.validateOffsetCommit accepts any"
    /// Nobody can have read so far. The end only grows, and a partition that is not there is not judged.
    CommitsWhatExists "commits_what_exists"
        "A member MUST NOT commit an offset behind the end of the partition."
        "OffsetMetadataManager.validateOffsetCommit does not look"
    /// In the assignments of one SyncGroup.
    AssignsPartitionOnce "assigns_partition_once"
        "A leader MUST NOT give one partition to two members."
        "ConsumerPartitionAssignor.assign; KIP-54"
    /// In the join of this generation.
    AssignsSubscribedTopics "assigns_subscribed_topics"
        "A leader MUST give a member only partitions of topics to which that member subscribed."
        "ConsumerCoordinator.validateCooperativeAssignment, onLeaderElected"
    /// The coordinator ignores the assignments of others.
    LeaderAssigns "leader_assigns"
        "Only the leader of a generation MUST send assignments."
        "AbstractCoordinator.onJoinFollower; GroupMetadataManager.classicGroupSyncToClassicGroup"
    /// `UNKNOWN_MEMBER_ID`, `ILLEGAL_GENERATION`, `FENCED_INSTANCE_ID`: the same heartbeat does not come ten seconds
    /// later.
    HeedsRefusal "heeds_refusal"
        "A member whose heartbeat was refused MUST rejoin or stop, and not go on with that heartbeat."
        "AbstractCoordinator.HeartbeatResponseHandler"
    /// Within two seconds of the answer that takes them away. A member that may have been fenced without being told is
    /// not judged.
    FetchesOwnPartitions "fetches_own_partitions"
        "A member MUST NOT fetch partitions that the last SyncGroup answer did not give it."
        "ConsumerCoordinator.onJoinComplete; SubscriptionState.assignFromSubscribed"
    /// The first Fetch of a partition after it was assigned, if there is a committed offset.
    FetchesFromCommitted "fetches_from_committed"
        "A member that is given a partition MUST begin to fetch it at its committed offset."
        "ConsumerCoordinator.initWithCommittedOffsetsIfNeeded"
    /// Of the consumer protocol: topics and user data; since version 1 the owned partitions, since 2 their generation,
    /// since 3 the rack. Leaders that read what is missing give such a member nothing, or fail.
    SendsWholeSubscription "sends_whole_subscription"
        "A member MUST send a subscription that has every field of the version that it names."
        "ConsumerProtocolSubscription.json; ConsumerProtocol.deserializeSubscription"
    /// `MEMBER_ID_REQUIRED`.
    TakesMemberId "takes_member_id"
        "A member that is told MEMBER_ID_REQUIRED MUST join with the id that the answer gives it."
        "AbstractCoordinator.JoinGroupResponseHandler; KIP-394"
    /// `UNKNOWN_MEMBER_ID`: that of a static member is forgotten too.
    DropsUnknownMemberId "drops_unknown_member_id"
        "A member that is told UNKNOWN_MEMBER_ID MUST NOT join with that id again."
        "AbstractCoordinator.resetStateOnResponseError"
    /// `ILLEGAL_GENERATION`, `REBALANCE_IN_PROGRESS` and errors of a coordinator that is away.
    KeepsMemberId "keeps_member_id"
        "A member MUST keep its id over an error that does not say that the id is unknown."
        "AbstractCoordinator.resetStateOnResponseError: the id is reset by UNKNOWN_MEMBER_ID and FENCED_INSTANCE_ID only"
    /// `REBALANCE_IN_PROGRESS`, `ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID`, within ten seconds.
    RejoinsWhenTold "rejoins_when_told"
        "A member that is told that its generation is over MUST join again."
        "AbstractCoordinator.HeartbeatResponseHandler, SyncGroupResponseHandler; ConsumerCoordinator.OffsetCommitResponseHandler"
    /// `NOT_COORDINATOR`, `COORDINATOR_NOT_AVAILABLE`: within ten seconds.
    LooksForCoordinator "looks_for_coordinator"
        "A member that is told that this is not its coordinator MUST ask who is."
        "AbstractCoordinator.markCoordinatorUnknown"
    /// A member that has joined and not synced, or that was fenced, has no generation.
    UsesJoinedGeneration "uses_joined_generation"
        "A member MUST send the member id and the generation of its last JoinGroup answer."
        "AbstractCoordinator.generationIfStable, sendHeartbeatRequest, onJoinFollower"
    /// More than twenty of one kind in a second, refused by errors.
    BacksOff "backs_off"
        "A member MUST wait before it repeats what was refused."
        "retry.backoff.ms (100); AbstractCoordinator.joinGroupIfNeeded"
    /// To a JoinGroup, a SyncGroup or a Heartbeat.
    StopsWhenFenced "stops_when_fenced"
        "A static member that is told FENCED_INSTANCE_ID MUST NOT join with that instance id again."
        "AbstractCoordinator.HeartbeatThread (failed), JoinGroupResponseHandler; KIP-345"
    /// Of those that are not fatal. Within twenty seconds of the error, or of the lost connection.
    ComesBack "comes_back"
        "A client MUST be a working member again after an error or a lost connection that is not fatal."
        "AbstractCoordinator.joinGroupIfNeeded: RetriableException and the errors of a generation that is over"
    /// Or fall silent, so that its session ends: within three seconds of that time. It is seen by commits that stop while
    /// heartbeats go on, in a scenario in which the application is told to be slow.
    LeavesWhenSlow "leaves_when_slow"
        "A member whose application takes longer than max.poll.interval.ms MUST leave, and not hold its partitions."
        "AbstractCoordinator.HeartbeatThread (pollTimeoutExpired, maybeLeaveGroup); KIP-62"
}

impl fmt::Display for ClientRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A name that no rule of clients has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownClientRule(String);

impl fmt::Display for UnknownClientRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = ClientRule::ALL.iter().map(|rule| rule.id()).collect();
        write!(f, "'{}' is no rule of clients; they are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownClientRule {}

impl FromStr for ClientRule {
    type Err = UnknownClientRule;

    fn from_str(text: &str) -> Result<Self, UnknownClientRule> {
        let found = Self::ALL.iter().copied().find(|rule| rule.id() == text);
        found.ok_or_else(|| UnknownClientRule(text.to_owned()))
    }
}
