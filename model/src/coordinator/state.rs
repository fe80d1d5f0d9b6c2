//! What the coordinator knows of its one group, and the ghost that properties read.

use std::collections::{BTreeMap, BTreeSet};

use super::log::Log;
use super::retention::Aged;
use super::transactions::Open;
use crate::message::Gone;
use crate::types::{
    ClientId, Connection, Generation, InstanceId, MemberId, Offset, Partition, Producer, Protocol,
    ProtocolName, ProtocolType, Topics,
};

/// The coordinator of one group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coordinator {
    /// `None`: the group is absent.
    pub group: Option<Group>,
    /// Where it writes.
    pub log: Log,
    /// The leadership of the log is lost.
    pub resigned: bool,
    /// Committed offsets.
    pub offsets: BTreeMap<Partition, Offset>,
    /// Those of them that the retention has passed since.
    pub aged: Aged,
    /// The offsets of open transactions.
    pub open: Open,
    /// Ghost: producers whose marker is on its way.
    pub ending: BTreeSet<Producer>,
    /// How many member ids were issued; the next is this number.
    pub issued: u8,
    /// How much of the budget `expire` is spent.
    pub expired: u8,
    /// The next free choice falls on the last candidate instead of the first.
    pub prefer_last: bool,
    /// What no step of the coordinator reads.
    pub ghost: Ghost,
}

/// The group (`ClassicGroup`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Group {
    /// Kafka's group state.
    pub phase: Phase,
    /// 0 until the first join completes.
    pub generation: Generation,
    /// A member came since the initial delay was set, so that it is extended. It outlives a rebalance that ends
    /// without its timer (`ClassicGroup.newMemberAdded`).
    pub member_added: bool,
    /// Set by the first member of an empty group.
    pub protocol_type: Option<ProtocolType>,
    /// Set when a join completes.
    pub protocol: Option<ProtocolName>,
    /// The leader; where Kafka's own choice hangs on hash order, every member that may be it.
    pub leaders: BTreeSet<MemberId>,
    /// The members.
    pub members: BTreeMap<MemberId, Member>,
    /// Ids that were issued with `MEMBER_ID_REQUIRED` and have not joined.
    pub pending: BTreeMap<MemberId, Pending>,
    /// Ids that were replaced, and whose SyncGroup is awaited, in vain (`ClassicGroup.replaceStaticMember`).
    pub replaced_unsynced: BTreeSet<MemberId>,
    /// `ClassicGroup.computeSubscribedTopics` as the last join completed; `None`: not known, or not asked for.
    pub subscribed: Option<Topics>,
    /// The retention of offsets has passed since it became Empty.
    pub aged: bool,
    /// It was made without a record, and nothing was appended since: an append that fails takes it back too.
    pub unwritten: bool,
}

/// The state of a group (`ClassicGroupState`); Dead belongs to deletion and unloading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// No members.
    #[default]
    Empty,
    /// Members are to rejoin.
    PreparingRebalance {
        /// The rebalance started from Empty, so that it ends by a timer.
        initial: bool,
    },
    /// The join is complete, the leader's assignment is awaited.
    CompletingRebalance,
    /// Assignments are handed out.
    Stable,
}

impl Phase {
    /// Kafka's name of the state.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance { .. } => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// A member of the group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// Whose it is; ghost but for the answers' way.
    pub client: ClientId,
    /// `None`: a dynamic member.
    pub instance: Option<InstanceId>,
    /// What it offers.
    pub protocols: Vec<Protocol>,
    /// What the leader gave it in the stored generation; `None`: no bytes.
    pub assignment: Option<Vec<Partition>>,
    /// Its parked requests.
    pub parked: Parked,
    /// Its first JoinGroup is not answered yet.
    pub is_new: bool,
    /// It has joined the generation and has not sent its SyncGroup.
    pub pending_sync: bool,
    /// Ghost: nothing will come from it any more.
    pub dead: bool,
}

/// The parked requests of a member. Both are there only for an instant: a JoinGroup that starts a rebalance while
/// a SyncGroup is parked. Of several of a kind the last is ever answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parked {
    /// A JoinGroup, until the join completes.
    pub join: Option<Connection>,
    /// A SyncGroup, until the leader's assignment is stored.
    pub sync: Option<Connection>,
}

impl Member {
    /// Whether its JoinGroup is parked.
    pub fn awaits_join(&self) -> bool {
        self.parked.join.is_some()
    }

    /// Whether anything is parked.
    pub fn awaits_anything(&self) -> bool {
        self.parked != Parked::default()
    }
}

/// Who sends a request, by its member id and instance id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A member.
    Member(MemberId),
    /// Nobody.
    Unknown,
    /// The instance id is that of a member with another id.
    Replaced,
}

