//! The coordinator: who is in the group, what each owns, and how far each partition is committed.

use std::collections::BTreeMap;

use stateright::actor::{Id, Out, model_timeout};

use super::{Bounds, Generation, Member, Msg, Node, Offset, Partition, Refusal, Timer};

/// Where the group is in forming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Nobody is in it.
    Empty,
    /// Waits for every member to join again.
    Preparing,
    /// Waits for the leader's plan.
    Completing,
    /// Everyone may work.
    Stable,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Membership {
    connection: Id,
    /// Whether it joined since the group began to form.
    joined: bool,
    /// Whether it waits for the leader's plan.
    waits: bool,
    partitions: Vec<Partition>,
}

/// The coordinator's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Coordinator {
    phase: Phase,
    generation: Generation,
    next: Member,
    members: BTreeMap<Member, Membership>,
    leader: Option<Member>,
    /// Committed, by partition.
    pub(crate) offsets: Vec<Offset>,
    /// Whether a commit ever set an offset back.
    pub(crate) rewound: bool,
}

impl Coordinator {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self::without_group(vec![0; usize::from(bounds.partitions)], false)
    }

    fn without_group(offsets: Vec<Offset>, rewound: bool) -> Self {
        let (members, leader) = (BTreeMap::new(), None);
        Self { phase: Phase::Empty, generation: 0, next: 0, members, leader, offsets, rewound }
    }

    /// What is committed, and whether it was set back, with all else made equal.
    pub(super) fn commits(&self) -> Self {
        Self::without_group(self.offsets.clone(), self.rewound)
    }

    pub(super) fn within(&self, bounds: Bounds) -> bool {
        self.generation <= bounds.generations && self.next <= bounds.generations + 1
    }

    /// How each consumer is known.
    pub(super) fn connections(&mut self) -> impl Iterator<Item = &mut Id> {
        self.members.values_mut().map(|member| &mut member.connection)
    }

    /// What [`Self::within`] compares.
    pub(super) fn measure(&self, counts: &mut [u64]) {
        counts[0] = u64::from(self.generation);
        counts[1] = u64::from(self.next);
    }

    pub(super) fn on_msg(&mut self, src: Id, msg: Msg, out: &mut Out<Node>) {
        match msg {
            Msg::Join(member) => self.join(src, member, out),
            Msg::Sync { generation, member, plan } => self.sync(src, generation, member, plan, out),
            Msg::Heartbeat { generation, member } => out.send(src, self.heartbeat(generation, member)),
            Msg::Commit { generation, member, partition, offset } => {
                out.send(src, self.commit(generation, member, partition, offset));
            }
            Msg::Joined { .. }
            | Msg::JoinRefused
            | Msg::Synced(_)
            | Msg::SyncRefused(_)
            | Msg::HeartbeatTaken
            | Msg::HeartbeatRefused(_)
            | Msg::Committed
            | Msg::CommitRefused(_) => {}
        }
    }

    pub(super) fn on_timeout(&mut self, timer: Timer, out: &mut Out<Node>) {
        match timer {
            Timer::Session(member) => {
                if self.members.remove(&member).is_some() {
                    self.prepare(out);
                    self.complete_if_all_joined(out);
                }
            }
            Timer::Rebalance => self.complete(out),
            Timer::Heartbeat(_) | Timer::Work(..) | Timer::Commit(..) => {}
        }
    }

    fn join(&mut self, src: Id, member: Option<Member>, out: &mut Out<Node>) {
        let member = match member {
            None => {
                self.next += 1;
                self.next - 1
            }
            Some(member) if self.members.contains_key(&member) => member,
            Some(_) => return out.send(src, Msg::JoinRefused),
        };
        self.prepare(out);
        let new = Membership { connection: src, joined: false, waits: false, partitions: Vec::new() };
        self.members.entry(member).or_insert(new).joined = true;
        out.cancel_timer(Timer::Session(member));
        self.complete_if_all_joined(out);
    }

    fn prepare(&mut self, out: &mut Out<Node>) {
        if self.phase == Phase::Preparing {
            return;
        }
        self.phase = Phase::Preparing;
        for membership in self.members.values_mut() {
            membership.joined = false;
        }
        out.set_timer(Timer::Rebalance, model_timeout());
    }

    fn complete_if_all_joined(&mut self, out: &mut Out<Node>) {
        if self.phase == Phase::Preparing && self.members.values().all(|membership| membership.joined) {
            self.complete(out);
        }
    }

    /// Whoever has not joined is out; the others are a new generation.
    fn complete(&mut self, out: &mut Out<Node>) {
        self.members.retain(|member, membership| {
            if !membership.joined {
                out.cancel_timer(Timer::Session(*member));
            }
            membership.joined
        });
        self.generation += 1;
        out.cancel_timer(Timer::Rebalance);
        if self.members.is_empty() {
            self.phase = Phase::Empty;
            self.leader = None;
            return;
        }
        self.leader = self.leader.filter(|leader| self.members.contains_key(leader));
        self.leader = self.leader.or_else(|| self.members.keys().next().copied());
        self.phase = Phase::Completing;
        let everyone: Vec<Member> = self.members.keys().copied().collect();
        for (member, membership) in &mut self.members {
            membership.waits = false;
            membership.partitions.clear();
            let members = if self.leader == Some(*member) { everyone.clone() } else { Vec::new() };
            let joined = Msg::Joined { generation: self.generation, member: *member, members };
            out.send(membership.connection, joined);
            out.set_timer(Timer::Session(*member), model_timeout());
        }
    }

    fn sync(
        &mut self,
        src: Id,
        generation: Generation,
        member: Member,
        plan: BTreeMap<Member, Vec<Partition>>,
        out: &mut Out<Node>,
    ) {
        if let Err(refusal) = self.known(generation, member) {
            return out.send(src, Msg::SyncRefused(refusal));
        }
        match self.phase {
            Phase::Empty | Phase::Preparing => {
                out.send(src, Msg::SyncRefused(Refusal::RebalanceInProgress));
            }
            Phase::Completing => {
                if let Some(membership) = self.members.get_mut(&member) {
                    membership.waits = true;
                }
                if self.leader == Some(member) {
                    self.assign(plan, out);
                }
            }
            Phase::Stable => out.send(src, self.assignment(&self.members[&member])),
        }
    }

    fn assign(&mut self, plan: BTreeMap<Member, Vec<Partition>>, out: &mut Out<Node>) {
        for (member, partitions) in plan {
            if let Some(membership) = self.members.get_mut(&member) {
                membership.partitions = partitions;
            }
        }
        self.phase = Phase::Stable;
        for membership in self.members.values().filter(|membership| membership.waits) {
            out.send(membership.connection, self.assignment(membership));
        }
        for membership in self.members.values_mut() {
            membership.waits = false;
        }
    }

    fn assignment(&self, membership: &Membership) -> Msg {
        let with_offset = |partition: &Partition| (*partition, self.offsets[usize::from(*partition)]);
        Msg::Synced(membership.partitions.iter().map(with_offset).collect())
    }

    fn heartbeat(&self, generation: Generation, member: Member) -> Msg {
        match self.known(generation, member) {
            Err(refusal) => Msg::HeartbeatRefused(refusal),
            Ok(()) if self.phase == Phase::Preparing => Msg::HeartbeatRefused(Refusal::RebalanceInProgress),
            Ok(()) => Msg::HeartbeatTaken,
        }
    }

    fn commit(
        &mut self,
        generation: Generation,
        member: Member,
        partition: Partition,
        offset: Offset,
    ) -> Msg {
        match self.known(generation, member) {
            Err(refusal) => Msg::CommitRefused(refusal),
            Ok(()) if self.phase == Phase::Completing => Msg::CommitRefused(Refusal::RebalanceInProgress),
            Ok(()) => {
                let committed = &mut self.offsets[usize::from(partition)];
                self.rewound |= offset < *committed;
                *committed = offset;
                Msg::Committed
            }
        }
    }

    fn known(&self, generation: Generation, member: Member) -> Result<(), Refusal> {
        match (self.members.contains_key(&member), generation == self.generation) {
            (false, _) => Err(Refusal::UnknownMember),
            (true, false) => Err(Refusal::IllegalGeneration),
            (true, true) => Ok(()),
        }
    }
}
