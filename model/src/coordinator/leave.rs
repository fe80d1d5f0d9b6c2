//! LeaveGroup (`GroupMetadataManager.classicGroupLeaveToClassicGroup`). No generation is looked at.

use muster_specs::Rule;

use super::{CoordinatorTimer, Phase, Turn};
use crate::message::{Error, LeaveGroup, Response};
use crate::mutation::Mutation;
use crate::trace::Release;
use crate::types::{Connection, MemberId};

impl Turn<'_> {
    pub(super) fn leave_group(&mut self, connection: Connection, leave: &LeaveGroup) {
        let member = leave.member;
        let error = match &self.state.group {
            None => self.report_leave_of_absent_group(),
            Some(group) if group.pending.contains_key(&member) => self.remove_leaving_pending_member(member),
            Some(group) if group.members.contains_key(&member) => self.remove_leaving_member(member),
            Some(_) => self.report_leave_of_unknown_member(),
        };
        let answer = Response::LeaveGroup { version: leave.version, member: Some(member), error };
        self.answer(connection, answer);
    }

    fn report_leave_of_absent_group(&mut self) -> Error {
        self.follow(Rule::ReportLeaveOfAbsentGroup);
        Error::UnknownMemberId
    }

    fn report_leave_of_unknown_member(&mut self) -> Error {
        self.follow(Rule::ReportLeaveOfUnknownMember);
        Error::UnknownMemberId
    }

    /// The Scala coordinator starts no rebalance for an id that never joined.
    fn remove_leaving_pending_member(&mut self, member: MemberId) -> Error {
        self.follow(Rule::RemoveLeavingPendingMember);
        self.remove(member);
        match (self.group().phase, self.scenario.release) {
            (Phase::Stable | Phase::CompletingRebalance, Release::V4_3) => self.rebalance_on_leave(),
            (Phase::PreparingRebalance { .. }, Release::V3_9 | Release::V4_3) => {
                self.complete_join_on_leave();
            }
            (Phase::Stable | Phase::CompletingRebalance, Release::V3_9)
            | (Phase::Empty, Release::V3_9 | Release::V4_3) => {}
        }
        Error::None
    }

    fn remove_leaving_member(&mut self, member: MemberId) -> Error {
        self.follow(Rule::RemoveLeavingMember);
        if self.mutated(Mutation::KeepMemberThatLeaves) {
            return Error::None;
        }
        self.refuse_parked_join(member);
        self.remove(member);
        match self.group().phase {
            Phase::Stable | Phase::CompletingRebalance => self.rebalance_on_leave(),
            Phase::PreparingRebalance { .. } => self.complete_join_on_leave(),
            Phase::Empty => {}
        }
        Error::None
    }

    fn rebalance_on_leave(&mut self) {
        self.follow(Rule::RebalanceOnLeave);
        self.start_rebalance();
    }

    fn complete_join_on_leave(&mut self) {
        self.follow(Rule::CompleteJoinOnLeave);
        self.complete_join_if_all_joined();
    }

    /// `ClassicGroup.remove` with the timers of what is removed. A SyncGroup that the member has parked is never
    /// answered.
    pub(super) fn remove(&mut self, member: MemberId) {
        self.group().remove(member);
        self.cancel(CoordinatorTimer::Session(member));
        self.cancel(CoordinatorTimer::NewMemberJoin(member));
    }
}
