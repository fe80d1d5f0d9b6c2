//! The requests that an arbitrary client may send: every plausible field, one oddity at a time.

mod plain;
mod tools;
mod transactions;

use std::collections::BTreeMap;

use super::Place;
use crate::coordinator::{Control, Group, Phase};
use crate::message::{
    Assignments, EmptyGroupIdApi, JoinGroup, LeaveGroup, Leaver, OffsetCommit, Request, SyncGroup,
};
use crate::scenario::Scenario;
use crate::trace::{CommitMetadata, Serving, SessionTimeout};
use crate::types::{
    Claim, Generation, InstanceId, MemberId, Offset, Partition, Protocol, ProtocolName, ProtocolType,
    TopicId, Topics,
};
use plain::{commit_of, sync_of};

/// An id that the coordinator never issued.
pub const STRANGER: MemberId = MemberId(199);

/// The subscription of a plain member.
pub(super) fn plain_topics() -> Topics {
    Topics::first(1)
}

impl Scenario {
    /// The requests that show what offsets and which group there are.
    pub(crate) fn looks(&self) -> Vec<Request> {
        match self.serving {
            Serving::Active if self.transactions => transactions::looks(self),
            Serving::Active if self.tools => tools::looks(),
            Serving::Active | Serving::Loading | Serving::NotCoordinator | Serving::NotAvailable => {
                Vec::new()
            }
        }
    }
}

/// Every request that is worth sending in this state.
pub(super) fn requests(scenario: &Scenario, place: &Place) -> Vec<Request> {
    let ids = Ids::of(place);
    let mut requests = Vec::new();
    if place.coordinator.resigned {
        joins(scenario, &ids, &mut requests);
        heartbeats(&ids, &mut requests);
        return requests;
    }
    if scenario.transactions {
        return transactions::requests(scenario, &ids);
    }
    if scenario.tools && scenario.serving == Serving::Active {
        return tools::requests(scenario, &ids);
    }
    if ids.is_small || scenario.serving != Serving::Active {
        before_group(&mut requests);
    }
    if scenario.tools {
        tools::of_tools(&mut requests);
    }
    joins(scenario, &ids, &mut requests);
    syncs(scenario, &ids, &mut requests);
    heartbeats(&ids, &mut requests);
    leaves(&ids, &mut requests);
    commits(&ids, &mut requests);
    requests.push(Request::OffsetFetch { partitions: vec![FIRST], stable: false });
    for instance in (0..scenario.instances).map(InstanceId) {
        of_instance(scenario, &ids, instance, &mut requests);
    }
    requests
}

/// The markers that may come.
pub(super) fn markers(scenario: &Scenario) -> Vec<Control> {
    transactions::markers(scenario)
}

const FIRST: Partition = Partition::FIRST;

/// The ids and generations that make a difference.
struct Ids {
    members: Vec<MemberId>,
    /// Members, then pending ids.
    known: Vec<MemberId>,
    leader: Option<MemberId>,
    present: Generation,
    other: Generation,
    completing: bool,
    /// Few ids: what does not look at the group is sent only here.
    is_small: bool,
}

impl Ids {
    fn of(place: &Place) -> Self {
        let none = Group::new();
        let group = place.coordinator.group.as_ref().unwrap_or(&none);
        let members: Vec<MemberId> =
            group.members.keys().copied().filter(|m| place.told.contains(m)).collect();
        let known: Vec<MemberId> = members.iter().chain(group.pending.keys()).copied().collect();
        let present = group.generation;
        let other = if present == Generation::ZERO { present.next() } else { Generation(present.0 - 1) };
        let is_small = known.len() <= 1;
        let leader = group.leaders.first().copied().filter(|m| group.is_leader(*m));
        Self {
            members,
            known,
            leader,
            present,
            other,
            completing: group.phase == Phase::CompletingRebalance,
            is_small,
        }
    }
}

