//! What a test does to groups: ends a session, starts a rebalance, has another coordinator take over.

use tracing::info;
use uuid::Uuid;

use super::super::timers::Timers;
use super::{Engine, Waiting};
use crate::coordinator::{
    Client, ErrorCode, GroupId, Input, JoinGroup, JoinGroupResponse, LeaveGroup, LeavingMember, MemberId,
    Protocol, Record, Request, RequestId, Response, SyncGroupResponse, TimerKey,
};
use crate::storage::decode_group;

/// What a request that may be parked is told when its coordinator ends: thousands may be parked, so it is made then.
pub(super) enum Unanswered {
    JoinGroup(MemberId),
    SyncGroup,
    /// It is not parked.
    Other,
}

impl Unanswered {
    pub(super) fn of(request: &Request) -> Self {
        match request {
            Request::JoinGroup(join) => Self::JoinGroup(join.member.clone()),
            Request::SyncGroup(_) => Self::SyncGroup,
            Request::FindCoordinator(_)
            | Request::Heartbeat(_)
            | Request::LeaveGroup(_)
            | Request::OffsetCommit(_)
            | Request::TxnOffsetCommit(_)
            | Request::OffsetFetch(_)
            | Request::DeleteGroups(_)
            | Request::OffsetDelete(_) => Self::Other,
        }
    }

    fn response(self) -> Option<Response> {
        let error = ErrorCode::NotCoordinator;
        match self {
            Self::JoinGroup(member) => Some(Response::JoinGroup(JoinGroupResponse::error(member, error))),
            Self::SyncGroup => Some(Response::SyncGroup(SyncGroupResponse::error(error))),
            Self::Other => None,
        }
    }
}

impl Engine {
    /// Ends the session of a member, as if it had been silent; false if there is no such session.
    pub(super) fn expire(&mut self, group: GroupId, member: MemberId) -> bool {
        let key = TimerKey::Session { group, member };
        let is_set = self.timers.is_set(&key);
        if is_set {
            self.timers.cancel(&key);
            self.step(Input::Timer(key));
        }
        is_set
    }

    /// Has a stable group rebalance, in the only way that the protocol has for it: somebody joins, and leaves at once.
    /// An error tells the state of a group that is not stable, or that it is full.
    pub(super) fn rebalance(&mut self, group: GroupId) -> Result<(), &'static str> {
        let described = self.coordinator.describe_group(&group).ok_or("Dead")?;
        let offers = described.members.iter().find(|member| !member.metadata.is_empty());
        let Some(offers) = offers.filter(|_| described.state == "Stable") else {
            return Err(described.state);
        };
        let protocol =
            Protocol { name: described.protocol.as_str().into(), metadata: offers.metadata.clone() };
        let member: MemberId = format!("muster-{}", Uuid::new_v4()).into();
        let timeout = self.coordinator.config().group_min_session_timeout_ms;
        let join = JoinGroup {
            // The last version that makes a member at once.
            version: 3,
            group: group.clone(),
            member: MemberId::default(),
            instance: None,
            session_timeout_ms: timeout,
            rebalance_timeout_ms: timeout,
            protocol_type: described.protocol_type.as_str().into(),
            protocols: [protocol].into(),
        };
        self.send(Request::JoinGroup(join), member.clone());
        if !self.coordinator.is_known(&group, &member) {
            return Err("full");
        }
        let leaving = vec![LeavingMember { member: member.clone(), instance: None }];
        self.send(Request::LeaveGroup(LeaveGroup { version: 3, group, members: leaving }), member);
        Ok(())
    }

    /// Sends a request of nobody's, whose answer nobody hears.
    fn send(&mut self, request: Request, fresh_member_id: MemberId) {
        self.requests += 1;
        let client = Client::new("muster", "");
        self.step(Input::Request { id: RequestId(self.requests), client, fresh_member_id, request });
    }

    /// Has another coordinator take over, if that was asked for and nothing is on its way to disk: what Kafka loses in
    /// a failover is lost, what is parked is told `NOT_COORDINATOR`, and sessions begin anew.
    pub(super) fn restart(&mut self) {
        let in_flight = self.log.as_ref().is_some_and(|log| log.in_flight > 0);
        if self.restarts.is_empty() || in_flight {
            return;
        }
        info!("the coordinator ends, and another takes over from its records");
        for Waiting { answer, unanswered } in std::mem::take(&mut self.answers).into_values() {
            if let Some(response) = unanswered.response() {
                // A client that is gone does not hear its answer.
                let _ = answer.send(Box::new(response));
            }
        }
        let groups = std::mem::take(&mut self.metadata);
        let groups = groups.into_iter().filter_map(|(group, value)| {
            decode_group(&value).map(|value| Record::GroupMetadata { group, value })
        });
        let records: Vec<_> = groups.chain(self.coordinator.offset_records()).collect();
        if let Some(log) = &mut self.log {
            log.epoch += 1;
        }
        self.timers = Timers::default();
        self.watch.forget();
        self.restore(records);
        let topics = self.kept.topics().counts();
        self.step(Input::Topics(topics));
        for told in std::mem::take(&mut self.restarts) {
            let _ = told.send(());
        }
    }
}
