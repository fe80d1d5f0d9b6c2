//! Answers to requests whose write failed.

use std::collections::BTreeMap;

use super::super::administration::failed_tool;
use crate::message::{Error, JoinError, Response};
use crate::types::Partition;

/// The answer to a request whose write failed. What was not to be written is told as it is.
pub(super) fn failed(response: Response, error: Error) -> Response {
    match response {
        Response::FindCoordinator(_) => Response::FindCoordinator(error),
        Response::JoinGroup(_) => Response::JoinGroup(Err(JoinError::new(error))),
        Response::SyncGroup(_) => Response::SyncGroup(Err(error)),
        Response::Heartbeat(_) => Response::Heartbeat(error),
        Response::LeaveGroup { version, .. } => Response::LeaveGroup { version, leaver: None, error },
        Response::OffsetFetch(_) => Response::OffsetFetch(Err(error)),
        Response::OffsetCommit(errors) => Response::OffsetCommit(of_stored(errors, error)),
        Response::TxnOffsetCommit(errors) => Response::TxnOffsetCommit(of_stored(errors, error)),
        Response::Tool(answer) => Response::Tool(Box::new(failed_tool(&answer, error))),
    }
}

/// What was to be stored is not.
fn of_stored(mut errors: BTreeMap<Partition, Error>, error: Error) -> BTreeMap<Partition, Error> {
    let stored = errors.values_mut().filter(|e| **e == Error::None);
    stored.for_each(|stored| *stored = error);
    errors
}
