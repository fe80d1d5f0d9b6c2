//! Heartbeat (`GroupMetadataManager.classicGroupHeartbeat`).

use muster_specs::Rule;

use super::{Identity, Phase, Turn};
use crate::message::{Error, Response};
use crate::mutation::Mutation;
use crate::types::{Connection, Generation, InstanceId, MemberId};

impl Turn<'_> {
    /// In this order: the group, the member, the generation, the state.
    pub(super) fn heartbeat(
        &mut self,
        connection: Connection,
        member: MemberId,
        instance: Option<InstanceId>,
        generation: Generation,
    ) {
        let Some(group) = &self.state.group else {
            return self.reject_heartbeat_of_absent_group(connection);
        };
        match group.identify(Some(member), instance) {
            Identity::Member(_) => {}
            Identity::Unknown => return self.reject_heartbeat_of_unknown_member(connection),
            Identity::Replaced => {
                let error = self.fence_replaced_static_member();
                return self.answer(connection, Response::Heartbeat(error));
            }
        }
        if group.generation != generation {
            return self.fence_heartbeat_of_stale_generation(connection);
        }
        match group.phase {
            Phase::PreparingRebalance { .. } => self.signal_rebalance_on_heartbeat(connection, member),
            Phase::CompletingRebalance | Phase::Stable | Phase::Empty => {
                self.accept_heartbeat(connection, member);
            }
        }
    }

    pub(super) fn accept_heartbeat_while_loading(&mut self, connection: Connection) {
        self.follow(Rule::AcceptHeartbeatWhileLoading);
        self.answer(connection, Response::Heartbeat(Error::None));
    }

    fn reject_heartbeat_of_absent_group(&mut self, connection: Connection) {
        self.follow(Rule::RejectHeartbeatOfAbsentGroup);
        self.answer(connection, Response::Heartbeat(Error::UnknownMemberId));
    }

    fn reject_heartbeat_of_unknown_member(&mut self, connection: Connection) {
        self.follow(Rule::RejectHeartbeatOfUnknownMember);
        self.answer(connection, Response::Heartbeat(Error::UnknownMemberId));
    }

    fn fence_heartbeat_of_stale_generation(&mut self, connection: Connection) {
        self.follow(Rule::FenceHeartbeatOfStaleGeneration);
        self.answer(connection, Response::Heartbeat(Error::IllegalGeneration));
    }

    fn signal_rebalance_on_heartbeat(&mut self, connection: Connection, member: MemberId) {
        self.follow(Rule::SignalRebalanceOnHeartbeat);
        let hidden = self.mutated(Mutation::HideRebalanceFromHeartbeat);
        let error = if hidden { Error::None } else { Error::RebalanceInProgress };
        self.answer_write(connection, Response::Heartbeat(error));
        self.restart_session_timer(member);
    }

    fn accept_heartbeat(&mut self, connection: Connection, member: MemberId) {
        self.follow(Rule::AcceptHeartbeat);
        self.answer_write(connection, Response::Heartbeat(Error::None));
        self.restart_session_timer(member);
    }
}
