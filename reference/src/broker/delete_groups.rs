//! `DeleteGroups` and `OffsetDelete`.

use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, GroupId, OffsetDeleteRequest, OffsetDeleteResponse,
};

use super::connection::Ends;
use super::frame::{Header, Refusal};
use super::group::{ask, mismatch};
use super::server::Shared;
use super::wire::{self, text};
use crate::coordinator::{DeleteGroups, ErrorCode, OffsetDelete, Request, Response};

/// A group that is named more than once is deleted once.
pub(super) async fn delete_groups(
    shared: &Shared,
    ends: &Ends,
    header: &Header,
    request: &DeleteGroupsRequest,
) -> Result<DeleteGroupsResponse, Refusal> {
    let mut groups = Vec::new();
    for named in request.groups_names.iter().map(wire::group) {
        if !groups.contains(&named) {
            groups.push(named);
        }
    }
    let answer = ask(shared, ends, header, Request::DeleteGroups(DeleteGroups { groups })).await?;
    let Response::DeleteGroups(deleted) = answer else { return Err(mismatch(header, &answer)) };
    let results = deleted.groups.into_iter().map(|(group, error)| {
        DeletableGroupResult::default()
            .with_group_id(GroupId(text(group.as_str())))
            .with_error_code(error.code())
    });
    Ok(DeleteGroupsResponse::default().with_results(results.collect()))
}

/// What is asked of the coordinator.
pub(super) fn asked(request: &OffsetDeleteRequest) -> OffsetDelete {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| partition.partition_index);
        (wire::topic(&topic.name), partitions.collect())
    });
    OffsetDelete { group: wire::group(&request.group_id), topics: topics.collect() }
}

pub(super) async fn delete_offsets(
    shared: &Shared,
    ends: &Ends,
    header: &Header,
    request: OffsetDeleteRequest,
) -> Result<OffsetDeleteResponse, Refusal> {
    let answer = ask(shared, ends, header, Request::OffsetDelete(asked(&request))).await?;
    let Response::OffsetDelete(deleted) = answer else { return Err(mismatch(header, &answer)) };
    if deleted.error != ErrorCode::None {
        return Ok(OffsetDeleteResponse::default().with_error_code(deleted.error.code()));
    }
    let topics = deleted.topics.into_iter().map(|(topic, partitions)| {
        let told = partitions.into_iter().map(|(partition, error)| {
            let answer = OffsetDeleteResponsePartition::default().with_partition_index(partition);
            answer.with_error_code(error.code())
        });
        OffsetDeleteResponseTopic::default()
            .with_name(wire::topic_name(&topic))
            .with_partitions(told.collect())
    });
    Ok(OffsetDeleteResponse::default().with_topics(topics.collect()))
}
