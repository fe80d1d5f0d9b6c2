//! The group's requests, between the wire and the coordinator.

use bytes::Bytes;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    LeaveGroupResponse, OffsetCommitRequest, OffsetCommitResponse, SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::api::Api;
use super::connection::Ends;
use super::frame::{Header, Refusal};
use super::server::Shared;
use super::wire::{self, all_kept, kept, text};
use crate::coordinator::{
    Client, Generation, Heartbeat, JoinGroup, JoinGroupResponse as Joined, LeaveGroup,
    LeaveGroupResponse as Left, LeavingMember, OffsetCommit, OffsetCommitResponse as Committed,
    PartitionCommit, Protocol, Request, Response, SyncGroup, SyncGroupResponse as Synced,
};

/// Who sends a request, as Kafka shows it.
pub(super) fn client(ends: &Ends, header: &Header) -> Client {
    Client::new(header.client_id.as_str(), format!("/{}", ends.peer.ip()))
}

/// The coordinator answered another kind of request.
pub(super) fn mismatch(header: &Header, answer: &Response) -> Refusal {
    let reason = format!("the coordinator answered {answer:?}");
    Refusal::Answer { api: header.api, version: header.version, reason }
}

/// The coordinator's answer, as it is sent.
pub(super) fn answer(header: &Header, answer: Response) -> Result<Bytes, Refusal> {
    match answer {
        Response::JoinGroup(joined) => header.encode(&join_answer(joined, header.version)),
        Response::SyncGroup(synced) => header.encode(&sync_answer(synced, header.version)),
        Response::Heartbeat(beat) => {
            header.encode(&HeartbeatResponse::default().with_error_code(beat.error.code()))
        }
        Response::LeaveGroup(left) => header.encode(&leave_answer(left)),
        Response::OffsetCommit(committed) => header.encode(&commit_answer(committed)),
        other @ (Response::FindCoordinator(_)
        | Response::TxnOffsetCommit(_)
        | Response::OffsetFetch(_)
        | Response::DeleteGroups(_)
        | Response::OffsetDelete(_)) => Err(mismatch(header, &other)),
    }
}

/// A request that the coordinator never answers holds up its connection until the client closes it, or for as long as
/// a connection may be idle.
pub(super) fn ask<'s>(
    shared: &'s Shared,
    ends: &Ends,
    header: &Header,
    request: Request,
) -> impl Future<Output = Result<Response, Refusal>> + use<'s> {
    let answered = shared.ask(client(ends, header), request);
    async {
        if let Some(answer) = answered.await {
            return Ok(answer);
        }
        let idle = u64::try_from(shared.config.connections_max_idle_ms).unwrap_or(0);
        Box::pin(tokio::time::sleep(std::time::Duration::from_millis(idle))).await;
        Err(Refusal::Io(std::io::ErrorKind::TimedOut.into()))
    }
}

pub(super) fn request(header: &Header, body: Bytes) -> Result<Request, Refusal> {
    let version = header.version;
    Ok(match header.api {
        Api::JoinGroup => Request::JoinGroup(join(&header.decode(body)?, version)),
        Api::SyncGroup => Request::SyncGroup(sync(header.decode(body)?, version)),
        Api::Heartbeat => Request::Heartbeat(heartbeat(&header.decode(body)?)),
        Api::LeaveGroup => Request::LeaveGroup(leave(&header.decode(body)?, version)),
        Api::OffsetCommit => Request::OffsetCommit(commit(&header.decode(body)?, version)),
        Api::OffsetFetch
        | Api::Produce
        | Api::Fetch
        | Api::ListOffsets
        | Api::Metadata
        | Api::FindCoordinator
        | Api::DescribeGroups
        | Api::ListGroups
        | Api::ApiVersions
        | Api::CreateTopics
        | Api::DeleteTopics
        | Api::InitProducerId
        | Api::OffsetForLeaderEpoch
        | Api::DescribeConfigs
        | Api::AlterConfigs
        | Api::IncrementalAlterConfigs
        | Api::CreatePartitions
        | Api::ListPartitionReassignments
        | Api::DeleteGroups
        | Api::OffsetDelete
        | Api::DescribeCluster
        | Api::SaslHandshake
        | Api::SaslAuthenticate => return Err(Refusal::UnsupportedVersion { api: header.api, version }),
    })
}

fn join(request: &JoinGroupRequest, version: i16) -> JoinGroup {
    let offer = |(name, metadata): (&StrBytes, &Bytes)| Protocol {
        name: name.as_str().into(),
        metadata: kept(metadata),
    };
    let rebalance_timeout_ms =
        if version >= 1 { request.rebalance_timeout_ms } else { request.session_timeout_ms };
    JoinGroup {
        version,
        group: wire::group(&request.group_id),
        member: wire::member(&request.member_id),
        instance: wire::instance(request.group_instance_id.as_ref()),
        session_timeout_ms: request.session_timeout_ms,
        rebalance_timeout_ms,
        protocol_type: request.protocol_type.as_str().into(),
        protocols: request.protocols.iter().map(|p| offer((&p.name, &p.metadata))).collect(),
    }
}

