//! JoinGroup, and what a consumer forgets before it (`AbstractCoordinator.joinGroupIfNeeded`,
//! `JoinGroupResponseHandler`; `ConsumerCoordinator.onJoinPrepare`).

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn};
use crate::message::{Error, JoinError, JoinGroup, JoinedGroup, Request};
use crate::mutation::Mutation;
use crate::trace::SessionTimeout;
use crate::types::{Claim, Generation, MemberId, Protocol, ProtocolType};

/// The API version that the model's consumers use.
const JOIN_GROUP_VERSION: i16 = 9;

impl ConsumerTurn<'_> {
    pub(super) fn send_join(&mut self) {
        self.state.phase = ConsumerPhase::Joining;
        let member = match self.state.member {
            None => self.join_with_empty_member_id(),
            Some(member) => Some(self.keep_member_id_on_rejoin(member)),
        };
        let protocol = Protocol {
            name: self.scenario.assignor.protocol(),
            topics: self.scenario.subscription_of(self.client),
            claim: self.scenario.assignor.is_cooperative().then(|| self.claim_owned_partitions()),
        };
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

    /// In the generation of its last JoinGroup answer, whether or not it got its share in that one.
    fn claim_owned_partitions(&mut self) -> Claim {
        self.follow(Rule::ClaimOwnedPartitions);
        let nameless = self.mutated(Mutation::ClaimWithoutGeneration);
        let generation = if nameless { Generation::NONE } else { self.state.generation };
        let given_up = &self.state.kept;
        Claim::to(self.state.owned.keys().copied().filter(|p| !given_up.contains_key(p)), generation)
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

    /// What is owned before the JoinGroup leaves.
    pub(super) fn prepare_join(&mut self) {
        if self.scenario.assignor.is_cooperative() {
            self.keep_partitions_while_joining();
        } else {
            self.revoke_before_join();
        }
    }

    /// Cooperative: subscriptions do not change here, so nothing is given up.
    fn keep_partitions_while_joining(&mut self) {
        self.follow(Rule::KeepPartitionsWhileJoining);
    }

    /// Eager: everything is given up before the JoinGroup leaves.
    fn revoke_before_join(&mut self) {
        self.follow(Rule::RevokeBeforeJoin);
        self.keep_over_revocation();
        let keeps = [Mutation::MergeAssignment, Mutation::KeepAssignmentAfterLostSync];
        if !keeps.iter().any(|mutation| self.mutated(*mutation)) {
            self.state.owned.clear();
        }
    }

    /// The member id is gone, and with it the generation: the partitions are lost.
    pub(super) fn reset_on_unknown_member(&mut self) {
        self.follow(Rule::ResetOnUnknownMember);
        self.state.member = None;
        self.state.generation = Generation::NONE;
        self.lose_partitions_without_generation();
        self.resume_join();
    }

    /// The generation is gone: the partitions are lost, the member id is kept.
    pub(super) fn reset_generation_on_illegal_generation(&mut self) {
        self.follow(Rule::ResetGenerationOnIllegalGeneration);
        self.state.generation = Generation::NONE;
        self.lose_partitions_without_generation();
        self.resume_join();
    }

    fn lose_partitions_without_generation(&mut self) {
        self.follow(Rule::LosePartitionsWithoutGeneration);
        let joins = self.state.phase == ConsumerPhase::Joining;
        if joins && self.mutated(Mutation::KeepPartitionsWithoutMemberId) {
            return;
        }
        self.state.taking_up.clear();
        self.state.owned.clear();
        self.state.applied = Generation::NONE;
    }

    pub(super) fn resume_join(&mut self) {
        self.state.phase = ConsumerPhase::Joining;
        self.resume();
    }
}
