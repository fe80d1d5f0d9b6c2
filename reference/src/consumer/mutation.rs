//! Deliberate defects of a consumer. A simulation that does not notice one of them is too weak.

/// A deliberate defect. It takes effect only if the crate is built with the feature `mutations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConsumerMutation {
    /// The leader gives the first partition to every member.
    AssignTwice,
    /// The leader forgets the last partition.
    SkipPartition,
    /// The leader gives everything to the first member.
    AssignAllToFirst,
    /// The leader gives a partition that moves to its new owner in the same round.
    AssignMovingAtOnce,
    /// A cooperative consumer goes on with partitions that are to be revoked.
    KeepRevoked,
    /// A cooperative consumer does not join again after a revocation.
    SkipRejoin,
    /// A consumer whose generation was reset goes on with what it owned.
    KeepLost,
    /// What is fetched is committed, processed or not.
    CommitFetched,
    /// A partition without a committed offset starts after its first record.
    SkipFirstRecord,
    /// The answer to a Heartbeat is not read.
    IgnoreHeartbeatAnswer,
    /// Nothing is ever committed.
    NeverCommit,
}

impl ConsumerMutation {
    /// Every mutation.
    pub const ALL: &'static [Self] = &[
        Self::AssignTwice,
        Self::SkipPartition,
        Self::AssignAllToFirst,
        Self::AssignMovingAtOnce,
        Self::KeepRevoked,
        Self::SkipRejoin,
        Self::KeepLost,
        Self::CommitFetched,
        Self::SkipFirstRecord,
        Self::IgnoreHeartbeatAnswer,
        Self::NeverCommit,
    ];
}
