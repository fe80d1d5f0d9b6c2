//! `OffsetFetch`, between the wire and the coordinator: for one group, or for several.

use bytes::Bytes;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{GroupId, OffsetFetchRequest, OffsetFetchResponse};

use super::connection::Ends;
use super::frame::{Header, Refusal};
use super::group::{ask, mismatch};
use super::server::Shared;
use super::wire::{self, text};
use crate::coordinator::{
    FetchedOffset, OffsetFetch, OffsetFetchResponse as Fetched, Request, Response, TopicName,
};

/// From version 8 on, for several groups at once.
pub(super) async fn fetch_offsets(
    shared: &Shared,
    ends: &Ends,
    header: &Header,
    body: Bytes,
) -> Result<Bytes, Refusal> {
    let request: OffsetFetchRequest = header.decode(body)?;
    let version = header.version;
    let mut groups = Vec::new();
    for asked in asked(request, version) {
        let group = GroupId(text(asked.group.as_str()));
        let fetched = fetch_one(shared, ends, header, asked).await?;
        if version < 8 {
            return header.encode(&fetch_answer(fetched, version));
        }
        groups.push(fetch_group_answer(fetched).with_group_id(group));
    }
    header.encode(&OffsetFetchResponse::default().with_groups(groups))
}

type Topics = Option<Vec<(TopicName, Vec<i32>)>>;

/// What is asked of the coordinator: of one group, or from version 8 on of several.
pub(super) fn asked(request: OffsetFetchRequest, version: i16) -> impl Iterator<Item = OffsetFetch> {
    let require_stable = request.require_stable;
    let single = (version < 8).then(|| {
        let topics: Topics = request.topics.map(|topics| {
            topics.into_iter().map(|topic| (wire::topic(&topic.name), topic.partition_indexes)).collect()
        });
        (wire::group(&request.group_id), topics)
    });
    let several = request.groups.into_iter().map(|group| {
        let topics: Topics = group.topics.map(|topics| {
            topics.into_iter().map(|topic| (wire::topic(&topic.name), topic.partition_indexes)).collect()
        });
        (wire::group(&group.group_id), topics)
    });
    let fetch = move |(group, topics)| OffsetFetch { version, group, topics, require_stable };
    single.into_iter().chain(several).map(fetch)
}

async fn fetch_one(
    shared: &Shared,
    ends: &Ends,
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
        | Response::TxnOffsetCommit(_)
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
