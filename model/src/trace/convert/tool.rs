//! What tools ask and are told.

use std::collections::BTreeMap;

use super::super::{Described, Listed, Request, Response};
use super::subscription::offered;
use super::{by_partition, instance_id, name, partitions};
use crate::message::{DescribedGroup, DescribedMember, Error, ListedGroup, ToolRequest, ToolResponse};
use crate::types::ProtocolType;

/// The API version of `DeleteGroups` in traces.
const DELETE_GROUPS_VERSION: i16 = 2;
/// The API version of `OffsetDelete` in traces: there is one.
const OFFSET_DELETE_VERSION: i16 = 0;

pub(super) fn request(request: &ToolRequest) -> Request {
    match request {
        ToolRequest::DeleteGroups => Request::DeleteGroups { version: DELETE_GROUPS_VERSION },
        ToolRequest::OffsetDelete { partitions: asked } => {
            Request::OffsetDelete { version: OFFSET_DELETE_VERSION, partitions: partitions(asked) }
        }
        ToolRequest::DescribeGroups { version } => Request::DescribeGroups { version: *version },
        ToolRequest::ListGroups { version, state } => {
            let states = state.iter().map(|state| (*state).to_owned()).collect();
            Request::ListGroups { version: *version, states }
        }
    }
}

pub(super) fn response(response: &ToolResponse) -> Response {
    match response {
        ToolResponse::DeleteGroups(error) => Response::DeleteGroups { error: name(*error) },
        ToolResponse::OffsetDelete(Ok(errors)) => Response::OffsetDelete {
            error: name(Error::None),
            errors: by_partition(errors.iter().map(|(p, error)| (*p, name(*error)))),
        },
        ToolResponse::OffsetDelete(Err(error)) => {
            Response::OffsetDelete { error: name(*error), errors: BTreeMap::new() }
        }
        ToolResponse::DescribeGroups(Ok(group)) => described(group),
        ToolResponse::DescribeGroups(Err(error)) => Response::DescribeGroups {
            error: name(*error),
            state: String::new(),
            protocol_type: String::new(),
            protocol: String::new(),
            members: Vec::new(),
        },
        ToolResponse::ListGroups(Ok(group)) => {
            Response::ListGroups { error: name(Error::None), listed: group.map(listed) }
        }
        ToolResponse::ListGroups(Err(error)) => Response::ListGroups { error: name(*error), listed: None },
    }
}

fn described(group: &DescribedGroup) -> Response {
    Response::DescribeGroups {
        error: name(group.error),
        state: group.state.to_owned(),
        protocol_type: type_name(group.protocol_type),
        protocol: group.protocol.map(|protocol| protocol.name().to_owned()).unwrap_or_default(),
        members: group.members.iter().map(member).collect(),
    }
}

fn member(told: &DescribedMember) -> Described {
    let offer = told.offer.as_ref().map(offered);
    let (topics, claim) = offer.map(|offer| (offer.topics, offer.claim)).unwrap_or_default();
    let assignment = told.assignment.as_deref().map(partitions);
    Described {
        member: told.member.to_string(),
        instance: instance_id(told.instance),
        topics,
        claim,
        assignment,
    }
}

fn listed(group: ListedGroup) -> Listed {
    let state = group.state.unwrap_or_default().to_owned();
    Listed { protocol_type: type_name(group.protocol_type), state }
}

fn type_name(of: Option<ProtocolType>) -> String {
    of.map(|of| of.name().to_owned()).unwrap_or_default()
}
