//! Answers to requests whose write failed.

use std::collections::BTreeMap;

use super::super::administration::failed_tool;
use crate::message::{Error, JoinError, Response};
use crate::types::Partition;

/// The answer to a request whose write failed. Unknown partitions are told without the coordinator.
pub(super) fn failed(response: Response, error: Error) -> Response {
    match response {
        Response::FindCoordinator(_) => Response::FindCoordinator(error),
        Response::JoinGroup(_) => Response::JoinGroup(Err(JoinError::new(error))),
        Response::SyncGroup(_) => Response::SyncGroup(Err(error)),
        Response::Heartbeat(_) => Response::Heartbeat(error),
        Response::LeaveGroup { version, .. } => Response::LeaveGroup { version, leaver: None, error },
        Response::OffsetFetch(_) => Response::OffsetFetch(Err(error)),
        Response::OffsetCommit(errors) => Response::OffsetCommit(of_known(errors, error)),
        Response::TxnOffsetCommit(errors) => Response::TxnOffsetCommit(of_known(errors, error)),
        Response::Tool(answer) => Response::Tool(Box::new(failed_tool(&answer, error))),
    }
}

/// Also where the metadata is too long: the request as a whole failed.
fn of_known(mut errors: BTreeMap<Partition, Error>, error: Error) -> BTreeMap<Partition, Error> {
    let known = errors.values_mut().filter(|e| **e != Error::UnknownTopicOrPartition);
    known.for_each(|known| *known = error);
    errors
}
