//! Chapter `requests`: what is checked before the group is reached (`GroupCoordinatorService`; in 3.9
//! `GroupCoordinator.validateGroupStatus`).

use muster_specs::Rule;

use super::config::{Release, Serving};
use super::decision::Decision;
use super::error::ErrorCode;
use super::ids::GroupId;

/// The request, as far as these checks tell requests apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    /// With the session timeout in milliseconds.
    JoinGroup(i32),
    SyncGroup,
    Heartbeat,
    LeaveGroup,
    OffsetCommit,
    TxnOffsetCommit,
    OffsetFetch,
    DeleteGroups,
    OffsetDelete,
}

impl Api {
    /// OffsetCommit and OffsetFetch take the empty group id, for clients from before group management, and
    /// DeleteGroups, so that such a group can be deleted.
    fn needs_group_id(self) -> bool {
        match self {
            Self::JoinGroup(_)
            | Self::SyncGroup
            | Self::Heartbeat
            | Self::LeaveGroup
            | Self::TxnOffsetCommit
            | Self::OffsetDelete => true,
            Self::OffsetCommit | Self::OffsetFetch | Self::DeleteGroups => false,
        }
    }
}

impl Decision<'_> {
    /// Lets a request through to its group. The releases check in different orders.
    pub(super) fn admit(&mut self, api: Api, group: &GroupId) -> Result<(), ErrorCode> {
        match self.config.release {
            Release::V4_3 => {
                self.reject_when_not_available()?;
                self.reject_empty_group_id(api, group)?;
                self.reject_session_timeout_out_of_bounds(api)?;
                self.reject_when_not_coordinator()?;
                self.reject_while_loading(api)
            }
            Release::V3_9 => {
                self.reject_empty_group_id(api, group)?;
                self.reject_when_not_available()?;
                self.reject_while_loading(api)?;
                self.reject_when_not_coordinator()?;
                self.reject_session_timeout_out_of_bounds(api)
            }
        }
    }

    pub(super) fn reject_when_not_available(&mut self) -> Result<(), ErrorCode> {
        if self.config.serving != Serving::NotAvailable {
            return Ok(());
        }
        self.follow(Rule::RejectWhenNotAvailable);
        Err(ErrorCode::CoordinatorNotAvailable)
    }

    fn reject_empty_group_id(&mut self, api: Api, group: &GroupId) -> Result<(), ErrorCode> {
        if !group.is_empty() || !api.needs_group_id() {
            return Ok(());
        }
        self.follow(Rule::RejectEmptyGroupId);
        Err(ErrorCode::InvalidGroupId)
    }

    fn reject_when_not_coordinator(&mut self) -> Result<(), ErrorCode> {
        if self.config.serving != Serving::NotCoordinator {
            return Ok(());
        }
        self.follow(Rule::RejectWhenNotCoordinator);
        Err(ErrorCode::NotCoordinator)
    }

    /// A heartbeat is let through: `accept_heartbeat_while_loading` answers it. 3.9 answers a SyncGroup with
    /// `REBALANCE_IN_PROGRESS`, since old clients do not expect the other error there.
    fn reject_while_loading(&mut self, api: Api) -> Result<(), ErrorCode> {
        if self.config.serving != Serving::Loading || api == Api::Heartbeat {
            return Ok(());
        }
        self.follow(Rule::RejectWhileLoading);
        match (self.config.release, api == Api::SyncGroup) {
            (Release::V3_9, true) => Err(ErrorCode::RebalanceInProgress),
            (Release::V3_9, false) | (Release::V4_3, _) => Err(ErrorCode::CoordinatorLoadInProgress),
        }
    }
}