/// An id that was issued and has not joined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pending {
    /// Whose it is.
    pub client: ClientId,
    /// Ghost: it will not be used.
    pub dead: bool,
}

/// What properties need to know of the past. In a correct coordinator each part is a function of the rest of the
/// state or nearly so, and costs few states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ghost {
    /// The last generation whose assignment was handed out.
    pub synced: Option<Generation>,
    /// The one before; kept where the assignor is sticky.
    pub synced_before: Option<Generation>,
    /// The highest generation ever issued.
    pub highest: Option<Generation>,
    /// A completed join was given a generation that is not above all before it.
    pub generation_reissued: bool,
    /// Members named leader by the JoinGroup answers of the present incarnation.
    pub named_leaders: BTreeSet<MemberId>,
    /// Partitions by member, as the SyncGroup answers of the present incarnation gave them.
    pub handed: BTreeMap<MemberId, Vec<Partition>>,
    /// The highest acknowledged offset since the offset was last set back by an abandoned commit.
    pub acknowledged: BTreeMap<Partition, Offset>,
    /// A commit of an earlier generation, or of an id that is no member, was accepted.
    pub stale_commit_accepted: bool,
    /// The id that the member of an instance was last told; kept where there are failovers.
    pub replaced: BTreeMap<InstanceId, MemberId>,
    /// Ids whose LeaveGroup was answered without an error; kept where that is what is claimed.
    pub departed: BTreeSet<MemberId>,
}

impl Ghost {
    /// The group is deleted, and with it the count of its generations: what comes under its name later is another one.
    pub(super) fn begin_anew(&mut self) {
        let stale_commit_accepted = self.stale_commit_accepted;
        *self = Self { stale_commit_accepted, ..Self::default() };
    }
}

impl Coordinator {
    /// A coordinator that has never heard of the group.
    pub fn new() -> Self {
        Self {
            group: None,
            log: Log::default(),
            resigned: false,
            offsets: BTreeMap::new(),
            aged: Aged::default(),
            open: Open::default(),
            ending: BTreeSet::new(),
            issued: 0,
            expired: 0,
            prefer_last: false,
            ghost: Ghost::default(),
        }
    }

    /// Ghost: nothing more will come from what is known of it, here or in the log.
    pub fn may_expire(&mut self, gone: Gone) {
        let is_gone = |member: MemberId, client: ClientId| match gone {
            Gone::Client(of) => of == client,
            Gone::Member(id) => id == member,
        };
        for group in self.group.iter_mut().chain(self.log.groups_mut()) {
            group.members.iter_mut().for_each(|(id, m)| m.dead |= is_gone(*id, m.client));
            group.pending.iter_mut().for_each(|(id, p)| p.dead |= is_gone(*id, p.client));
        }
    }

    /// Whether a free choice lies ahead that is not made yet.
    pub fn may_choose(&self) -> bool {
        !self.prefer_last && self.group.as_ref().is_some_and(|g| g.leaders.len() > 1)
    }

    /// Whether an id is a member's.
    pub fn is_member(&self, member: MemberId) -> bool {
        self.group.as_ref().is_some_and(|g| g.members.contains_key(&member))
    }
}

impl Default for Coordinator {
    fn default() -> Self {
        Self::new()
    }
}

impl Group {
    /// A group without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// `ClassicGroup.hasAllMembersJoined`.
    pub fn has_all_members_joined(&self) -> bool {
        self.pending.is_empty() && self.members.values().all(Member::awaits_join)
    }

    /// The member of an instance id.
    pub fn static_member(&self, instance: InstanceId) -> Option<MemberId> {
        self.members.iter().find(|(_, member)| member.instance == Some(instance)).map(|(id, _)| *id)
    }

    /// `ClassicGroup.validateMember`.
    pub fn identify(&self, member: Option<MemberId>, instance: Option<InstanceId>) -> Identity {
        let current = instance.map(|instance| self.static_member(instance));
        match (current, member) {
            (Some(None), _) | (None, None) => Identity::Unknown,
            (Some(current), member) if current != member => Identity::Replaced,
            (_, Some(member)) if self.members.contains_key(&member) => Identity::Member(member),
            (_, Some(_) | None) => Identity::Unknown,
        }
    }

    /// `ClassicGroup.isLeader`; only asked where the leader is certain.
    pub fn is_leader(&self, member: MemberId) -> bool {
        self.leaders.len() == 1 && self.leaders.contains(&member)
    }

    /// `ClassicGroup.remove`: of a member or a pending id. When the leader goes, another member leads: which one
    /// is hash order.
    pub fn remove(&mut self, member: MemberId) {
        self.pending.remove(&member);
        let gone = self.members.remove(&member).is_some();
        if gone && self.leaders.contains(&member) {
            self.leaders = self.members.keys().copied().collect();
        }
    }
}
