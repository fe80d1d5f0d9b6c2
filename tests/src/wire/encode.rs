//! Requests of a trace as bytes of their API version.

mod tools;
mod transactions;

use std::collections::BTreeMap;

use bytes::BytesMut;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    ApiKey, FindCoordinatorRequest, GroupId, HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest,
    OffsetCommitRequest, OffsetFetchRequest, SyncGroupRequest, TopicName,
};
use kafka_protocol::protocol::{Encodable, StrBytes};
use muster_model::trace::{CommitMetadata, OffsetByPartition, Partitions, Protocol, Request, SessionTimeout};

use super::channel::Outgoing;
use super::topics::Topics;
use crate::committed::{self, leader_epoch};
use crate::consumer_protocol::{encode_assignment, encode_subscription};
use crate::schedule::Timeouts;

use tools::{delete_groups, describe_groups, list_groups, offset_delete};
pub(crate) use transactions::producer_id;
use transactions::txn_offset_commit;

/// What a request needs beside what the trace says.
pub(crate) struct Context<'a> {
    pub(crate) group: &'a str,
    pub(crate) topics: &'a Topics,
    pub(crate) timeouts: Timeouts,
}

/// The API and the version of a request.
pub(crate) fn api(request: &Request) -> (ApiKey, &'static str, i16) {
    match request {
        Request::FindCoordinator { version } => (ApiKey::FindCoordinator, "FindCoordinator", *version),
        Request::JoinGroup { version, .. } => (ApiKey::JoinGroup, "JoinGroup", *version),
        Request::SyncGroup { version, .. } => (ApiKey::SyncGroup, "SyncGroup", *version),
        Request::Heartbeat { version, .. } => (ApiKey::Heartbeat, "Heartbeat", *version),
        Request::LeaveGroup { version, .. } => (ApiKey::LeaveGroup, "LeaveGroup", *version),
        Request::OffsetCommit { version, .. } => (ApiKey::OffsetCommit, "OffsetCommit", *version),
        Request::TxnOffsetCommit { version, .. } => (ApiKey::TxnOffsetCommit, "TxnOffsetCommit", *version),
        Request::OffsetFetch { version, .. } => (ApiKey::OffsetFetch, "OffsetFetch", *version),
        Request::DeleteGroups { version } => (ApiKey::DeleteGroups, "DeleteGroups", *version),
        Request::OffsetDelete { version, .. } => (ApiKey::OffsetDelete, "OffsetDelete", *version),
        Request::DescribeGroups { version } => (ApiKey::DescribeGroups, "DescribeGroups", *version),
        Request::ListGroups { version, .. } => (ApiKey::ListGroups, "ListGroups", *version),
    }
}

