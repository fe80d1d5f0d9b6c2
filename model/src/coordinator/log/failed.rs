//! Answers to requests whose write failed.

use super::super::administration::failed_tool;
use crate::message::{Error, JoinError, Response};

/// The answer to a request whose write failed. Unknown partitions are told without the coordinator.
pub(super) fn failed(response: Response, error: Error) -> Response {
    match response {
        Response::FindCoordinator(_) => Response::FindCoordinator(error),
        Response::JoinGroup(_) => Response::JoinGroup(Err(JoinError { error, member: None })),
        Response::SyncGroup(_) => Response::SyncGroup(Err(error)),
        Response::Heartbeat(_) => Response::Heartbeat(error),
        Response::LeaveGroup { version, .. } => Response::LeaveGroup { version, leaver: None, error },
        Response::OffsetFetch(_) => Response::OffsetFetch(Err(error)),
        Response::OffsetCommit(mut errors) => {
            let known = errors.values_mut().filter(|e| **e != Error::UnknownTopicOrPartition);
            known.for_each(|known| *known = error);
            Response::OffsetCommit(errors)
        }
        Response::Tool(answer) => Response::Tool(Box::new(failed_tool(&answer, error))),
    }
}
