//! JoinGroup, and what a consumer forgets before it (`AbstractCoordinator.joinGroupIfNeeded`,
//! `JoinGroupResponseHandler`; `ConsumerCoordinator.onJoinPrepare`).

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn};
use crate::message::{Error, JoinError, JoinGroup, JoinedGroup, Request};
use crate::mutation::Mutation;
use crate::trace::SessionTimeout;
use crate::types::{Generation, MemberId, Protocol, ProtocolName, ProtocolType};

/// The API version that the model's consumers use.
const JOIN_GROUP_VERSION: i16 = 9;

impl ConsumerTurn<'_> {
    pub(super) fn send_join(&mut self) {
        self.state.phase = ConsumerPhase::Joining;
        let member = match self.state.member {
            None => self.join_with_empty_member_id(),
            Some(member) => Some(self.keep_member_id_on_rejoin(member)),
        };
        let protocol =
            Protocol { name: ProtocolName::Range, topics: self.scenario.subscription_of(self.client) };
        let join = JoinGroup {
            version: JOIN_GROUP_VERSION,
            member,
            instance: None,
            session_timeout: SessionTimeout::InBounds,
            protocol_type: ProtocolType::Consumer,
            protocols: vec![protocol],
        };
        self.send(Request::JoinGroup(join), Awaited::JoinGroup);
    }

    fn join_with_empty_member_id(&mut self) -> Option<MemberId> {
        self.follow(Rule::JoinWithEmptyMemberId);
        None
    }

    fn keep_member_id_on_rejoin(&mut self, member: MemberId) -> MemberId {
        self.follow(Rule::KeepMemberIdOnRejoin);
        member
    }

    pub(super) fn on_join(&mut self, answer: Result<JoinedGroup, JoinError>) {
        match answer {
            Ok(joined) => self.send_sync(&joined),
            Err(JoinError { error: Error::MemberIdRequired, member: Some(member) }) => {
                self.adopt_member_id(member);
            }
            Err(JoinError { error, .. }) => self.on_group_error(error),
        }
    }

    fn adopt_member_id(&mut self, member: MemberId) {
        self.follow(Rule::AdoptMemberId);
        self.state.member = Some(member);
        self.send_join();
    }

    /// Eager: everything is given up before the JoinGroup leaves.
    pub(super) fn revoke_before_join(&mut self) {
        self.follow(Rule::RevokeBeforeJoin);
        if self.mutated(Mutation::KeepStoredOffsets) {
            let stored = self.state.owned.iter().filter_map(|(p, progress)| Some((*p, (*progress)?)));
            let stored =
                stored.filter(|(_, p)| p.stored != p.committed).map(|(p, progress)| (p, progress.stored));
            // An entry outlives every revocation until its partition comes back and the offset is committed.
            self.state.kept.extend(stored);
        }
        if !self.mutated(Mutation::MergeAssignment) {
            self.state.owned.clear();
        }
    }

    /// The member id is gone, and with it the generation: the partitions are lost.
    pub(super) fn reset_on_unknown_member(&mut self) {
        self.follow(Rule::ResetOnUnknownMember);
        self.state.member = None;
        self.state.generation = Generation::NONE;
        self.lose_partitions();
        self.resume_join();
    }

    /// The generation is gone: the partitions are lost, the member id is kept.
    pub(super) fn reset_generation_on_illegal_generation(&mut self) {
        self.follow(Rule::ResetGenerationOnIllegalGeneration);
        self.state.generation = Generation::NONE;
        self.lose_partitions();
        self.resume_join();
    }

    fn lose_partitions(&mut self) {
        self.state.owned.clear();
        self.state.applied = Generation::NONE;
    }

    pub(super) fn resume_join(&mut self) {
        self.state.phase = ConsumerPhase::Joining;
        self.resume();
    }
}
