//! From the model's values to the trace's: small numbers become symbols and names.

mod control;
mod empty_group_id;
mod subscription;
mod tool;

use std::collections::BTreeMap;

use super::{Answer, Choice, Joined, OffsetByPartition, Partitions, Setting, Timer, TimerChange};
use crate::coordinator::{CoordinatorTimer, Effects, LeaderChoice};
use crate::message::{Error, JoinError, JoinGroup, JoinedGroup, Leaver, Request, Response, SyncGroup};
use crate::scenario::Scenario;
use crate::types::{Generation, InstanceId, MemberId, Offset, Partition, TopicId, Topics};
pub use control::control;

use empty_group_id::with_empty_group_id;
use subscription::{listed, offered};

/// The API version of FindCoordinator in traces: the model's request carries none.
pub const FIND_COORDINATOR_VERSION: i16 = 4;
/// The API version of Heartbeat in traces.
pub const HEARTBEAT_VERSION: i16 = 4;
/// The API version of OffsetFetch in traces: groups are named in it, topics by name.
pub const OFFSET_FETCH_VERSION: i16 = 8;

/// A request as the trace has it.
pub fn request(request: &Request) -> super::Request {
    match request {
        Request::FindCoordinator => super::Request::FindCoordinator { version: FIND_COORDINATOR_VERSION },
        Request::JoinGroup(join) => join_group(join),
        Request::SyncGroup(sync) => sync_group(sync),
        Request::Heartbeat { member, instance, generation } => super::Request::Heartbeat {
            version: HEARTBEAT_VERSION,
            empty_group_id: false,
            member: member.to_string(),
            instance: instance_id(*instance),
            generation: number(*generation),
        },
        Request::LeaveGroup(leave) => super::Request::LeaveGroup {
            version: leave.version,
            empty_group_id: false,
            members: vec![symbol(leave.leaver.member)],
            instances: leave.leaver.instance.map(|i| Some(i.to_string())).into_iter().collect(),
        },
        Request::OffsetCommit(commit) => super::Request::OffsetCommit {
            version: commit.version,
            empty_group_id: false,
            member: symbol(commit.member),
            instance: instance_id(commit.instance),
            generation: number(commit.generation),
            offsets: by_partition(commit.offsets.iter().map(|(p, o)| (*p, offset(Some(*o))))),
            metadata: commit.metadata,
        },
        Request::TxnOffsetCommit(commit) => super::Request::TxnOffsetCommit {
            version: commit.version,
            producer: commit.producer.to_string(),
            member: symbol(commit.member),
            instance: instance_id(commit.instance),
            generation: number(commit.generation),
            offsets: by_partition(commit.offsets.iter().map(|(p, o)| (*p, offset(Some(*o))))),
        },
        Request::OffsetFetch { partitions: asked, stable } => super::Request::OffsetFetch {
            version: OFFSET_FETCH_VERSION,
            empty_group_id: false,
            partitions: partitions(asked),
            require_stable: *stable,
        },
        Request::WithEmptyGroupId(api) => with_empty_group_id(*api),
        Request::Tool(request) => tool::request(request),
    }
}

fn join_group(join: &JoinGroup) -> super::Request {
    let protocols = join.protocols.iter();
    super::Request::JoinGroup {
        version: join.version,
        empty_group_id: false,
        member: symbol(join.member),
        instance: instance_id(join.instance),
        session_timeout: join.session_timeout,
        protocol_type: join.protocol_type.name().to_owned(),
        protocols: protocols.map(offered).collect(),
    }
}

fn sync_group(sync: &SyncGroup) -> super::Request {
    let assignments = sync.assignments.iter();
    super::Request::SyncGroup {
        version: sync.version,
        empty_group_id: false,
        member: sync.member.to_string(),
        instance: instance_id(sync.instance),
        generation: number(sync.generation),
        protocol_type: sync.protocol.map(|(protocol_type, _)| protocol_type.name().to_owned()),
        protocol_name: sync.protocol.map(|(_, name)| name.name().to_owned()),
        assignments: assignments.map(|(m, assigned)| (m.to_string(), partitions(assigned))).collect(),
    }
}

/// An answer as the trace has it.
pub fn response(response: &Response) -> super::Response {
    match response {
        Response::FindCoordinator(error) => super::Response::FindCoordinator { error: name(*error) },
        Response::JoinGroup(Ok(joined)) => joined_group(joined),
        Response::JoinGroup(Err(refused)) => refused_join(*refused),
        Response::SyncGroup(Ok(assigned)) => super::Response::SyncGroup {
            error: name(Error::None),
            assignment: assigned.as_deref().map(partitions),
        },
        Response::SyncGroup(Err(error)) => {
            super::Response::SyncGroup { error: name(*error), assignment: None }
        }
        Response::Heartbeat(error) => super::Response::Heartbeat { error: name(*error) },
        Response::LeaveGroup { version, leaver, error } => left_group(*version, *leaver, *error),
        Response::OffsetCommit(errors) => super::Response::OffsetCommit {
            errors: by_partition(errors.iter().map(|(p, error)| (*p, name(*error)))),
        },
        Response::TxnOffsetCommit(errors) => super::Response::TxnOffsetCommit {
            errors: by_partition(errors.iter().map(|(p, error)| (*p, name(*error)))),
        },
        Response::OffsetFetch(Ok(offsets)) => super::Response::OffsetFetch {
            error: name(Error::None),
            offsets: by_partition(offsets.iter().map(|(p, o)| (*p, offset(*o)))),
        },
        Response::OffsetFetch(Err(error)) => {
            super::Response::OffsetFetch { error: name(*error), offsets: OffsetByPartition::new() }
        }
        Response::Tool(answer) => tool::response(answer),
    }
}

