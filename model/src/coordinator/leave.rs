//! LeaveGroup (`GroupMetadataManager.classicGroupLeaveToClassicGroup`). No generation is looked at.

use muster_specs::Rule;

use super::{CoordinatorTimer, Group, Identity, Phase, Turn};
use crate::message::{Error, LeaveGroup, Leaver, Response};
use crate::mutation::Mutation;
use crate::property::PropertyId;
use crate::trace::Release;
use crate::types::{Connection, MemberId};

impl Turn<'_> {
    pub(super) fn leave_group(&mut self, connection: Connection, leave: &LeaveGroup) {
        let Leaver { member, instance } = leave.leaver;
        let absent = self.state.group.is_none();
        let error = match &self.state.group {
            None => self.report_leave_of_absent_group(),
            Some(group) => match (member, instance.and_then(|i| group.static_member(i))) {
                (None, Some(member)) => self.remove_static_member_by_instance(member),
                (None, None) => self.report_leave_of_unknown_member(),
                (Some(member), _) => self.leave_of(member, leave.leaver),
            },
        };
        let leaver = Some(leave.leaver);
        let response = Response::LeaveGroup { version: leave.version, leaver, error };
        if absent {
            return self.answer(connection, response);
        }
        self.answer_write(connection, response);
    }

    fn leave_of(&mut self, member: MemberId, leaver: Leaver) -> Error {
        let group: &Group = self.group();
        if group.pending.contains_key(&member) {
            return self.remove_leaving_pending_member(member);
        }
        match group.identify(leaver.member, leaver.instance) {
            Identity::Member(member) => self.remove_leaving_member(member),
            Identity::Unknown => self.report_leave_of_unknown_member(),
            Identity::Replaced => self.fence_replaced_static_member(),
        }
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
        self.let_go(member)
    }

    /// Removes a member at somebody's wish.
    pub(super) fn let_go(&mut self, member: MemberId) -> Error {
        if self.mutated(Mutation::KeepMemberThatLeaves) {
            return Error::None;
        }
        if self.scenario.claim == Some(PropertyId::LeaveIsFinal) {
            self.state.ghost.departed.insert(member);
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

    /// Where that leaves nobody to wait for.
    fn complete_join_on_leave(&mut self) {
        if self.is_join_complete() {
            self.follow(Rule::CompleteJoinOnLeave);
        }
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
