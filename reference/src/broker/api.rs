//! The APIs that the broker implements, and their versions.

mod shapes;

use kafka_protocol::messages::ApiKey;

use super::shape::Field;

macro_rules! apis {
    ($( $name:ident $least:literal..=$most:literal, flexible since $flexible:literal, $shape:ident )*) => {
        /// An API that the broker implements.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(clippy::enum_variant_names, reason = "Kafka's names")]
        pub(super) enum Api {
            $( $name, )*
        }

        impl Api {
            pub(super) const ALL: &'static [Self] = &[ $( Self::$name, )* ];

            pub(super) const fn key(self) -> ApiKey {
                match self { $( Self::$name => ApiKey::$name, )* }
            }

            /// The first and the last version that the broker takes.
            pub(super) const fn versions(self) -> (i16, i16) {
                match self { $( Self::$name => ($least, $most), )* }
            }

            /// The first version whose lengths are compact and whose structures end in tagged fields.
            pub(super) const fn flexible_since(self) -> i16 {
                match self { $( Self::$name => $flexible, )* }
            }

            /// The fields of the request, in order.
            pub(super) const fn shape(self) -> &'static [Field] {
                match self { $( Self::$name => shapes::$shape, )* }
            }
        }
    };
}

// Produce below 3 and Fetch below 4 carry messages of an older format; InitProducerId 6 takes part in the transactions
// of others; the other ends are those of Kafka 4.3, or of the codec (ListOffsets 11 and the offset APIs 10 are not in
// it). No version of OffsetDelete is flexible.
apis! {
    Produce                    3..=13, flexible since 9,  PRODUCE
    Fetch                      4..=18, flexible since 12, FETCH
    ListOffsets                1..=10, flexible since 6,  LIST_OFFSETS
    Metadata                   0..=13, flexible since 9,  METADATA
    OffsetCommit               2..=9,  flexible since 8,  OFFSET_COMMIT
    OffsetFetch                1..=9,  flexible since 6,  OFFSET_FETCH
    FindCoordinator            0..=6,  flexible since 3,  FIND_COORDINATOR
    JoinGroup                  0..=9,  flexible since 6,  JOIN_GROUP
    Heartbeat                  0..=4,  flexible since 4,  HEARTBEAT
    LeaveGroup                 0..=5,  flexible since 4,  LEAVE_GROUP
    SyncGroup                  0..=5,  flexible since 4,  SYNC_GROUP
    DescribeGroups             0..=6,  flexible since 5,  DESCRIBE_GROUPS
    ListGroups                 0..=5,  flexible since 3,  LIST_GROUPS
    ApiVersions                0..=4,  flexible since 3,  API_VERSIONS
    CreateTopics               2..=7,  flexible since 5,  CREATE_TOPICS
    DeleteTopics               1..=6,  flexible since 4,  DELETE_TOPICS
    InitProducerId             0..=5,  flexible since 2,  INIT_PRODUCER_ID
    OffsetForLeaderEpoch       2..=4,  flexible since 4,  OFFSET_FOR_LEADER_EPOCH
    DescribeConfigs            1..=4,  flexible since 4,  DESCRIBE_CONFIGS
    AlterConfigs               0..=2,  flexible since 2,  ALTER_CONFIGS
    CreatePartitions           0..=3,  flexible since 2,  CREATE_PARTITIONS
    ListPartitionReassignments 0..=0,  flexible since 0,  LIST_PARTITION_REASSIGNMENTS
    DeleteGroups               0..=2,  flexible since 2,  DELETE_GROUPS
    IncrementalAlterConfigs    0..=1,  flexible since 1,  INCREMENTAL_ALTER_CONFIGS
    OffsetDelete               0..=0,  flexible since 99, OFFSET_DELETE
    DescribeCluster            0..=2,  flexible since 0,  DESCRIBE_CLUSTER
    SaslHandshake              0..=1,  flexible since 2,  SASL_HANDSHAKE
    SaslAuthenticate           0..=2,  flexible since 2,  SASL_AUTHENTICATE
}

impl Api {
    pub(super) fn of(key: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|api| api.key() as i16 == key)
    }

    /// Whether the broker takes this version.
    pub(super) fn takes(self, version: i16) -> bool {
        let (least, most) = self.versions();
        (least..=most).contains(&version)
    }
}
