//! The bounds and faults of exhibits.

use crate::scenario::{CommitMode, Faults, Membership};

/// The bounds and faults of an exhibit.
#[derive(Clone, Copy, Debug)]
pub struct Within {
    /// Consumers.
    pub consumers: u8,
    /// Topics; with more than one the last consumer subscribes to the first only.
    pub topics: u8,
    /// Partitions of each topic.
    pub partitions: u8,
    /// Records in each partition.
    pub records: u8,
    /// Generations.
    pub generations: i8,
    /// Member ids.
    pub members: u8,
    /// Faults.
    pub faults: Faults,
    /// Whether consumers are cooperative, and commit when a partition is revoked.
    pub cooperative: bool,
    /// Whether consumers have instance ids.
    pub membership: Membership,
    /// When consumers commit.
    pub commit: CommitMode,
    /// Whether replication may be held.
    pub replication: bool,
    /// How many assignments are taken up before topics may grow.
    pub grows_after: u8,
}

/// More than any state in normal form has.
const MANY: u8 = 100;

/// No fault.
const NONE: Faults = Faults {
    crash: 0,
    give_up: 0,
    expire: 0,
    leave: 0,
    poll_timeout: 0,
    subscribe: 0,
    failover: 0,
    partitions: 0,
    tools: 0,
};
/// A process ends, and starts again.
pub(super) const CRASH: Faults = Faults { crash: 1, ..NONE };
/// An application is too slow for its consumer.
pub(super) const POLL_TIMEOUT: Faults = Faults { poll_timeout: 1, ..NONE };
/// A consumer gives up a connection.
pub(super) const GIVE_UP: Faults = Faults { give_up: 1, ..NONE };
/// Two connections are given up.
pub(super) const GIVE_UP_TWICE: Faults = Faults { give_up: 2, ..NONE };
/// The coordinator loses patience with a consumer that is alive.
pub(super) const EXPIRE: Faults = Faults { expire: 1, ..NONE };
/// The coordinator loses its log, and reads it again.
pub(super) const FAILOVER: Faults = Faults { failover: 1, ..NONE };
/// A process ends, and starts again; and topics grow.
pub(super) const CRASH_AND_GROW: Faults = Faults { crash: 1, partitions: 1, ..NONE };
/// A consumer closes.
pub(super) const LEAVE: Faults = Faults { leave: 1, ..NONE };

impl Within {
    /// Consumers, partitions and records, and the generations that it takes.
    pub(super) const fn of(consumers: u8, partitions: u8, records: u8, generations: i8) -> Self {
        Self {
            consumers,
            topics: 1,
            partitions,
            records,
            generations,
            members: consumers,
            faults: NONE,
            cooperative: false,
            membership: Membership::Dynamic,
            commit: CommitMode::Async,
            replication: false,
            grows_after: 0,
        }
    }

    /// Without bounds on generations and member ids: they are in normal form.
    pub(super) const fn endless(consumers: u8, partitions: u8, records: u8) -> Self {
        Self { members: MANY, ..Self::of(consumers, partitions, records, MANY.cast_signed()) }
    }

    pub(super) const fn faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    pub(super) const fn members(self, members: u8) -> Self {
        Self { members, ..self }
    }

    pub(super) const fn membership(self, membership: Membership) -> Self {
        Self { membership, ..self }
    }

    pub(super) const fn auto_commit(self) -> Self {
        Self { commit: CommitMode::Auto, ..self }
    }

    /// In transactions, and asking for stable offsets.
    pub(super) const fn commit(self, commit: CommitMode) -> Self {
        Self { commit, ..self }
    }

    pub(super) const fn held_replication(self) -> Self {
        Self { replication: true, ..self }
    }

    pub(super) const fn grows_after(self, assignments: u8) -> Self {
        Self { grows_after: assignments, ..self }
    }

    pub(super) const fn cooperative(self) -> Self {
        Self { cooperative: true, ..self }
    }
}