/// The request as it goes out. Fails if a field cannot be sent at the request's version.
pub(crate) fn encode(request: &Request, context: &Context<'_>) -> Result<Outgoing, String> {
    let group = |empty: &bool| if *empty { GroupId::default() } else { GroupId(text(context.group)) };
    let (api, _, version) = api(request);
    match request {
        Request::FindCoordinator { .. } => outgoing(api, version, &find_coordinator(context.group, version)),
        Request::JoinGroup {
            empty_group_id,
            member,
            instance,
            session_timeout,
            protocol_type,
            protocols,
            ..
        } => {
            let offers = (protocol_type.as_str(), protocols.as_slice());
            let join = join_group(version, *session_timeout, offers, context)?;
            let join = join
                .with_group_id(group(empty_group_id))
                .with_member_id(text(member))
                .with_group_instance_id(instance.as_deref().map(text));
            outgoing(api, version, &join)
        }
        Request::SyncGroup {
            empty_group_id,
            member,
            instance,
            generation,
            protocol_type,
            protocol_name,
            assignments,
            ..
        } => {
            let sync = SyncGroupRequest::default()
                .with_group_id(group(empty_group_id))
                .with_group_instance_id(instance.as_deref().map(text))
                .with_member_id(text(member))
                .with_generation_id(*generation)
                .with_protocol_type(protocol_type.as_deref().map(text))
                .with_protocol_name(protocol_name.as_deref().map(text))
                .with_assignments(assigned(assignments, context.topics)?);
            outgoing(api, version, &sync)
        }
        Request::Heartbeat { empty_group_id, member, instance, generation, .. } => {
            let who = (member.as_str(), instance.as_deref(), *generation);
            outgoing(api, version, &heartbeat(group(empty_group_id), who))
        }
        Request::LeaveGroup { empty_group_id, members, instances, .. } => {
            outgoing(api, version, &leave_group(group(empty_group_id), members, instances, version))
        }
        Request::OffsetCommit { empty_group_id, member, instance, generation, offsets, metadata, .. } => {
            let who = (member.as_str(), instance.as_deref(), *generation);
            let of = committed(offsets, *metadata, context.topics);
            outgoing(api, version, &offset_commit(group(empty_group_id), who, of))
        }
        Request::TxnOffsetCommit { producer, member, instance, generation, offsets, .. } => {
            let who = (member.as_str(), instance.as_deref(), *generation);
            outgoing(api, version, &txn_offset_commit(producer, who, offsets, context)?)
        }
        Request::OffsetFetch { empty_group_id, partitions, require_stable, .. } => {
            let fetch = offset_fetch(group(empty_group_id), partitions, context.topics, version);
            outgoing(api, version, &fetch.with_require_stable(*require_stable))
        }
        Request::DeleteGroups { .. } => outgoing(api, version, &delete_groups(context.group)),
        Request::OffsetDelete { partitions, .. } => {
            outgoing(api, version, &offset_delete(group(&false), partitions, context.topics))
        }
        Request::DescribeGroups { .. } => outgoing(api, version, &describe_groups(context.group)),
        Request::ListGroups { states, .. } => outgoing(api, version, &list_groups(states)),
    }
}

/// What a JoinGroup asks for, whoever sends it.
fn join_group(
    version: i16,
    session_timeout: SessionTimeout,
    (protocol_type, protocols): (&str, &[Protocol]),
    context: &Context<'_>,
) -> Result<JoinGroupRequest, String> {
    Ok(JoinGroupRequest::default()
        .with_session_timeout_ms(session_ms(session_timeout, context.timeouts))
        .with_rebalance_timeout_ms(rebalance_ms(version, context.timeouts))
        .with_protocol_type(text(protocol_type))
        .with_protocols(all_offered(protocols, context.topics)?))
}

/// Version 0 does not carry it.
fn rebalance_ms(version: i16, timeouts: Timeouts) -> i32 {
    if version == 0 { -1 } else { millis(timeouts.rebalance_ms) }
}

fn all_offered(protocols: &[Protocol], topics: &Topics) -> Result<Vec<JoinGroupRequestProtocol>, String> {
    protocols.iter().map(|protocol| offered(protocol, topics)).collect()
}

/// Encodes any message at a version.
pub(super) fn outgoing<M: Encodable>(api: ApiKey, version: i16, message: &M) -> Result<Outgoing, String> {
    let mut body = BytesMut::new();
    message.encode(&mut body, version).map_err(|error| format!("{api:?} v{version}: {error}"))?;
    Ok(Outgoing { api, version, body: body.freeze() })
}

/// Asks for the group's coordinator.
pub(super) fn find_coordinator(group: &str, version: i16) -> FindCoordinatorRequest {
    if version >= 4 {
        FindCoordinatorRequest::default().with_coordinator_keys(vec![text(group)])
    } else {
        FindCoordinatorRequest::default().with_key(text(group))
    }
}

/// Takes members out of the group.
pub(super) fn leave_group(
    group: GroupId,
    members: &[String],
    instances: &[Option<String>],
    version: i16,
) -> LeaveGroupRequest {
    let leave = LeaveGroupRequest::default().with_group_id(group);
    if version >= 3 {
        let instances = instances.iter().map(Option::as_deref).chain(std::iter::repeat(None));
        let identity = |(member, instance): (&String, Option<&str>)| {
            MemberIdentity::default().with_member_id(text(member)).with_group_instance_id(instance.map(text))
        };
        leave.with_members(members.iter().zip(instances).map(identity).collect())
    } else {
        leave.with_member_id(members.first().map_or_else(StrBytes::new, |member| text(member)))
    }
}

