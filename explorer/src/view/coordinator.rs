//! The coordinator's side of a state.

use std::collections::BTreeMap;

use muster_model::actor::Timer;
use muster_model::coordinator::{Coordinator, Group, Member};
use muster_model::narrate::timer_line;
use muster_model::trace::convert;
use serde::Serialize;
use stateright::actor::Timers;

/// What the coordinator knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CoordinatorView {
    /// `None`: the group is absent.
    pub group: Option<GroupView>,
    /// Committed offsets by partition.
    pub committed: BTreeMap<String, i64>,
    /// Its timers that are set, in words.
    pub timers: Vec<String>,
    /// How many member ids it has issued.
    pub issued: u8,
    /// How much of the fault budget `expire` is spent.
    pub expired: u8,
}

/// The group.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GroupView {
    /// Kafka's name of the group's state.
    pub state: String,
    /// 0 until the first join completes.
    pub generation: i32,
    /// The assignor that was chosen.
    pub protocol: Option<String>,
    /// The leader; several where Kafka may choose any of them.
    pub leader: Vec<String>,
    /// The members, by member id.
    pub members: BTreeMap<String, MemberView>,
    /// Member ids that were issued and have not joined, and whose they are.
    pub pending: BTreeMap<String, String>,
}

/// A member.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MemberView {
    /// Its client.
    pub client: String,
    /// The assignment in the stored generation; `None`: none was given.
    pub assignment: Option<Vec<String>>,
    /// Topics that it subscribes to.
    pub topics: Vec<String>,
    /// Its requests that wait for an answer, e.g. `JoinGroup on c1#1`.
    pub parked: Vec<String>,
    /// Its first JoinGroup is not answered yet.
    pub is_new: bool,
    /// It has joined the generation, and its SyncGroup has not come.
    pub awaits_sync: bool,
    /// Nothing will come from it any more, which the coordinator does not know.
    pub dead: bool,
}

impl CoordinatorView {
    /// Of the model's coordinator, without its timers.
    pub fn of(coordinator: &Coordinator) -> Self {
        let committed = coordinator.offsets.iter().map(|(p, offset)| (p.to_string(), i64::from(offset.0)));
        Self {
            group: coordinator.group.as_ref().map(group),
            committed: committed.collect(),
            timers: Vec::new(),
            issued: coordinator.issued,
            expired: coordinator.expired,
        }
    }
}

fn group(group: &Group) -> GroupView {
    let pending = group.pending.iter().map(|(id, pending)| (id.to_string(), pending.client.to_string()));
    GroupView {
        state: group.phase.name().to_owned(),
        generation: i32::from(group.generation.0),
        protocol: group.protocol.map(|name| name.name().to_owned()),
        leader: group.leaders.iter().map(ToString::to_string).collect(),
        members: group.members.iter().map(|(id, of)| (id.to_string(), member(of))).collect(),
        pending: pending.collect(),
    }
}

fn member(member: &Member) -> MemberView {
    let join = member.parked.join.map(|connection| format!("JoinGroup on {connection}"));
    let sync = member.parked.sync.map(|connection| format!("SyncGroup on {connection}"));
    let topics = member.protocols.first().map(|protocol| protocol.topics);
    MemberView {
        client: member.client.to_string(),
        assignment: member.assignment.as_ref().map(|of| of.iter().map(ToString::to_string).collect()),
        topics: topics.iter().flat_map(|topics| topics.iter()).map(|topic| topic.to_string()).collect(),
        parked: join.into_iter().chain(sync).collect(),
        is_new: member.is_new,
        awaits_sync: member.pending_sync,
        dead: member.dead,
    }
}

/// The coordinator's timers in words, sorted; a ghost is none.
pub(super) fn timers(set: &Timers<Timer>) -> Vec<String> {
    let named = set.iter().filter_map(|timer| match timer {
        Timer::Coordinator(timer) => convert::timer(*timer).map(|timer| timer_line(&timer)),
        Timer::Consumer(..) | Timer::Cluster(_) => None,
    });
    let mut named: Vec<String> = named.collect();
    named.sort();
    named
}
