//! What is checked before the group is reached (`GroupCoordinatorService`).

use muster_specs::Rule;

use super::Turn;
use super::administration::refused_tool;
use super::sync::lacks_protocol;
use crate::message::{EmptyGroupIdApi, Error, JoinError, Request, Response};
use crate::trace::{Release, Serving};
use crate::types::{Connection, Partition};

/// The API version of OffsetCommit with an empty group id.
pub(crate) const EMPTY_GROUP_ID_COMMIT_VERSION: i16 = 9;

impl Turn<'_> {
    /// Whether the request was answered, with an error, by a coordinator that does not serve the group.
    pub(super) fn rejected_before_group(&mut self, connection: Connection, request: &Request) -> bool {
        if self.is_checked_first(request) {
            return false;
        }
        let serving = if self.state.resigned { Serving::NotCoordinator } else { self.scenario.serving };
        match serving {
            Serving::Active => return false,
            Serving::NotAvailable => self.reject_when_not_available(connection, request),
            Serving::NotCoordinator => self.reject_when_not_coordinator(connection, request),
            Serving::Loading => self.while_loading(connection, request),
        }
        true
    }

    /// FindCoordinator asks any broker, but where the new coordinator's service is not active, that does not know the
    /// number of partitions. A null protocol of SyncGroup is seen before the coordinator is asked. The
    /// new coordinator looks at availability, then at group id and session timeout, then at who coordinates; the
    /// Scala one at the session timeout last.
    fn is_checked_first(&self, request: &Request) -> bool {
        let available = self.scenario.serving != Serving::NotAvailable;
        match request {
            Request::FindCoordinator => available || self.scenario.release == Release::V3_9,
            Request::SyncGroup(sync) => lacks_protocol(sync),
            Request::WithEmptyGroupId(api) => {
                api.needs_group_id() && (available || self.scenario.release == Release::V3_9)
            }
            Request::JoinGroup(join) => {
                let out_of_bounds = !join.session_timeout.is_accepted();
                out_of_bounds && available && self.scenario.release == Release::V4_3
            }
            Request::Heartbeat { .. }
            | Request::LeaveGroup(_)
            | Request::OffsetCommit(_)
            | Request::TxnOffsetCommit(_)
            | Request::OffsetFetch { .. }
            | Request::Tool(_) => false,
        }
    }

    fn reject_when_not_available(&mut self, connection: Connection, request: &Request) {
        self.follow(Rule::RejectWhenNotAvailable);
        let answer = self.rejection(request, Error::CoordinatorNotAvailable);
        self.answer(connection, answer);
    }

    fn reject_when_not_coordinator(&mut self, connection: Connection, request: &Request) {
        self.follow(Rule::RejectWhenNotCoordinator);
        let answer = self.rejection(request, Error::NotCoordinator);
        self.answer(connection, answer);
    }

    fn while_loading(&mut self, connection: Connection, request: &Request) {
        if matches!(request, Request::Heartbeat { .. }) {
            self.accept_heartbeat_while_loading(connection);
        } else {
            self.reject_while_loading(connection, request);
        }
    }

    fn reject_while_loading(&mut self, connection: Connection, request: &Request) {
        self.follow(Rule::RejectWhileLoading);
        let scala_sync = self.scenario.release == Release::V3_9 && matches!(request, Request::SyncGroup(_));
        let error = if scala_sync { Error::RebalanceInProgress } else { Error::CoordinatorLoadInProgress };
        let answer = self.rejection(request, error);
        self.answer(connection, answer);
    }

    pub(super) fn with_empty_group_id(&mut self, connection: Connection, api: EmptyGroupIdApi) {
        match api {
            EmptyGroupIdApi::OffsetCommit => {
                self.commit_with_empty_group_id(connection, EMPTY_GROUP_ID_COMMIT_VERSION);
            }
            EmptyGroupIdApi::OffsetFetch => self.fetch_with_empty_group_id(connection),
            EmptyGroupIdApi::JoinGroup
            | EmptyGroupIdApi::SyncGroup
            | EmptyGroupIdApi::Heartbeat
            | EmptyGroupIdApi::LeaveGroup => self.reject_empty_group_id(connection, api),
        }
    }

    fn reject_empty_group_id(&mut self, connection: Connection, api: EmptyGroupIdApi) {
        self.follow(Rule::RejectEmptyGroupId);
        self.answer(connection, empty_group_id_answer(api, Error::InvalidGroupId));
    }
}

fn empty_group_id_answer(api: EmptyGroupIdApi, error: Error) -> Response {
    match api {
        EmptyGroupIdApi::JoinGroup => Response::JoinGroup(Err(JoinError::new(error))),
        EmptyGroupIdApi::SyncGroup => Response::SyncGroup(Err(error)),
        EmptyGroupIdApi::Heartbeat => Response::Heartbeat(error),
        EmptyGroupIdApi::LeaveGroup => Response::LeaveGroup { version: 0, leaver: None, error },
        EmptyGroupIdApi::OffsetCommit => Response::OffsetCommit([(Partition::FIRST, error)].into()),
        EmptyGroupIdApi::OffsetFetch => Response::OffsetFetch(Err(error)),
    }
}

impl Turn<'_> {
    /// The answer to a request that fails as a whole; unknown partitions of a commit are told first.
    fn rejection(&mut self, request: &Request, error: Error) -> Response {
        match request {
            Request::FindCoordinator => Response::FindCoordinator(error),
            Request::JoinGroup(_) => Response::JoinGroup(Err(JoinError::new(error))),
            Request::SyncGroup(_) => Response::SyncGroup(Err(error)),
            Request::Heartbeat { .. } => Response::Heartbeat(error),
            Request::LeaveGroup(_) => Response::LeaveGroup { version: 0, leaver: None, error },
            Request::OffsetCommit(commit) => {
                Response::OffsetCommit(self.commit_errors(&commit.offsets, |_, _| error))
            }
            Request::TxnOffsetCommit(commit) => {
                Response::TxnOffsetCommit(self.commit_errors(&commit.offsets, |_, _| error))
            }
            Request::OffsetFetch { .. } => Response::OffsetFetch(Err(error)),
            Request::WithEmptyGroupId(api) => empty_group_id_answer(*api, error),
            Request::Tool(request) => {
                self.look_at_partitions(request);
                refused_tool(request, error)
            }
        }
    }
}
