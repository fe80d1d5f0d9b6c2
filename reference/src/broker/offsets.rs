//! `OffsetFetch`, between the wire and the coordinator: for one group, or for several.

use bytes::Bytes;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{OffsetFetchRequest, OffsetFetchResponse};

use super::connection::Ends;
use super::frame::{Header, Refusal};
use super::group::{ask, mismatch};
use super::server::Shared;
use super::wire::{self, text};
use crate::coordinator::{FetchedOffset, OffsetFetch, OffsetFetchResponse as Fetched, Request, Response};

/// From version 8 on, for several groups at once.
pub(super) async fn fetch_offsets(
    shared: &Shared,
    ends: Ends,
    header: &Header,
    body: Bytes,
) -> Result<Bytes, Refusal> {
    let request: OffsetFetchRequest = header.decode(body)?;
    let (version, require_stable) = (header.version, request.require_stable);
    if version < 8 {
        let topics = request.topics.map(|topics| {
            let named = topics.into_iter().map(|topic| (wire::topic(&topic.name), topic.partition_indexes));
            named.collect()
        });
        let asked = OffsetFetch { version, group: wire::group(&request.group_id), topics, require_stable };
        let fetched = fetch_one(shared, ends, header, asked).await?;
        return header.encode(&fetch_answer(fetched, version));
    }
    let mut groups = Vec::new();
    for group in request.groups {
        let topics = group.topics.map(|topics| {
            let named = topics.into_iter().map(|topic| (wire::topic(&topic.name), topic.partition_indexes));
            named.collect()
        });
        let asked = OffsetFetch { version, group: wire::group(&group.group_id), topics, require_stable };
        let fetched = fetch_one(shared, ends, header, asked).await?;
        groups.push(fetch_group_answer(fetched).with_group_id(group.group_id));
    }
    header.encode(&OffsetFetchResponse::default().with_groups(groups))
}

async fn fetch_one(
    shared: &Shared,
    ends: Ends,
    header: &Header,
    asked: OffsetFetch,
) -> Result<Fetched, Refusal> {
    match ask(shared, ends, header, Request::OffsetFetch(asked)).await? {
        Response::OffsetFetch(fetched) => Ok(fetched),
        other @ (Response::FindCoordinator(_)
        | Response::JoinGroup(_)
        | Response::SyncGroup(_)
        | Response::Heartbeat(_)
        | Response::LeaveGroup(_)
        | Response::OffsetCommit(_)
        | Response::DeleteGroups(_)
        | Response::OffsetDelete(_)) => Err(mismatch(header, &other)),
    }
}

fn fetch_answer(fetched: Fetched, version: i16) -> OffsetFetchResponse {
    let partition = |offset: FetchedOffset| {
        OffsetFetchResponsePartition::default()
            .with_partition_index(offset.partition)
            .with_committed_offset(offset.offset)
            .with_committed_leader_epoch(if version >= 5 { offset.leader_epoch } else { -1 })
            .with_metadata(Some(text(&offset.metadata)))
            .with_error_code(offset.error.code())
    };
    let topics = fetched.topics.into_iter().map(|(topic, offsets)| {
        OffsetFetchResponseTopic::default()
            .with_name(wire::topic_name(&topic))
            .with_partitions(offsets.into_iter().map(partition).collect())
    });
    OffsetFetchResponse::default().with_error_code(fetched.error.code()).with_topics(topics.collect())
}

fn fetch_group_answer(fetched: Fetched) -> OffsetFetchResponseGroup {
    let partition = |offset: FetchedOffset| {
        OffsetFetchResponsePartitions::default()
            .with_partition_index(offset.partition)
            .with_committed_offset(offset.offset)
            .with_committed_leader_epoch(offset.leader_epoch)
            .with_metadata(Some(text(&offset.metadata)))
            .with_error_code(offset.error.code())
    };
    let topics = fetched.topics.into_iter().map(|(topic, offsets)| {
        OffsetFetchResponseTopics::default()
            .with_name(wire::topic_name(&topic))
            .with_partitions(offsets.into_iter().map(partition).collect())
    });
    OffsetFetchResponseGroup::default().with_error_code(fetched.error.code()).with_topics(topics.collect())
}
