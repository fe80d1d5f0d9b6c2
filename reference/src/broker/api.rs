//! The APIs that the broker implements, and their versions.

use kafka_protocol::messages::ApiKey;

use super::shape::Kind::{Array, Bytes, Fixed, List, Text};
use super::shape::{Field, all, until};

/// An API that the broker implements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "Kafka's names")]
pub(super) enum Api {
    Produce,
    Fetch,
    ListOffsets,
    Metadata,
    OffsetCommit,
    OffsetFetch,
    FindCoordinator,
    JoinGroup,
    Heartbeat,
    LeaveGroup,
    SyncGroup,
    DescribeGroups,
    ListGroups,
    ApiVersions,
    CreateTopics,
    InitProducerId,
}

impl Api {
    pub(super) const ALL: [Self; 16] = [
        Self::Produce,
        Self::Fetch,
        Self::ListOffsets,
        Self::Metadata,
        Self::OffsetCommit,
        Self::OffsetFetch,
        Self::FindCoordinator,
        Self::JoinGroup,
        Self::Heartbeat,
        Self::LeaveGroup,
        Self::SyncGroup,
        Self::DescribeGroups,
        Self::ListGroups,
        Self::ApiVersions,
        Self::CreateTopics,
        Self::InitProducerId,
    ];

    pub(super) fn of(key: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.key() as i16 == key)
    }

    pub(super) const fn key(self) -> ApiKey {
        match self {
            Self::Produce => ApiKey::Produce,
            Self::Fetch => ApiKey::Fetch,
            Self::ListOffsets => ApiKey::ListOffsets,
            Self::Metadata => ApiKey::Metadata,
            Self::OffsetCommit => ApiKey::OffsetCommit,
            Self::OffsetFetch => ApiKey::OffsetFetch,
            Self::FindCoordinator => ApiKey::FindCoordinator,
            Self::JoinGroup => ApiKey::JoinGroup,
            Self::Heartbeat => ApiKey::Heartbeat,
            Self::LeaveGroup => ApiKey::LeaveGroup,
            Self::SyncGroup => ApiKey::SyncGroup,
            Self::DescribeGroups => ApiKey::DescribeGroups,
            Self::ListGroups => ApiKey::ListGroups,
            Self::ApiVersions => ApiKey::ApiVersions,
            Self::CreateTopics => ApiKey::CreateTopics,
            Self::InitProducerId => ApiKey::InitProducerId,
        }
    }

    /// The first and the last version that the broker takes. Produce below 3 and Fetch below 4 carry messages of an
    /// older format; Produce 13 and OffsetCommit 10 name topics by id; the other ends are those of the codec, or of
    /// what an answer may promise.
    pub(super) const fn versions(self) -> (i16, i16) {
        match self {
            Self::Produce => (3, 11),
            Self::Fetch => (4, 16),
            Self::ListOffsets => (1, 7),
            Self::Metadata => (0, 12),
            Self::OffsetCommit => (2, 9),
            Self::OffsetFetch => (1, 9),
            Self::JoinGroup => (0, 9),
            Self::FindCoordinator | Self::Heartbeat | Self::ApiVersions | Self::InitProducerId => (0, 4),
            Self::LeaveGroup | Self::SyncGroup | Self::ListGroups => (0, 5),
            Self::DescribeGroups => (0, 6),
            Self::CreateTopics => (2, 7),
        }
    }

    /// Whether the broker takes this version.
    pub(super) fn takes(self, version: i16) -> bool {
        let (least, most) = self.versions();
        (least..=most).contains(&version)
    }

    /// The first version whose lengths are compact and whose structures end in tagged fields.
    pub(super) const fn flexible_since(self) -> i16 {
        match self {
            Self::Produce | Self::Metadata => 9,
            Self::Fetch => 12,
            Self::ListOffsets | Self::OffsetFetch | Self::JoinGroup => 6,
            Self::OffsetCommit => 8,
            Self::FindCoordinator | Self::ListGroups | Self::ApiVersions => 3,
            Self::Heartbeat | Self::LeaveGroup | Self::SyncGroup => 4,
            Self::DescribeGroups | Self::CreateTopics => 5,
            Self::InitProducerId => 2,
        }
    }

    /// The fields of the request, in order (`clients/src/main/resources/common/message/*Request.json`).
    pub(super) const fn shape(self) -> &'static [Field] {
        match self {
            Self::Produce => PRODUCE,
            Self::Fetch => FETCH,
            Self::ListOffsets => LIST_OFFSETS,
            Self::Metadata => METADATA,
            Self::OffsetCommit => OFFSET_COMMIT,
            Self::OffsetFetch => OFFSET_FETCH,
            Self::FindCoordinator => FIND_COORDINATOR,
            Self::JoinGroup => JOIN_GROUP,
            Self::Heartbeat => HEARTBEAT,
            Self::LeaveGroup => LEAVE_GROUP,
            Self::SyncGroup => SYNC_GROUP,
            Self::DescribeGroups => DESCRIBE_GROUPS,
            Self::ListGroups => LIST_GROUPS,
            Self::ApiVersions => API_VERSIONS,
            Self::CreateTopics => CREATE_TOPICS,
            Self::InitProducerId => INIT_PRODUCER_ID,
        }
    }
}