fn refused_join(refused: JoinError) -> super::Response {
    let present = refused.present;
    super::Response::JoinGroup {
        error: name(refused.error),
        generation: number(present.map_or(Generation::NONE, |present| present.generation)),
        protocol_name: present.and_then(|present| present.protocol).map(|p| p.name().to_owned()),
        leader: symbol(present.and_then(|present| present.leader)),
        member: symbol(refused.member),
        members: Vec::new(),
        skip_assignment: false,
    }
}

fn joined_group(joined: &JoinedGroup) -> super::Response {
    let members = joined.members.iter();
    let mut members: Vec<Joined> = members.map(listed).collect();
    members.sort();
    super::Response::JoinGroup {
        error: name(Error::None),
        generation: number(joined.generation),
        protocol_name: Some(joined.protocol.name().to_owned()),
        leader: joined.leader.to_string(),
        member: joined.member.to_string(),
        members,
        skip_assignment: joined.skip_assignment,
    }
}

/// Before version 3, and where no member was looked at, the error stands at the top.
fn left_group(version: i16, leaver: Option<Leaver>, error: Error) -> super::Response {
    let first_version_with_members = 3;
    match leaver.filter(|_| version >= first_version_with_members) {
        Some(leaver) => super::Response::LeaveGroup {
            error: name(Error::None),
            members: vec![(symbol(leaver.member), name(error))],
        },
        None => super::Response::LeaveGroup { error: name(error), members: Vec::new() },
    }
}

/// A timer as the trace has it; `None` for a ghost.
pub fn timer(timer: CoordinatorTimer) -> Option<Timer> {
    match timer {
        CoordinatorTimer::Session(member) => Some(Timer::Session { member: member.to_string() }),
        CoordinatorTimer::NewMemberJoin(member) => Some(Timer::NewMemberJoin { member: member.to_string() }),
        CoordinatorTimer::InitialDelay => Some(Timer::InitialDelay),
        CoordinatorTimer::Rebalance => Some(Timer::Rebalance),
        CoordinatorTimer::PendingSync => Some(Timer::PendingSync),
        CoordinatorTimer::PreferLast | CoordinatorTimer::Environment(_) => None,
    }
}

/// What a step did with the coordinator's timers: for each its last word, in the order of these.
pub fn timers(changes: &[(CoordinatorTimer, bool)]) -> TimerChange {
    let is_last = |i: usize, t: &CoordinatorTimer| changes.iter().skip(i + 1).all(|(later, _)| later != t);
    let last = changes.iter().enumerate().filter(|(i, (t, _))| is_last(*i, t)).map(|(_, change)| *change);
    let (set, cancelled): (Vec<_>, Vec<_>) = last.partition(|(_, set)| *set);
    let named = |of: Vec<(CoordinatorTimer, bool)>| of.into_iter().filter_map(|(t, _)| timer(t)).collect();
    TimerChange { set: named(set), cancelled: named(cancelled) }
}

/// A free choice as the trace has it.
pub fn choice(choice: &LeaderChoice) -> Choice {
    let among = choice.among.iter().map(ToString::to_string).collect();
    Choice::Leader { chosen: choice.chosen.to_string(), among }
}

/// The step of the coordinator that had these effects.
pub fn step(event: super::Event, effects: &Effects) -> super::Step {
    let answers = effects.answers.iter();
    let answers = answers.map(|(to, r)| Answer { connection: to.to_string(), response: response(r) });
    super::Step {
        rules: effects.rules.clone(),
        event,
        answers: answers.collect(),
        timers: timers(&effects.timers),
        choice: effects.choice.as_ref().map(choice),
    }
}

/// What the scenario fixes before the first step.
pub fn setting(scenario: &Scenario) -> Setting {
    let bounds = &scenario.bounds;
    let topics = (0..bounds.topics).map(|t| (TopicId(t).to_string(), i32::from(scenario.most_partitions())));
    Setting {
        topics: topics.collect(),
        group_max_size: bounds.group_max_size.map(i32::from),
        serving: scenario.serving,
    }
}

fn name(error: Error) -> String {
    error.name().to_owned()
}

fn symbol(member: Option<MemberId>) -> String {
    member.map(|m| m.to_string()).unwrap_or_default()
}

fn instance_id(instance: Option<InstanceId>) -> Option<String> {
    instance.map(|i| i.to_string())
}

fn number(generation: Generation) -> i32 {
    i32::from(generation.0)
}

/// -1: none.
fn offset(offset: Option<Offset>) -> i64 {
    offset.map_or(-1, |o| i64::from(o.0))
}

fn topics(topics: Topics) -> Vec<String> {
    topics.iter().map(|t| t.to_string()).collect()
}

/// Partitions by topic, ascending.
pub fn partitions(of: &[Partition]) -> Partitions {
    let mut partitions = Partitions::new();
    for partition in of {
        partitions.entry(partition.topic.to_string()).or_default().push(i32::from(partition.index));
    }
    for indices in partitions.values_mut() {
        indices.sort_unstable();
    }
    partitions
}

fn by_partition<V>(values: impl Iterator<Item = (Partition, V)>) -> BTreeMap<String, BTreeMap<i32, V>> {
    let mut by_topic: BTreeMap<String, BTreeMap<i32, V>> = BTreeMap::new();
    for (partition, value) in values {
        let of_topic = by_topic.entry(partition.topic.to_string()).or_default();
        of_topic.insert(i32::from(partition.index), value);
    }
    by_topic
}

#[cfg(test)]
mod tests;
