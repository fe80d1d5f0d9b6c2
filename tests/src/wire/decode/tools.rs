//! What tools are told.

use kafka_protocol::messages::describe_groups_response::DescribedGroupMember;
use kafka_protocol::messages::{
    DeleteGroupsResponse, DescribeGroupsResponse, ListGroupsResponse, OffsetDeleteResponse,
};
use muster_model::trace::{Described, Listed, Response};

use super::{Topics, error_name, errors};
use crate::consumer_protocol::{decode_assignment, decode_subscription};

pub(super) fn delete_groups(answer: &DeleteGroupsResponse) -> Result<Response, String> {
    let of_group = answer.results.first().ok_or("no result of the group")?;
    Ok(Response::DeleteGroups { error: error_name(of_group.error_code) })
}

pub(super) fn offset_delete(answer: &OffsetDeleteResponse, topics: &Topics) -> Response {
    let answered = answer
        .topics
        .iter()
        .map(|t| (&t.name, t.partitions.iter().map(|p| (p.partition_index, p.error_code))));
    Response::OffsetDelete { error: error_name(answer.error_code), errors: errors(topics, answered) }
}

pub(super) fn describe_groups(answer: &DescribeGroupsResponse, topics: &Topics) -> Result<Response, String> {
    let group = answer.groups.first().ok_or("no description of the group")?;
    let members: Result<Vec<Described>, String> = group.members.iter().map(|m| member(m, topics)).collect();
    Ok(Response::DescribeGroups {
        error: error_name(group.error_code),
        state: group.group_state.to_string(),
        protocol_type: group.protocol_type.to_string(),
        protocol: group.protocol_data.to_string(),
        members: members?,
    })
}

/// No metadata is told outside of Stable.
fn member(told: &DescribedGroupMember, topics: &Topics) -> Result<Described, String> {
    let name = |topic: &str| topics.symbol(topic);
    let (subscribed, claim) = if told.member_metadata.is_empty() {
        (Vec::new(), None)
    } else {
        decode_subscription(&told.member_metadata, name)?
    };
    Ok(Described {
        member: told.member_id.to_string(),
        instance: told.group_instance_id.as_ref().map(ToString::to_string),
        topics: subscribed,
        claim,
        assignment: decode_assignment(&told.member_assignment, name)?,
    })
}

pub(super) fn list_groups(answer: &ListGroupsResponse, group: &str) -> Response {
    let listed = answer.groups.iter().find(|listed| listed.group_id.as_str() == group).map(|listed| Listed {
        protocol_type: listed.protocol_type.to_string(),
        state: listed.group_state.to_string(),
    });
    Response::ListGroups { error: error_name(answer.error_code), listed }
}
