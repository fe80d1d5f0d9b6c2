//! Requests for the group without a name.

/// What is asked with an empty group id. OffsetCommit and OffsetFetch take it for a group like any other, which is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are Kafka's APIs")]
pub enum EmptyGroupIdApi {
    JoinGroup,
    SyncGroup,
    Heartbeat,
    LeaveGroup,
    OffsetCommit,
    OffsetFetch,
}

impl EmptyGroupIdApi {
    /// Whether a group without a name is refused.
    pub(crate) fn needs_group_id(self) -> bool {
        match self {
            Self::JoinGroup | Self::SyncGroup | Self::Heartbeat | Self::LeaveGroup => true,
            Self::OffsetCommit | Self::OffsetFetch => false,
        }
    }
}
