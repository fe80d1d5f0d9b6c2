//! The only ways in which the coordinator's state changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::group::{Group, InitialDelay, Member};
use super::ids::{
    Generation, GroupId, MemberId, Position, ProtocolName, ProtocolType, RequestId, Timestamp, TopicName,
};
use super::record::Record;
use super::request::Protocol;
use super::response::Response;

/// A change of the coordinator's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Durable: a record for the log. It counts once it is replicated ([`Change::Committed`]).
    Append {
        /// Where it will stand.
        position: Position,
        /// The record.
        record: Record,
    },
    /// Something is to happen when the record at `position` is replicated, or lost.
    Await {
        /// The record.
        position: Position,
        /// What is to happen.
        then: Then,
    },
    /// The records up to and with `through` are replicated.
    Committed {
        /// The last of them.
        through: Position,
    },
    /// The records from `first` on are lost.
    Lost {
        /// The first of them.
        first: Position,
    },
    /// Durable: a record read back from the log by a new coordinator.
    Restored(Record),
    /// A group changes in memory; a failover loses it.
    Group {
        /// The group.
        group: GroupId,
        /// How it changes.
        change: GroupChange,
    },
    /// The cluster's topics.
    Topics(BTreeMap<TopicName, i32>),
    /// The group was made without a record: it goes if the next record is lost.
    Unwritten(GroupId),
    /// The group's offsets are dropped. No rule does this, only a mutation.
    OffsetsForgotten(GroupId),
}

impl Change {
    /// The record that is to be written, and where.
    pub fn appended(&self) -> Option<(Position, &Record)> {
        match self {
            Self::Append { position, record } => Some((*position, record)),
            Self::Await { .. }
            | Self::Committed { .. }
            | Self::Lost { .. }
            | Self::Restored(_)
            | Self::Group { .. }
            | Self::Topics(_)
            | Self::Unwritten(_)
            | Self::OffsetsForgotten(_) => None,
        }
    }

    /// How a group changes in memory, if one does.
    pub fn of_group(&self) -> Option<&GroupChange> {
        match self {
            Self::Group { change, .. } => Some(change),
            Self::Append { .. }
            | Self::Await { .. }
            | Self::Committed { .. }
            | Self::Lost { .. }
            | Self::Restored(_)
            | Self::Topics(_)
            | Self::Unwritten(_)
            | Self::OffsetsForgotten(_) => None,
        }
    }

    /// The record, if the change is durable.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Append { record, .. } | Self::Restored(record) => Some(record),
            Self::Await { .. }
            | Self::Committed { .. }
            | Self::Lost { .. }
            | Self::Group { .. }
            | Self::Topics(_)
            | Self::Unwritten(_)
            | Self::OffsetsForgotten(_) => None,
        }
    }
}

/// What waits for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// The leader's assignment is handed out, if the group still awaits that of this generation.
    HandOut {
        /// The group.
        group: GroupId,
        /// The generation that the leader synced.
        generation: Generation,
    },
    /// An answer leaves.
    Answer {
        /// The request.
        id: RequestId,
        /// The answer if the record is replicated.
        response: Response,
    },
    /// A static member's new id stands, and its JoinGroup is answered; if the record is lost the old id stands again.
    Replaced(Replacement),
    /// A group is deleted: it is there again if the record is lost.
    Delete {
        /// The group.
        group: GroupId,
        /// The group as it was.
        before: Box<Group>,
    },
    /// A group is there at all: it goes again if the record is lost.
    Create {
        /// The group.
        group: GroupId,
    },
}

/// A static member that came back under a new id, in Stable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The group.
    pub group: GroupId,
    /// The id that it had.
    pub old: MemberId,
    /// The id that it has.
    pub new: MemberId,
    /// Its JoinGroup.
    pub request: RequestId,
    /// The version of its JoinGroup.
    pub version: i16,
    /// Who led before.
    pub leader: Option<MemberId>,
    /// What the old id offered and asked for.
    pub before: Box<Member>,
}

/// A change of a group in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChange {
    /// The group is there, Empty, at generation 0.
    Created,
    /// The group is not there.
    Removed,
    /// The group is there again.
    Reinstated(Box<Group>),
    /// A member id was given out and its JoinGroup is awaited.
    PendingAdded(MemberId),
    /// A member is there, its JoinGroup parked.
    MemberAdded {
        /// Its id.
        member: MemberId,
        /// The kind of protocol, which the first member of a group sets.
        protocol_type: ProtocolType,
        /// The member.
        value: Member,
    },
    /// A member's JoinGroup is parked, and brings what the member offers.
    MemberRejoined {
        /// The member.
        member: MemberId,
        /// The parked request, in place of the one parked before.
        request: RequestId,
        /// Milliseconds.
        session_timeout_ms: i32,
        /// Milliseconds.
        rebalance_timeout_ms: i32,
        /// What it offers.
        protocols: Arc<[Protocol]>,
    },
    /// A static member has another id, nothing parked, and all else as it was; if it led, it leads.
    MemberReplaced {
        /// The id that it had.
        old: MemberId,
        /// The id that it has.
        new: MemberId,
        /// Whether no join of its own has completed yet.
        is_new: bool,
    },
    /// The member's JoinGroup is answered, and the group has not moved.
    JoinAnswered(MemberId),
    /// What the member offers and asks for, as it was.
    OffersRestored {
        /// The member.
        member: MemberId,
        /// Milliseconds.
        session_timeout_ms: i32,
        /// Milliseconds.
        rebalance_timeout_ms: i32,
        /// What it offers.
        protocols: Arc<[Protocol]>,
    },
    /// A member or a pending member is gone; if it led, the smallest id leads.
    MemberRemoved(MemberId),
    /// Whether a member joined since the initial delay was last set.
    NewMemberNoted(bool),
    /// PreparingRebalance.
    RebalanceStarted {
        /// The initial delay, if the group was Empty.
        initial: Option<InitialDelay>,
    },
    /// The initial delay runs once more.
    DelayExtended(InitialDelay),
    /// CompletingRebalance: every parked JoinGroup is answered, every SyncGroup is awaited.
    GenerationStarted {
        /// The generation.
        generation: Generation,
        /// The leader.
        leader: Option<MemberId>,
        /// The protocol.
        protocol: Option<ProtocolName>,
    },
    /// Empty.
    Emptied {
        /// The generation.
        generation: Generation,
        /// The time.
        since: Timestamp,
    },
    /// A SyncGroup is parked, in place of the one parked before.
    SyncParked {
        /// The member.
        member: MemberId,
        /// The request.
        request: RequestId,
    },
    /// The member's SyncGroup is not awaited any further.
    SyncReceived(MemberId),
    /// Every parked SyncGroup is answered, with these assignments; nothing for who is not named.
    Assigned(BTreeMap<MemberId, Bytes>),
    /// Stable.
    Stabilised,
}