const fn since(version: i16, kind: super::shape::Kind) -> Field {
    super::shape::since(version, kind)
}

const INTS: super::shape::Kind = List(&Fixed(4));
const TEXTS: super::shape::Kind = List(&Text);

const PRODUCE: &[Field] =
    &[all(Text), all(Fixed(2 + 4)), all(Array(&[all(Text), all(Array(&[all(Fixed(4)), all(Bytes)]))]))];
const FETCH: &[Field] = &[
    until(14, Fixed(4)),
    all(Fixed(4 + 4 + 4 + 1)),
    since(7, Fixed(4 + 4)),
    all(Array(&[
        until(12, Text),
        since(13, Fixed(16)),
        all(Array(&[
            all(Fixed(4)),
            since(9, Fixed(4)),
            all(Fixed(8)),
            since(12, Fixed(4)),
            since(5, Fixed(8)),
            all(Fixed(4)),
        ])),
    ])),
    since(7, Array(&[until(12, Text), since(13, Fixed(16)), all(INTS)])),
    since(11, Text),
];
const LIST_OFFSETS: &[Field] = &[
    all(Fixed(4)),
    since(2, Fixed(1)),
    all(Array(&[all(Text), all(Array(&[all(Fixed(4)), since(4, Fixed(4)), all(Fixed(8))]))])),
];
const METADATA: &[Field] = &[
    all(Array(&[since(10, Fixed(16)), all(Text)])),
    since(4, Fixed(1)),
    Field { since: 8, until: 10, kind: Fixed(1) },
    since(8, Fixed(1)),
];
const OFFSET_COMMIT: &[Field] = &[
    all(Text),
    all(Fixed(4)),
    all(Text),
    since(7, Text),
    until(4, Fixed(8)),
    all(Array(&[all(Text), all(Array(&[all(Fixed(4)), all(Fixed(8)), since(6, Fixed(4)), all(Text)]))])),
];
const OFFSET_FETCH: &[Field] = &[
    until(7, Text),
    until(7, Array(&[all(Text), all(INTS)])),
    since(8, Array(&[all(Text), since(9, Text), since(9, Fixed(4)), all(Array(&[all(Text), all(INTS)]))])),
    since(7, Fixed(1)),
];
const FIND_COORDINATOR: &[Field] = &[until(3, Text), since(1, Fixed(1)), since(4, TEXTS)];
const JOIN_GROUP: &[Field] = &[
    all(Text),
    all(Fixed(4)),
    since(1, Fixed(4)),
    all(Text),
    since(5, Text),
    all(Text),
    all(Array(&[all(Text), all(Bytes)])),
    since(8, Text),
];
const HEARTBEAT: &[Field] = &[all(Text), all(Fixed(4)), all(Text), since(3, Text)];
const LEAVE_GROUP: &[Field] =
    &[all(Text), until(2, Text), since(3, Array(&[all(Text), all(Text), since(5, Text)]))];
const SYNC_GROUP: &[Field] = &[
    all(Text),
    all(Fixed(4)),
    all(Text),
    since(3, Text),
    since(5, Text),
    since(5, Text),
    all(Array(&[all(Text), all(Bytes)])),
];
const DESCRIBE_GROUPS: &[Field] = &[all(TEXTS), since(3, Fixed(1))];
const LIST_GROUPS: &[Field] = &[since(4, TEXTS), since(5, TEXTS)];
const API_VERSIONS: &[Field] = &[since(3, Text), since(3, Text)];
const CREATE_TOPICS: &[Field] = &[
    all(Array(&[
        all(Text),
        all(Fixed(4 + 2)),
        all(Array(&[all(Fixed(4)), all(INTS)])),
        all(Array(&[all(Text), all(Text)])),
    ])),
    all(Fixed(4 + 1)),
];
const INIT_PRODUCER_ID: &[Field] = &[all(Text), all(Fixed(4)), since(3, Fixed(8 + 2))];
