//! `ListGroups` and `DescribeGroups`.

use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{
    DescribeGroupsRequest, DescribeGroupsResponse, GroupId, ListGroupsRequest, ListGroupsResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::engine::Command;
use super::frame::Refusal;
use super::server::Shared;
use super::wire::{self, text};
use crate::coordinator::{Coordinator, ErrorCode, GroupDescription, GroupListing, MemberDescription};

const CLASSIC: &str = "classic";

pub(super) async fn list_groups(
    shared: &Shared,
    version: i16,
    request: &ListGroupsRequest,
) -> Result<ListGroupsResponse, Refusal> {
    let (error, groups) = shared.look_up(Command::List).await.ok_or(Refusal::Stopping)?;
    if error != ErrorCode::None {
        return Ok(ListGroupsResponse::default().with_error_code(error.code()));
    }
    let states: Vec<&str> = request.states_filter.iter().map(StrBytes::as_str).collect();
    let types = &request.types_filter;
    let of_type = types.is_empty() || types.iter().any(|wanted| wanted.eq_ignore_ascii_case(CLASSIC));
    let wanted = |group: &GroupListing| of_type && group.is_in(&states);
    let listed = groups.into_iter().filter(wanted).map(|group| {
        let state = if version >= 4 { group.state } else { "" };
        let kind = if version >= 5 { CLASSIC } else { "" };
        ListedGroup::default()
            .with_group_id(GroupId(text(group.group.as_str())))
            .with_protocol_type(text(&group.protocol_type))
            .with_group_state(text(state))
            .with_group_type(text(kind))
    });
    Ok(ListGroupsResponse::default().with_groups(listed.collect()))
}

pub(super) async fn describe_groups(
    shared: &Shared,
    version: i16,
    request: DescribeGroupsRequest,
) -> Result<DescribeGroupsResponse, Refusal> {
    let mut groups = Vec::new();
    for id in request.groups {
        let asked = wire::group(&id);
        let found = shared.look_up(|answer| Command::Describe(asked, answer)).await;
        let (error, group) = found.ok_or(Refusal::Stopping)?;
        groups.push(described(id, error, group, version));
    }
    Ok(DescribeGroupsResponse::default().with_groups(groups))
}

/// An absent group is Dead; from version 6 on that is an error too.
fn described(id: GroupId, error: ErrorCode, group: Option<GroupDescription>, version: i16) -> DescribedGroup {
    let answer = DescribedGroup::default().with_group_id(id);
    if error != ErrorCode::None {
        return answer.with_error_code(error.code());
    }
    let Some(group) = group else {
        let (error, state) = Coordinator::describe_absent_group(version);
        return answer.with_group_state(StrBytes::from_static_str(state)).with_error_code(error.code());
    };
    answer
        .with_group_state(StrBytes::from_static_str(group.state))
        .with_protocol_type(text(&group.protocol_type))
        .with_protocol_data(text(&group.protocol))
        .with_members(group.members.into_iter().map(described_member).collect())
}

fn described_member(member: MemberDescription) -> DescribedGroupMember {
    DescribedGroupMember::default()
        .with_member_id(text(member.member.as_str()))
        .with_group_instance_id(member.instance.map(|instance| text(instance.as_str())))
        .with_client_id(text(&member.client_id))
        .with_client_host(text(&member.host))
        .with_member_metadata(member.metadata)
        .with_member_assignment(member.assignment)
}
