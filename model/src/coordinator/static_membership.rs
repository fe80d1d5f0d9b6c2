//! Static members (KIP-345, KIP-814; `GroupMetadataManager.classicGroupJoinNewStaticMember`,
//! `updateStaticMemberThenRebalanceOrCompleteJoin`).

use muster_specs::Rule;

use super::{CoordinatorTimer, Parked, Phase, Then, Turn};
use crate::message::{Error, JoinError, JoinGroup, JoinedGroup, Present, Response};
use crate::mutation::Mutation;
use crate::trace::Release;
use crate::types::{ClientId, Connection, MemberId, Protocol};

/// From this API version on, a leader can be told to leave the assignment as it is (KIP-814).
const FIRST_VERSION_WITH_SKIP_ASSIGNMENT: i16 = 9;

/// A static member that came back under a new id, in Stable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replacement {
    /// The id that it had.
    pub old: MemberId,
    /// The id that it has.
    pub new: MemberId,
    /// Its JoinGroup.
    pub connection: Connection,
    /// The version of its JoinGroup.
    pub version: i16,
    /// Who led before.
    pub leader: Option<MemberId>,
    /// What the old id offered.
    pub offered: Vec<Protocol>,
}

impl Turn<'_> {
    /// Never pending, at any version.
    pub(super) fn admit_static_member(&mut self, connection: Connection, member: MemberId, join: &JoinGroup) {
        self.follow(Rule::AdmitStaticMember);
        self.add_member(connection, member, join);
    }

    /// Kafka throws: static members are never pending.
    pub(super) fn reject_pending_member_with_instance(&mut self, connection: Connection) {
        self.follow(Rule::RejectPendingMemberWithInstance);
        self.refuse(connection, Error::UnknownServerError);
    }

    pub(super) fn fence_replaced_static_member(&mut self) -> Error {
        self.follow(Rule::FenceReplacedStaticMember);
        if self.mutated(Mutation::TakeReplacedMemberForUnknown) {
            return Error::UnknownMemberId;
        }
        Error::FencedInstanceId
    }

    pub(super) fn replace_static_member(
        &mut self,
        connection: Connection,
        old: MemberId,
        new: MemberId,
        join: &JoinGroup,
    ) {
        self.follow(Rule::ReplaceStaticMember);
        let leader = self.group().leaders.first().copied();
        let offered = self.member(old).map(|m| m.protocols.clone()).unwrap_or_default();
        self.swap_member(old, new);
        self.belongs_to(new, connection.client);
        self.park_join(connection, new, join);
        let unchanged = self.winning_protocol() == self.group().protocol;
        let answers = self.mutated(Mutation::AnswerReplacementWhileCompleting);
        let replacement = Replacement { old, new, connection, version: join.version, leader, offered };
        match self.group().phase {
            Phase::Stable if unchanged => {
                self.keep_assignment_on_replacement(replacement);
            }
            Phase::CompletingRebalance if answers => {
                self.answer_replacement_while_completing(&replacement);
            }
            Phase::Stable | Phase::CompletingRebalance => self.rebalance_on_replacement(),
            Phase::PreparingRebalance { .. } => self.complete_join_on_replacement(),
            Phase::Empty => {}
        }
    }

    /// `ClassicGroup.replaceStaticMember`: whoever waits under the old id is fenced. Only the Scala coordinator
    /// keeps a new member new.
    fn swap_member(&mut self, old: MemberId, new: MemberId) {
        let release = self.scenario.release;
        let group = self.group();
        let Some(mut member) = group.members.remove(&old) else { return };
        let parked = std::mem::take(&mut member.parked);
        member.is_new &= release == Release::V3_9;
        if std::mem::take(&mut member.pending_sync) {
            group.replaced_unsynced.insert(old);
        }
        group.members.insert(new, member);
        if group.leaders.remove(&old) {
            group.leaders.insert(new);
        }
        let ghost = &mut self.state.ghost;
        if ghost.named_leaders.remove(&old) {
            ghost.named_leaders.insert(new);
        }
        if let Some(handed) = ghost.handed.remove(&old) {
            ghost.handed.insert(new, handed);
        }
        self.fence_parked(parked);
        // The old id's timer runs on, and does nothing.
        self.restart_session_timer(new);
    }

    /// Ghost: the place is that of the client that took it, which is alive.
    fn belongs_to(&mut self, member: MemberId, client: ClientId) {
        if let Some(known) = self.member(member) {
            known.client = client;
            known.dead = false;
        }
    }

    fn fence_parked(&mut self, parked: Parked) {
        let error = Error::FencedInstanceId;
        if let Some(connection) = parked.join {
            self.answer(connection, Response::JoinGroup(Err(JoinError::new(error))));
        }
        if let Some(connection) = parked.sync {
            self.answer(connection, Response::SyncGroup(Err(error)));
        }
    }

    /// The next generation would have the same protocol. The swap is in the log before it is told.
    fn keep_assignment_on_replacement(&mut self, replacement: Replacement) {
        self.follow(Rule::KeepAssignmentOnReplacement);
        if self.mutated(Mutation::KeepReplacementInMemory) {
            return self.answer_replacement(&replacement);
        }
        self.log_group(Some(Then::Replaced(Box::new(replacement))));
    }

    /// The new id is replicated. Unless a rebalance has answered the member since, it goes on in the generation of the
    /// group. Kafka throws when it comes to list the members to a leader in Preparing.
    pub(super) fn answer_replacement(&mut self, replacement: &Replacement) {
        let Replacement { new, version, leader, .. } = *replacement;
        let parked = self.member(new).and_then(|member| member.parked.join);
        let Some(connection) = parked else { return };
        let skips = version >= FIRST_VERSION_WITH_SKIP_ASSIGNMENT;
        let leads = self.group().is_leader(new);
        if skips && leads && matches!(self.group().phase, Phase::PreparingRebalance { .. }) {
            return;
        }
        self.follow(Rule::AnswerReplacement);
        let Some(mut joined) = self.joined(new) else { return };
        match (leads, skips) {
            (true, true) if self.mutated(Mutation::HideLeadershipFromReturned) => {
                self.name_replaced_leader(&mut joined, leader);
            }
            (true, true) => self.skip_assignment_of_replaced_leader(&mut joined),
            (true, false) => self.name_replaced_leader(&mut joined, leader),
            (false, true | false) => {}
        }
        self.note_replacement(new);
        if let Some(member) = self.member(new) {
            member.parked.join = None;
        }
        self.answer(connection, Response::JoinGroup(Ok(joined)));
    }

    /// Ghost: it is told.
    fn note_replacement(&mut self, new: MemberId) {
        let instance = self.member(new).and_then(|member| member.instance);
        if let Some(instance) = instance.filter(|_| self.scenario.faults.failover > 0) {
            self.state.ghost.replaced.insert(instance, new);
        }
    }

    /// The new id could not be written: the old one is back, with what it offered.
    pub(super) fn undo_replacement(&mut self, replacement: &Replacement, error: Error) {
        let Replacement { old, new, connection, leader, .. } = *replacement;
        let Some(member) = self.member(new) else { return };
        let unanswered = member.parked.join.take() == Some(connection);
        member.protocols.clone_from(&replacement.offered);
        self.follow(Rule::UndoReplacement);
        self.swap_member(new, old);
        if self.group().replaced_unsynced.remove(&old)
            && let Some(member) = self.member(old)
        {
            member.pending_sync = true;
        }
        if unanswered {
            let group = self.group();
            let present = Present { generation: group.generation, protocol: group.protocol, leader };
            let refused = JoinError { present: Some(present), ..JoinError::new(error) };
            self.answer(connection, Response::JoinGroup(Err(refused)));
        }
    }

    fn skip_assignment_of_replaced_leader(&mut self, joined: &mut JoinedGroup) {
        self.follow(Rule::SkipAssignmentOfReplacedLeader);
        joined.skip_assignment = true;
    }

    /// So that an old client does not assign.
    fn name_replaced_leader(&mut self, joined: &mut JoinedGroup, leader: Option<MemberId>) {
        self.follow(Rule::NameReplacedLeader);
        joined.leader = leader.unwrap_or(joined.leader);
        joined.members.clear();
    }

    /// The leader may have been told of the old id.
    fn rebalance_on_replacement(&mut self) {
        self.follow(Rule::RebalanceOnReplacement);
        self.start_rebalance();
    }

    fn complete_join_on_replacement(&mut self) {
        if self.is_join_complete() {
            self.follow(Rule::CompleteJoinOnReplacement);
        }
        self.complete_join_if_all_joined();
    }

    pub(super) fn keep_static_members_not_rejoined(&mut self) {
        if self.mutated(Mutation::RemoveStaticMembersNotRejoined) {
            let gone = self.group().members.iter().filter(|(_, m)| !m.awaits_join());
            let gone: Vec<MemberId> = gone.map(|(id, _)| *id).collect();
            return gone.into_iter().for_each(|member| self.remove(member));
        }
        if self.group().members.values().any(|m| !m.awaits_join()) {
            self.follow(Rule::KeepStaticMembersNotRejoined);
        }
    }

    /// Nobody could lead.
    pub(super) fn postpone_join_without_rejoined_members(&mut self) {
        self.follow(Rule::PostponeJoinWithoutRejoinedMembers);
        self.set(CoordinatorTimer::Rebalance);
    }

    pub(super) fn remove_static_member_by_instance(&mut self, member: MemberId) -> Error {
        self.follow(Rule::RemoveStaticMemberByInstance);
        self.let_go(member)
    }
}
