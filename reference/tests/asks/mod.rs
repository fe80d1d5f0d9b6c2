//! The requests of a member of the group `g`, in every version.

#![allow(dead_code, reason = "each of the tests that share this asks some of it")]

use bytes::Bytes;
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
    GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, OffsetCommitRequest,
    OffsetFetchRequest, SyncGroupRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use crate::client::Client;

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub(crate) fn join(version: i16, member: &str) -> JoinGroupRequest {
    let offer =
        JoinGroupRequestProtocol::default().with_name(text("range")).with_metadata(Bytes::from_static(b"m"));
    let request = JoinGroupRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_session_timeout_ms(10_000)
        .with_member_id(text(member))
        .with_protocol_type(text("consumer"))
        .with_protocols(vec![offer]);
    if version >= 1 { request.with_rebalance_timeout_ms(10_000) } else { request }
}

/// Joins, with the second round that version 4 and above want.
pub(crate) async fn joined(client: &mut Client, version: i16) -> JoinGroupResponse {
    let answer = client.ask(&join(version, ""), version).await;
    if answer.error_code != 79 {
        return answer;
    }
    assert!(version >= 4, "MEMBER_ID_REQUIRED from version 4 on");
    client.ask(&join(version, &answer.member_id), version).await
}

pub(crate) fn sync(version: i16, generation: i32, member: &str) -> SyncGroupRequest {
    let given = SyncGroupRequestAssignment::default()
        .with_member_id(text(member))
        .with_assignment(Bytes::from_static(b"a"));
    let request = SyncGroupRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_generation_id(generation)
        .with_member_id(text(member))
        .with_assignments(vec![given]);
    if version >= 5 {
        request.with_protocol_type(Some(text("consumer"))).with_protocol_name(Some(text("range")))
    } else {
        request
    }
}

pub(crate) fn heartbeat(generation: i32, member: &str) -> HeartbeatRequest {
    HeartbeatRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_generation_id(generation)
        .with_member_id(text(member))
}

pub(crate) fn leave(version: i16, member: &str) -> LeaveGroupRequest {
    let request = LeaveGroupRequest::default().with_group_id(GroupId(text("g")));
    if version >= 3 {
        request.with_members(vec![MemberIdentity::default().with_member_id(text(member))])
    } else {
        request.with_member_id(text(member))
    }
}

pub(crate) fn commit(generation: i32, member: &str, offset: i64) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition::default()
        .with_partition_index(1)
        .with_committed_offset(offset)
        .with_committed_metadata(Some(text("note")));
    let topic =
        OffsetCommitRequestTopic::default().with_name(TopicName(text("t"))).with_partitions(vec![partition]);
    OffsetCommitRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_generation_id_or_member_epoch(generation)
        .with_member_id(text(member))
        .with_topics(vec![topic])
}

/// The committed offset of t/1.
pub(crate) async fn committed(client: &mut Client, version: i16) -> i64 {
    if version >= 8 {
        let topic = OffsetFetchRequestTopics::default()
            .with_name(TopicName(text("t")))
            .with_partition_indexes(vec![1]);
        let group = OffsetFetchRequestGroup::default()
            .with_group_id(GroupId(text("g")))
            .with_topics(Some(vec![topic]));
        let answer = client.ask(&OffsetFetchRequest::default().with_groups(vec![group]), version).await;
        return answer.groups[0].topics[0].partitions[0].committed_offset;
    }
    client.ask(&fetch(), version).await.topics[0].partitions[0].committed_offset
}

pub(crate) fn group() -> GroupId {
    GroupId(text("g"))
}

/// Asks for the committed offset of t/1, in a version below 8.
pub(crate) fn fetch() -> OffsetFetchRequest {
    let topic =
        OffsetFetchRequestTopic::default().with_name(TopicName(text("t"))).with_partition_indexes(vec![1]);
    OffsetFetchRequest::default().with_group_id(group()).with_topics(Some(vec![topic]))
}