fn sync(request: SyncGroupRequest, version: i16) -> SyncGroup {
    let (members, given): (Vec<_>, Vec<_>) =
        request.assignments.iter().map(|a| (wire::member(&a.member_id), &a.assignment)).unzip();
    SyncGroup {
        version,
        group: wire::group(&request.group_id),
        generation: Generation(request.generation_id),
        member: wire::member(&request.member_id),
        instance: wire::instance(request.group_instance_id.as_ref()),
        protocol_type: request.protocol_type.map(|name| name.as_str().into()),
        protocol_name: request.protocol_name.map(|name| name.as_str().into()),
        assignments: members.into_iter().zip(all_kept(&given)).collect(),
    }
}

fn heartbeat(request: &HeartbeatRequest) -> Heartbeat {
    Heartbeat {
        group: wire::group(&request.group_id),
        generation: Generation(request.generation_id),
        member: wire::member(&request.member_id),
        instance: wire::instance(request.group_instance_id.as_ref()),
    }
}

fn leave(request: &LeaveGroupRequest, version: i16) -> LeaveGroup {
    let members = if version >= 3 {
        let leaving = request.members.iter().map(|leaving| LeavingMember {
            member: wire::member(&leaving.member_id),
            instance: wire::instance(leaving.group_instance_id.as_ref()),
        });
        leaving.collect()
    } else {
        vec![LeavingMember { member: wire::member(&request.member_id), instance: None }]
    };
    LeaveGroup { version, group: wire::group(&request.group_id), members }
}

fn commit(request: &OffsetCommitRequest, version: i16) -> OffsetCommit {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| PartitionCommit {
            partition: partition.partition_index,
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata: partition.committed_metadata.as_ref().map(ToString::to_string),
        });
        (wire::topic(&topic.name), partitions.collect())
    });
    OffsetCommit {
        version,
        group: wire::group(&request.group_id),
        generation: Generation(request.generation_id_or_member_epoch),
        member: wire::member(&request.member_id),
        instance: wire::instance(request.group_instance_id.as_ref()),
        topics: topics.collect(),
    }
}

fn join_answer(joined: Joined, version: i16) -> JoinGroupResponse {
    let listed = joined.members.into_iter().map(|member| {
        JoinGroupResponseMember::default()
            .with_member_id(text(member.member.as_str()))
            .with_group_instance_id(member.instance.map(|instance| text(instance.as_str())))
            .with_metadata(member.metadata)
    });
    let name = joined.protocol_name.map(|name| text(name.as_str()));
    let kind = joined.protocol_type.map(|kind| text(kind.as_str()));
    JoinGroupResponse::default()
        .with_error_code(joined.error.code())
        .with_generation_id(joined.generation.0)
        .with_protocol_type(kind.filter(|_| version >= 7))
        // Before version 7 it cannot be null.
        .with_protocol_name(if version >= 7 { name } else { Some(name.unwrap_or_default()) })
        .with_skip_assignment(joined.skip_assignment)
        .with_leader(text(joined.leader.as_str()))
        .with_member_id(text(joined.member.as_str()))
        .with_members(listed.collect())
}

fn sync_answer(synced: Synced, version: i16) -> SyncGroupResponse {
    let carried = version >= 5;
    SyncGroupResponse::default()
        .with_error_code(synced.error.code())
        .with_protocol_type(synced.protocol_type.filter(|_| carried).map(|kind| text(kind.as_str())))
        .with_protocol_name(synced.protocol_name.filter(|_| carried).map(|name| text(name.as_str())))
        .with_assignment(synced.assignment)
}

fn leave_answer(left: Left) -> LeaveGroupResponse {
    let members = left.members.into_iter().map(|member| {
        MemberResponse::default()
            .with_member_id(text(member.member.as_str()))
            .with_group_instance_id(member.instance.map(|instance| text(instance.as_str())))
            .with_error_code(member.error.code())
    });
    LeaveGroupResponse::default().with_error_code(left.error.code()).with_members(members.collect())
}

fn commit_answer(committed: Committed) -> OffsetCommitResponse {
    let topics = committed.topics.into_iter().map(|(topic, partitions)| {
        let answered = partitions.into_iter().map(|(partition, error)| {
            OffsetCommitResponsePartition::default()
                .with_partition_index(partition)
                .with_error_code(error.code())
        });
        OffsetCommitResponseTopic::default()
            .with_name(wire::topic_name(&topic))
            .with_partitions(answered.collect())
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}
