//! The error codes of the Kafka protocol that the coordinator and the broker use.

use std::fmt;

macro_rules! error_codes {
    ($( $(#[$doc:meta])* $variant:ident $name:literal $code:literal )*) => {
        /// An error code of the Kafka protocol: an ordinary part of an answer.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $( $(#[$doc])* $variant, )*
        }

        impl ErrorCode {
            /// Every code known here.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The number on the wire.
            pub const fn code(self) -> i16 {
                match self { $( Self::$variant => $code, )* }
            }

            /// Kafka's name of it.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }
    };
}

error_codes! {
    /// The broker failed in a way that has no code of its own.
    UnknownServerError "UNKNOWN_SERVER_ERROR" -1
    /// No error.
    #[default]
    None "NONE" 0
    /// A fetch or a lookup asked for an offset that the log does not hold.
    OffsetOutOfRange "OFFSET_OUT_OF_RANGE" 1
    /// A batch is malformed.
    CorruptMessage "CORRUPT_MESSAGE" 2
    /// No such topic or partition.
    UnknownTopicOrPartition "UNKNOWN_TOPIC_OR_PARTITION" 3
    /// Another broker leads the partition.
    NotLeaderOrFollower "NOT_LEADER_OR_FOLLOWER" 6
    /// A request was not completed in time.
    RequestTimedOut "REQUEST_TIMED_OUT" 7
    /// A batch is larger than the broker takes.
    MessageTooLarge "MESSAGE_TOO_LARGE" 10
    /// The metadata of an offset is larger than `offset.metadata.max.bytes`.
    OffsetMetadataTooLarge "OFFSET_METADATA_TOO_LARGE" 12
    /// The coordinator still reads the group's log.
    CoordinatorLoadInProgress "COORDINATOR_LOAD_IN_PROGRESS" 14
    /// There is no coordinator, or it has not started.
    CoordinatorNotAvailable "COORDINATOR_NOT_AVAILABLE" 15
    /// Another broker is the coordinator.
    NotCoordinator "NOT_COORDINATOR" 16
    /// The topic's name is not allowed.
    InvalidTopic "INVALID_TOPIC_EXCEPTION" 17
    /// More bytes than a batch may hold.
    RecordListTooLarge "RECORD_LIST_TOO_LARGE" 18
    /// Too few replicas are in sync.
    NotEnoughReplicas "NOT_ENOUGH_REPLICAS" 19
    /// `acks` is none of -1, 0, 1.
    InvalidRequiredAcks "INVALID_REQUIRED_ACKS" 21
    /// The generation is not the group's.
    IllegalGeneration "ILLEGAL_GENERATION" 22
    /// The protocols offered have nothing in common with the group's.
    InconsistentGroupProtocol "INCONSISTENT_GROUP_PROTOCOL" 23
    /// The group's name is empty.
    InvalidGroupId "INVALID_GROUP_ID" 24
    /// The member is not in the group.
    UnknownMemberId "UNKNOWN_MEMBER_ID" 25
    /// The session timeout is out of the broker's bounds.
    InvalidSessionTimeout "INVALID_SESSION_TIMEOUT" 26
    /// The group rebalances: rejoin.
    RebalanceInProgress "REBALANCE_IN_PROGRESS" 27
    /// The client may not use the group.
    GroupAuthorizationFailed "GROUP_AUTHORIZATION_FAILED" 30
    /// The broker does not offer this way to authenticate.
    UnsupportedSaslMechanism "UNSUPPORTED_SASL_MECHANISM" 33
    /// A step of the authentication where it is not due.
    IllegalSaslState "ILLEGAL_SASL_STATE" 34
    /// The broker does not speak this version of the request.
    UnsupportedVersion "UNSUPPORTED_VERSION" 35
    /// The topic exists.
    TopicAlreadyExists "TOPIC_ALREADY_EXISTS" 36
    /// The number of partitions is not allowed.
    InvalidPartitions "INVALID_PARTITIONS" 37
    /// The replication factor cannot be met.
    InvalidReplicationFactor "INVALID_REPLICATION_FACTOR" 38
    /// The replicas named are not those that the topic can have.
    InvalidReplicaAssignment "INVALID_REPLICA_ASSIGNMENT" 39
    /// A setting is unknown, or cannot be had.
    InvalidConfig "INVALID_CONFIG" 40
    /// The request contradicts itself.
    InvalidRequest "INVALID_REQUEST" 42
    /// The log cannot take the batch's format.
    UnsupportedForMessageFormat "UNSUPPORTED_FOR_MESSAGE_FORMAT" 43
    /// The broker refuses by policy.
    PolicyViolation "POLICY_VIOLATION" 44
    /// A batch is not the next of its idempotent producer.
    OutOfOrderSequenceNumber "OUT_OF_ORDER_SEQUENCE_NUMBER" 45
    /// A producer of the same id has a newer epoch.
    InvalidProducerEpoch "INVALID_PRODUCER_EPOCH" 47
    /// The transactional id may not be used.
    TransactionalIdAuthorizationFailed "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" 53
    /// The log could not be written.
    KafkaStorageError "KAFKA_STORAGE_ERROR" 56
    /// The group has members.
    NonEmptyGroup "NON_EMPTY_GROUP" 68
    /// There is no such group.
    GroupIdNotFound "GROUP_ID_NOT_FOUND" 69
    /// Nobody is known by this name and password.
    SaslAuthenticationFailed "SASL_AUTHENTICATION_FAILED" 58
    /// No such fetch session.
    FetchSessionIdNotFound "FETCH_SESSION_ID_NOT_FOUND" 70
    /// The client knows of a newer leader than there is.
    UnknownLeaderEpoch "UNKNOWN_LEADER_EPOCH" 75
    /// The version of the request does not know this compression.
    UnsupportedCompressionType "UNSUPPORTED_COMPRESSION_TYPE" 76
    /// Rejoin with the member id of this answer.
    MemberIdRequired "MEMBER_ID_REQUIRED" 79
    /// The group is full.
    GroupMaxSizeReached "GROUP_MAX_SIZE_REACHED" 81
    /// The instance id belongs to a member with another id.
    FencedInstanceId "FENCED_INSTANCE_ID" 82
    /// The group reads this topic.
    GroupSubscribedToTopic "GROUP_SUBSCRIBED_TO_TOPIC" 86
    /// A record or a batch breaks a rule of its format.
    InvalidRecord "INVALID_RECORD" 87
    /// An offset commit is not replicated yet.
    UnstableOffsetCommit "UNSTABLE_OFFSET_COMMIT" 88
    /// No topic has this id.
    UnknownTopicId "UNKNOWN_TOPIC_ID" 100
    /// Endpoints of this kind are not known to this kind of node.
    MismatchedEndpointType "MISMATCHED_ENDPOINT_TYPE" 114
}

impl ErrorCode {
    /// What a member is told when the coordinator's log could not take its record
    /// (`GroupMetadataManager.appendGroupMetadataErrorToResponseError`).
    #[must_use]
    pub fn of_failed_append(self) -> Self {
        if matches!(self, Self::UnknownTopicOrPartition | Self::NotEnoughReplicas | Self::RequestTimedOut) {
            Self::CoordinatorNotAvailable
        } else if matches!(self, Self::NotLeaderOrFollower | Self::KafkaStorageError) {
            Self::NotCoordinator
        } else if matches!(self, Self::MessageTooLarge | Self::RecordListTooLarge | Self::None) {
            Self::UnknownServerError
        } else {
            self
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.code())
    }
}