fn before_group(requests: &mut Vec<Request>) {
    requests.push(Request::FindCoordinator);
    let apis = [
        EmptyGroupIdApi::JoinGroup,
        EmptyGroupIdApi::SyncGroup,
        EmptyGroupIdApi::Heartbeat,
        EmptyGroupIdApi::LeaveGroup,
        EmptyGroupIdApi::OffsetCommit,
        EmptyGroupIdApi::OffsetFetch,
    ];
    requests.extend(apis.map(Request::WithEmptyGroupId));
    for session_timeout in [SessionTimeout::TooSmall, SessionTimeout::TooLarge] {
        requests.push(Request::JoinGroup(JoinGroup { session_timeout, ..join(None, vec![range(1)]) }));
    }
    // Of whom nobody knows: a session timeout at a bound is let through, and starts no session.
    for session_timeout in [SessionTimeout::Smallest, SessionTimeout::Largest] {
        let stranger = join(Some(STRANGER), vec![range(1)]);
        requests.push(Request::JoinGroup(JoinGroup { session_timeout, ..stranger }));
    }
}

/// Of more than the plain topic: with a claim, which no coordinator looks at.
fn range(topics: u8) -> Protocol {
    let claim = (topics > 1).then(|| Claim::to([FIRST], Generation::ZERO.next()));
    Protocol { name: ProtocolName::Range, topics: Topics::first(topics), claim }
}

fn round_robin() -> Protocol {
    Protocol { name: ProtocolName::RoundRobin, topics: Topics::first(1), claim: None }
}

fn join(member: Option<MemberId>, protocols: Vec<Protocol>) -> JoinGroup {
    let session_timeout = SessionTimeout::InBounds;
    let protocol_type = ProtocolType::Consumer;
    JoinGroup { version: 9, member, instance: None, session_timeout, protocol_type, protocols }
}

fn joins(scenario: &Scenario, ids: &Ids, requests: &mut Vec<Request>) {
    let mut push = |join: JoinGroup| requests.push(Request::JoinGroup(join));
    push(join(None, vec![range(1)]));
    push(join(None, vec![round_robin()]));
    push(join(None, vec![]));
    push(JoinGroup { protocol_type: ProtocolType::Other, ..join(None, vec![range(1)]) });
    push(JoinGroup { protocol_type: ProtocolType::Empty, ..join(None, vec![range(1)]) });
    if scenario.instances == 0 {
        // Its answer would not carry the instance ids of the others.
        push(JoinGroup { version: 3, ..join(None, vec![range(1)]) });
    }
    for member in ids.known.iter().copied().map(Some) {
        push(join(member, vec![range(1)]));
        push(join(member, vec![range(2)]));
        push(join(member, vec![round_robin(), range(1)]));
        push(join(member, vec![round_robin()]));
        push(JoinGroup { protocol_type: ProtocolType::Other, ..join(member, vec![range(1)]) });
    }
    push(join(Some(STRANGER), vec![range(1)]));
}

fn syncs(scenario: &Scenario, ids: &Ids, requests: &mut Vec<Request>) {
    let mut push = |sync: SyncGroup| requests.push(Request::SyncGroup(sync));
    for member in ids.known.iter().copied() {
        push(sync_of(member, ids.present, Assignments::new()));
        push(sync_of(member, ids.other, Assignments::new()));
        if ids.completing || ids.leader == Some(member) {
            push(sync_of(member, ids.present, spread(scenario, &ids.members)));
        }
        if ids.completing && ids.leader == Some(member) && ids.members.len() > 1 {
            push(sync_of(member, ids.present, spread(scenario, &ids.members[1..])));
        }
    }
    let somebody = ids.known.first().copied().unwrap_or(STRANGER);
    let plain = sync_of(somebody, ids.present, Assignments::new());
    push(SyncGroup { protocol: None, ..plain.clone() });
    push(SyncGroup { version: 4, protocol: None, ..plain.clone() });
    push(SyncGroup { protocol: Some((ProtocolType::Other, ProtocolName::Range)), ..plain.clone() });
    push(SyncGroup { protocol: Some((ProtocolType::Consumer, ProtocolName::RoundRobin)), ..plain });
    push(sync_of(STRANGER, ids.present, Assignments::new()));
}

