//! What tools are told that only look.

use muster_model::trace::{Described, Listed, Request, Response};
use muster_reference::coordinator::{Coordinator, ErrorCode, GroupId, MemberDescription};

use super::GROUP;
use crate::consumer_protocol::{decode_assignment, decode_subscription};

/// From this version of `ListGroups` on, states are told.
const FIRST_VERSION_WITH_STATES: i16 = 4;

/// The answer to `DescribeGroups` or `ListGroups`; none to what is asked of the group itself.
pub(super) fn told(coordinator: &Coordinator, request: &Request) -> Option<Result<Response, String>> {
    match request {
        Request::DescribeGroups { version } => Some(described(coordinator, *version)),
        Request::ListGroups { version, states } => Some(Ok(listed(coordinator, *version, states))),
        Request::FindCoordinator { .. }
        | Request::JoinGroup { .. }
        | Request::SyncGroup { .. }
        | Request::Heartbeat { .. }
        | Request::LeaveGroup { .. }
        | Request::OffsetCommit { .. }
        | Request::TxnOffsetCommit { .. }
        | Request::OffsetFetch { .. }
        | Request::DeleteGroups { .. }
        | Request::OffsetDelete { .. } => None,
    }
}

fn described(coordinator: &Coordinator, version: i16) -> Result<Response, String> {
    let nothing = |error: ErrorCode, state: &str| Response::DescribeGroups {
        error: error.name().to_owned(),
        state: state.to_owned(),
        protocol_type: String::new(),
        protocol: String::new(),
        members: Vec::new(),
    };
    let error = coordinator.readiness();
    if error != ErrorCode::None {
        return Ok(nothing(error, ""));
    }
    let Some(group) = coordinator.describe_group(&GroupId::from(GROUP)) else {
        let (error, state) = Coordinator::describe_absent_group(version);
        return Ok(nothing(error, state));
    };
    let members: Result<Vec<Described>, String> = group.members.iter().map(member).collect();
    Ok(Response::DescribeGroups {
        error: ErrorCode::None.name().to_owned(),
        state: group.state.to_owned(),
        protocol_type: group.protocol_type,
        protocol: group.protocol,
        members: members?,
    })
}

/// No metadata is told outside of Stable.
fn member(told: &MemberDescription) -> Result<Described, String> {
    let (topics, claim) = if told.metadata.is_empty() {
        (Vec::new(), None)
    } else {
        decode_subscription(&told.metadata, str::to_owned)?
    };
    Ok(Described {
        member: told.member.to_string(),
        instance: told.instance.as_ref().map(ToString::to_string),
        topics,
        claim,
        assignment: decode_assignment(&told.assignment, str::to_owned)?,
    })
}

fn listed(coordinator: &Coordinator, version: i16, states: &[String]) -> Response {
    let error = coordinator.listing_error();
    let states: Vec<&str> = states.iter().map(String::as_str).collect();
    let groups = if error == ErrorCode::None { coordinator.list_groups() } else { Vec::new() };
    let group = groups.into_iter().find(|group| group.group.as_str() == GROUP && group.is_in(&states));
    let listed = group.map(|group| Listed {
        protocol_type: group.protocol_type,
        state: if version >= FIRST_VERSION_WITH_STATES { group.state.to_owned() } else { String::new() },
    });
    Response::ListGroups { error: error.name().to_owned(), listed }
}
