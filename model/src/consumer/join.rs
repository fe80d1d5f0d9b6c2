//! JoinGroup, and what a consumer forgets before it (`AbstractCoordinator.joinGroupIfNeeded`,
//! `JoinGroupResponseHandler`; `ConsumerCoordinator.onJoinPrepare`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn};
use crate::message::{Error, JoinError, JoinGroup, JoinedGroup, Request};
use crate::mutation::Mutation;
use crate::scenario::{Assignor, CommitMode};
use crate::trace::SessionTimeout;
use crate::types::{Claim, Generation, MemberId, Offset, Partition, Protocol, ProtocolType};

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
            topics: self.subscription(),
            claim: self.claim_owned_partitions(),
        };
        let join = JoinGroup {
            version: JOIN_GROUP_VERSION,
            member,
            instance: self.instance(),
            session_timeout: SessionTimeout::InBounds,
            protocol_type: ProtocolType::Consumer,
            protocols: vec![protocol],
        };
        self.send(Request::JoinGroup(join), Awaited::JoinGroup);
    }

    /// Cooperative: in the generation of its last JoinGroup answer, whether or not it got its share in that one. Sticky:
    /// what it was last assigned, in the user data.
    fn claim_owned_partitions(&mut self) -> Option<Claim> {
        let claim = match self.scenario.assignor {
            Assignor::Range | Assignor::RoundRobin => return None,
            Assignor::Sticky => self.state.remembered,
            Assignor::CooperativeSticky => {
                let given_up = &self.state.kept;
                let owned = self.state.owned.keys().copied().filter(|p| !given_up.contains_key(p));
                Some(Claim::to(owned, self.state.generation))
            }
        };
        self.follow(Rule::ClaimOwnedPartitions);
        let nameless = self.mutated(Mutation::ClaimWithoutGeneration);
        claim.map(|claim| if nameless { Claim::to(claim.partitions(), Generation::NONE) } else { claim })
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
            Err(JoinError { error: Error::MemberIdRequired, member: Some(member), .. }) => {
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

    /// The application subscribes anew; its next `poll` joins with that.
    pub(super) fn subscribe(&mut self) {
        self.state.faults.subscribe += 1;
        self.rejoin();
    }

    /// What it assigned, or was told to leave as it is, is not all that there is to assign.
    pub(super) fn rejoin_on_new_partitions(&mut self) {
        self.follow(Rule::RejoinOnNewPartitions);
        self.rejoin();
    }

    /// A member joins again: first it commits, if it is to, and waits for the answer.
    pub(super) fn rejoin(&mut self) {
        let offsets = match self.scenario.commit {
            CommitMode::Auto => self.commit_before_join(),
            CommitMode::Async | CommitMode::Sync | CommitMode::Transactional | CommitMode::Mixed => {
                self.commit_of_callback()
            }
        };
        if offsets.is_empty() {
            return self.give_up_and_join();
        }
        self.state.phase = ConsumerPhase::Preparing;
        if !self.state.knows_coordinator {
            return self.resume();
        }
        self.send_commit(offsets);
    }

    /// `enable.auto.commit`
    fn commit_before_join(&mut self) -> BTreeMap<Partition, Offset> {
        self.follow(Rule::CommitBeforeJoin);
        let skips = self.mutated(Mutation::SkipCommitBeforeJoin);
        self.unsaved(|_| !skips)
    }

    /// What `onPartitionsRevoked` commits before a JoinGroup: of everything, or, cooperative, of what is not subscribed to
    /// any more.
    fn commit_of_callback(&self) -> BTreeMap<Partition, Offset> {
        let (keeps, subscription) = (self.scenario.assignor.is_cooperative(), self.subscription());
        let commits = self.scenario.commit_on_revocation && !self.mutated(Mutation::SkipCommitOnRevocation);
        self.unsaved(|p| commits && !(keeps && subscription.contains(p.topic)))
    }

    pub(super) fn give_up_and_join(&mut self) {
        self.prepare_join();
        self.resume_join();
    }

    /// What is owned before the JoinGroup leaves.
    fn prepare_join(&mut self) {
        if self.scenario.assignor.is_cooperative() {
            self.keep_partitions_while_joining();
        } else {
            self.revoke_before_join();
        }
    }

    /// Cooperative: only what is not subscribed to any more is given up.
    fn keep_partitions_while_joining(&mut self) {
        self.follow(Rule::KeepPartitionsWhileJoining);
        let subscription = self.subscription();
        self.state.owned.retain(|partition, _| subscription.contains(partition.topic));
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

    pub(super) fn lose_partitions_without_generation(&mut self) {
        self.follow(Rule::LosePartitionsWithoutGeneration);
        let joins = self.state.phase == ConsumerPhase::Joining;
        let keeps = joins && self.mutated(Mutation::KeepPartitionsWithoutMemberId);
        if keeps || self.mutated(Mutation::KeepLostPartitions) {
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
