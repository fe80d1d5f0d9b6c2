//! What tools are told where the group is not served, or a write failed.

use crate::message::{Error, Response, ToolRequest, ToolResponse};

/// The answer of a coordinator that does not serve the group. Where it leads no log it has no groups to list.
pub(in crate::coordinator) fn refused_tool(request: &ToolRequest, error: Error) -> Response {
    Response::Tool(Box::new(match request {
        ToolRequest::DeleteGroups => ToolResponse::DeleteGroups(error),
        ToolRequest::OffsetDelete { .. } => ToolResponse::OffsetDelete(Err(error)),
        ToolRequest::DescribeGroups { .. } => ToolResponse::DescribeGroups(Err(error)),
        ToolRequest::ListGroups { .. } if error == Error::NotCoordinator => {
            ToolResponse::ListGroups(Ok(None))
        }
        ToolRequest::ListGroups { .. } => ToolResponse::ListGroups(Err(error)),
    }))
}

/// The answer to a request whose write failed.
pub(in crate::coordinator) fn failed_tool(answer: &ToolResponse, error: Error) -> ToolResponse {
    match answer {
        ToolResponse::DeleteGroups(_) => ToolResponse::DeleteGroups(error),
        ToolResponse::OffsetDelete(_) => ToolResponse::OffsetDelete(Err(error)),
        ToolResponse::DescribeGroups(_) => ToolResponse::DescribeGroups(Err(error)),
        ToolResponse::ListGroups(_) => ToolResponse::ListGroups(Err(error)),
    }
}
