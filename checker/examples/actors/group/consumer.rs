//! A consumer: joins, takes what it is assigned, reads, commits, and joins again whenever it is refused.

use std::collections::BTreeMap;

use stateright::actor::{Id, Out, model_timeout};

use super::{Bounds, COORDINATOR, Generation, Member, Msg, Node, Offset, Partition, Refusal, Timer};

/// Who a consumer is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) id: Id,
    pub(super) bounds: Bounds,
}

/// Where a consumer is in joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Joining,
    Syncing,
    Stable,
}

/// A consumer's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Consumer {
    phase: Phase,
    member: Option<Member>,
    /// The last that it heard of.
    pub(crate) generation: Generation,
    /// What it believes it owns, and how far it has read.
    pub(crate) own: BTreeMap<Partition, Offset>,
    /// Whether a request is unanswered.
    busy: bool,
}

impl Consumer {
    pub(super) fn start(out: &mut Out<Node>) -> Self {
        out.send(Id::from(COORDINATOR), Msg::Join(None));
        Self { phase: Phase::Joining, member: None, generation: 0, own: BTreeMap::new(), busy: true }
    }

    /// What it owns, and since when, with all else made equal.
    pub(super) fn claims(&self) -> Self {
        let own: BTreeMap<Partition, Offset> = self.own.keys().map(|partition| (*partition, 0)).collect();
        let generation = if own.is_empty() { 0 } else { self.generation };
        Self { phase: Phase::Joining, member: None, generation, own, busy: false }
    }

    pub(super) fn on_msg(&mut self, place: Place, msg: Msg, out: &mut Out<Node>) {
        self.busy = false;
        match msg {
            Msg::Joined { generation, member, members } => {
                self.joined(generation, member, plan(place.bounds, &members), out);
            }
            Msg::JoinRefused => self.rejoin(place, None, out),
            Msg::Synced(assignment) => self.synced(place, assignment, out),
            Msg::SyncRefused(refusal) | Msg::HeartbeatRefused(refusal) | Msg::CommitRefused(refusal) => {
                self.refused(place, refusal, out);
            }
            Msg::HeartbeatTaken | Msg::Committed => {
                out.set_timer(Timer::Heartbeat(place.id), model_timeout());
            }
            Msg::Join(_) | Msg::Sync { .. } | Msg::Heartbeat { .. } | Msg::Commit { .. } => {}
        }
    }

    pub(super) fn on_timeout(&mut self, place: Place, timer: Timer, out: &mut Out<Node>) {
        match timer {
            Timer::Heartbeat(_) => {
                if let Some(member) = self.free_member() {
                    self.request(Msg::Heartbeat { generation: self.generation, member }, out);
                }
            }
            Timer::Work(_, partition) => self.work(place, partition, out),
            Timer::Commit(_, partition) => self.commit(place, partition, out),
            Timer::Session(_) | Timer::Rebalance => {}
        }
    }

    fn joined(
        &mut self,
        generation: Generation,
        member: Member,
        plan: BTreeMap<Member, Vec<Partition>>,
        out: &mut Out<Node>,
    ) {
        self.generation = generation;
        self.member = Some(member);
        self.phase = Phase::Syncing;
        self.request(Msg::Sync { generation, member, plan }, out);
    }

    fn synced(&mut self, place: Place, assignment: Vec<(Partition, Offset)>, out: &mut Out<Node>) {
        self.phase = Phase::Stable;
        for (partition, offset) in assignment {
            self.own.insert(partition, offset);
            if offset < place.bounds.records {
                out.set_timer(Timer::Work(place.id, partition), model_timeout());
            }
        }
        out.set_timer(Timer::Heartbeat(place.id), model_timeout());
    }

    fn refused(&mut self, place: Place, refusal: Refusal, out: &mut Out<Node>) {
        match refusal {
            Refusal::RebalanceInProgress => self.rejoin(place, self.member, out),
            Refusal::UnknownMember | Refusal::IllegalGeneration => self.rejoin(place, None, out),
        }
    }

    fn rejoin(&mut self, place: Place, member: Option<Member>, out: &mut Out<Node>) {
        for partition in std::mem::take(&mut self.own).into_keys() {
            out.cancel_timer(Timer::Work(place.id, partition));
            out.cancel_timer(Timer::Commit(place.id, partition));
        }
        self.member = member;
        self.phase = Phase::Joining;
        out.cancel_timer(Timer::Heartbeat(place.id));
        self.request(Msg::Join(member), out);
    }

    fn work(&mut self, place: Place, partition: Partition, out: &mut Out<Node>) {
        let Some(offset) = self.own.get_mut(&partition) else { return };
        *offset += 1;
        if *offset < place.bounds.records {
            out.set_timer(Timer::Work(place.id, partition), model_timeout());
        }
        out.set_timer(Timer::Commit(place.id, partition), model_timeout());
    }

    fn commit(&mut self, place: Place, partition: Partition, out: &mut Out<Node>) {
        match (self.free_member(), self.own.get(&partition)) {
            (Some(member), Some(offset)) => {
                let commit = Msg::Commit { generation: self.generation, member, partition, offset: *offset };
                out.cancel_timer(Timer::Heartbeat(place.id));
                self.request(commit, out);
            }
            (None, _) | (Some(_), None) => out.set_timer(Timer::Commit(place.id, partition), model_timeout()),
        }
    }

    fn request(&mut self, msg: Msg, out: &mut Out<Node>) {
        self.busy = true;
        out.send(Id::from(COORDINATOR), msg);
    }

    /// Its name, if it is in the group and waits for no answer.
    fn free_member(&self) -> Option<Member> {
        self.member.filter(|_| self.phase == Phase::Stable && !self.busy)
    }
}

/// Partitions in turn to members in turn; nobody but the leader is told the members.
fn plan(bounds: Bounds, members: &[Member]) -> BTreeMap<Member, Vec<Partition>> {
    let mut plan = BTreeMap::<Member, Vec<Partition>>::new();
    for (partition, member) in (0..bounds.partitions).zip(members.iter().cycle()) {
        plan.entry(*member).or_default().push(partition);
    }
    plan
}