pub(super) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn session_ms(timeout: SessionTimeout, timeouts: Timeouts) -> i32 {
    match timeout {
        SessionTimeout::InBounds => millis(timeouts.session_ms),
        SessionTimeout::TooSmall => 1,
        SessionTimeout::TooLarge => i32::MAX,
        SessionTimeout::Smallest => millis(timeouts.min_session_ms),
        SessionTimeout::Largest => millis(timeouts.max_session_ms),
    }
}

fn millis(ms: u64) -> i32 {
    i32::try_from(ms).unwrap_or(i32::MAX)
}

fn offered(protocol: &Protocol, topics: &Topics) -> Result<JoinGroupRequestProtocol, String> {
    let metadata = encode_subscription(protocol, |topic| topics.real(topic))?;
    Ok(JoinGroupRequestProtocol::default().with_name(text(&protocol.name)).with_metadata(metadata))
}

fn assigned(
    assignments: &BTreeMap<String, Partitions>,
    topics: &Topics,
) -> Result<Vec<SyncGroupRequestAssignment>, String> {
    let one = |(member, partitions): (&String, &Partitions)| {
        let assignment = encode_assignment(partitions, |topic| topics.real(topic))?;
        Ok(SyncGroupRequestAssignment::default().with_member_id(text(member)).with_assignment(assignment))
    };
    assignments.iter().map(one).collect()
}

fn name(topic: &str, topics: &Topics) -> TopicName {
    TopicName(text(&topics.real(topic)))
}

/// Of a member, by its id, its instance id and its generation.
fn offset_commit(
    group: GroupId,
    (member, instance, generation): (&str, Option<&str>, i32),
    topics: Vec<OffsetCommitRequestTopic>,
) -> OffsetCommitRequest {
    OffsetCommitRequest::default()
        .with_group_instance_id(instance.map(text))
        .with_group_id(group)
        .with_member_id(text(member))
        .with_generation_id_or_member_epoch(generation)
        .with_topics(topics)
}

/// Older versions do not carry the leader epoch.
fn committed(
    offsets: &OffsetByPartition,
    metadata: CommitMetadata,
    topics: &Topics,
) -> Vec<OffsetCommitRequestTopic> {
    let partition = |(index, offset): (&i32, &i64)| {
        OffsetCommitRequestPartition::default()
            .with_partition_index(*index)
            .with_committed_offset(*offset)
            .with_committed_leader_epoch(leader_epoch(*offset))
            .with_committed_metadata(Some(text(&committed::metadata(*offset, metadata))))
    };
    let topic = |(topic, of): (&String, &BTreeMap<i32, i64>)| {
        let partitions = of.iter().map(partition).collect();
        OffsetCommitRequestTopic::default().with_name(name(topic, topics)).with_partitions(partitions)
    };
    offsets.iter().map(topic).collect()
}

fn heartbeat(group: GroupId, (member, instance, generation): (&str, Option<&str>, i32)) -> HeartbeatRequest {
    HeartbeatRequest::default()
        .with_group_id(group)
        .with_group_instance_id(instance.map(text))
        .with_member_id(text(member))
        .with_generation_id(generation)
}

fn offset_fetch(
    group: GroupId,
    partitions: &Partitions,
    topics: &Topics,
    version: i16,
) -> OffsetFetchRequest {
    if version >= 8 {
        let topic = |(topic, of): (&String, &Vec<i32>)| {
            OffsetFetchRequestTopics::default()
                .with_name(name(topic, topics))
                .with_partition_indexes(of.clone())
        };
        let group = OffsetFetchRequestGroup::default()
            .with_group_id(group)
            .with_topics((!partitions.is_empty()).then(|| partitions.iter().map(topic).collect()));
        OffsetFetchRequest::default().with_groups(vec![group])
    } else {
        let topic = |(topic, of): (&String, &Vec<i32>)| {
            OffsetFetchRequestTopic::default()
                .with_name(name(topic, topics))
                .with_partition_indexes(of.clone())
        };
        let topics = (!partitions.is_empty()).then(|| partitions.iter().map(topic).collect());
        OffsetFetchRequest::default().with_group_id(group).with_topics(topics)
    }
}