/// One partition of the first topic for each member, as far as they go.
fn spread(scenario: &Scenario, members: &[MemberId]) -> Assignments {
    let mut partitions = scenario.partitions_of(TopicId(0));
    members.iter().map(|m| (*m, partitions.next().into_iter().collect())).collect()
}

fn heartbeats(ids: &Ids, requests: &mut Vec<Request>) {
    let heartbeat = |member, generation| Request::Heartbeat { member, instance: None, generation };
    for member in ids.known.iter().copied() {
        requests.push(heartbeat(member, ids.present));
        requests.push(heartbeat(member, ids.other));
    }
    requests.push(heartbeat(STRANGER, ids.present));
}

fn leaves(ids: &Ids, requests: &mut Vec<Request>) {
    let leave = |version, member| {
        Request::LeaveGroup(LeaveGroup { version, leaver: Leaver { member: Some(member), instance: None } })
    };
    for member in ids.known.iter().copied().chain([STRANGER]) {
        requests.push(leave(5, member));
    }
    requests.push(leave(2, ids.known.first().copied().unwrap_or(STRANGER)));
}

fn commits(ids: &Ids, requests: &mut Vec<Request>) {
    let unknown = Partition { topic: TopicId(0), index: 99 };
    if ids.is_small {
        let somebody = ids.known.first().copied();
        let alone = commit_of(9, None, Generation::NONE, &[FIRST]);
        let member = commit_of(9, somebody, ids.present, &[FIRST]);
        for metadata in [CommitMetadata::Longest, CommitMetadata::TooLong] {
            requests.push(Request::OffsetCommit(OffsetCommit { metadata, ..alone.clone() }));
        }
        requests.push(Request::OffsetCommit(OffsetCommit { metadata: CommitMetadata::TooLong, ..member }));
    }
    let mut push = |version, member, generation, partitions: &[Partition]| {
        requests.push(Request::OffsetCommit(commit_of(version, member, generation, partitions)));
    };
    for member in ids.known.iter().copied().chain([STRANGER]).map(Some) {
        push(9, member, ids.present, &[FIRST]);
        push(9, member, ids.other, &[FIRST]);
        push(9, member, Generation::NONE, &[FIRST]);
    }
    push(8, Some(STRANGER), ids.present, &[FIRST]);
    push(9, None, Generation::NONE, &[FIRST]);
    push(9, None, ids.present, &[FIRST]);
    push(9, None, Generation::NONE, &[FIRST, unknown]);
}

/// What names an instance id: whoever joins with it, and each known id, and one that may have been replaced, with it.
fn of_instance(scenario: &Scenario, ids: &Ids, instance: InstanceId, requests: &mut Vec<Request>) {
    let instance = Some(instance);
    let join = |member, protocols| JoinGroup { instance, ..join(member, protocols) };
    let mut joins = vec![
        join(None, vec![range(1)]),
        join(None, vec![range(2)]),
        join(None, vec![round_robin(), range(1)]),
        join(None, vec![round_robin()]),
        JoinGroup { version: 8, ..join(None, vec![range(1)]) },
    ];
    let named = || ids.known.iter().copied().chain([STRANGER]);
    joins.extend(named().map(|member| join(Some(member), vec![range(1)])));
    requests.extend(joins.into_iter().map(Request::JoinGroup));
    let generation = ids.present;
    for member in named() {
        let assignments = if ids.leader == Some(member) && ids.completing {
            spread(scenario, &ids.members)
        } else {
            Assignments::new()
        };
        requests.push(Request::SyncGroup(SyncGroup {
            version: 5,
            member,
            instance,
            generation,
            protocol: Some((ProtocolType::Consumer, ProtocolName::Range)),
            assignments,
        }));
        requests.push(Request::Heartbeat { member, instance, generation });
    }
    for member in named().map(Some).chain([None]) {
        let offsets = BTreeMap::from([(FIRST, Offset(1))]);
        let metadata = CommitMetadata::Short;
        let commit =
            OffsetCommit { version: 9, member, instance, generation, offsets, metadata, abandoned: false };
        requests.push(Request::OffsetCommit(commit));
        requests.push(Request::LeaveGroup(LeaveGroup { version: 5, leaver: Leaver { member, instance } }));
    }
}
