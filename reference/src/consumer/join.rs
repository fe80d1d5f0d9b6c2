//! JoinGroup (`AbstractCoordinator.sendJoinGroupRequest`, `JoinGroupResponseHandler`; `ConsumerCoordinator.metadata`,
//! `onJoinPrepare`).

use std::collections::BTreeSet;

use muster_specs::Rule;

use super::config::CommitPolicy;
use super::mutation::ConsumerMutation;
use super::protocol;
use super::state::{AfterRevocation, Failure, Identity, Join, Kind, LastCommit, Phase, Why};
use super::transition::ConsumerEffect;
use super::turn::Turn;
use crate::assignor::{Assignor, Subscriber};
use crate::coordinator::{
    ErrorCode, Generation, JoinGroup, JoinGroupResponse, MemberId, Protocol, Request, Timestamp,
};

/// The version of the API.
const JOIN_GROUP_VERSION: i16 = 9;

impl Turn<'_> {
    /// Gives up what the join asks for; whether that is done.
    pub(super) fn prepare_join(&mut self) -> bool {
        if !self.commit_before_join() {
            return false;
        }
        self.state.prepared = true;
        self.state.last_commit = LastCommit::Due;
        self.state.prepare_until = None;
        self.state.led_with = None;
        let identity = &self.state.identity;
        if identity.generation == Generation::NONE || identity.member.is_empty() {
            self.lose_partitions_without_generation();
        } else if self.config.is_cooperative() {
            self.keep_partitions_while_joining();
        } else {
            self.revoke_before_join();
        }
        self.state.revoking.is_none()
    }

    /// The topics are not those from which it assigned, or which it found when it came back to lead.
    pub(super) fn rejoin_on_new_partitions(&mut self) {
        let grown = self.state.led_with.as_ref().is_some_and(|before| *before != self.state.topics);
        if grown && !self.state.rejoin_needed {
            self.follow(Rule::RejoinOnNewPartitions);
            self.state.rejoin_needed = true;
        }
    }

    /// Waits for the answer, at most for the rebalance timeout; whether the wait is over.
    fn commit_before_join(&mut self) -> bool {
        match self.config.commit {
            CommitPolicy::Manual | CommitPolicy::OnRevocation => return true,
            CommitPolicy::Auto { .. } => {}
        }
        let until = Timestamp(self.now.0.saturating_add(i64::from(self.config.max_poll_interval_ms)));
        let until = *self.state.prepare_until.get_or_insert(until);
        if self.state.last_commit == LastCommit::Due {
            self.follow(Rule::CommitBeforeJoin);
            if !self.config.is_cooperative() {
                self.state.owned.values_mut().for_each(|progress| progress.pending_revocation = true);
            }
            let sent = self.commit(Why::BeforeJoin).is_some();
            self.state.last_commit = if sent { LastCommit::Sent } else { LastCommit::Done };
        }
        self.state.last_commit == LastCommit::Done || self.now >= until
    }

    /// The generation or the member id was reset: somebody else may own them already.
    fn lose_partitions_without_generation(&mut self) {
        self.follow(Rule::LosePartitionsWithoutGeneration);
        if !self.state.owned.is_empty() && !self.mutated(ConsumerMutation::KeepLost) {
            let lost = std::mem::take(&mut self.state.owned).into_keys().collect();
            self.effect(ConsumerEffect::Lost(lost));
        }
    }

    /// Eager.
    fn revoke_before_join(&mut self) {
        self.follow(Rule::RevokeBeforeJoin);
        let all = self.state.owned.keys().cloned().collect();
        self.revoke(all, AfterRevocation::Join);
    }

    /// Cooperative: only what is not subscribed to any more is given up.
    fn keep_partitions_while_joining(&mut self) {
        self.follow(Rule::KeepPartitionsWhileJoining);
        let unsubscribed = |topic| !self.state.subscription.contains(topic);
        let left: BTreeSet<_> = self.state.owned.keys().filter(|p| unsubscribed(&p.topic)).cloned().collect();
        if !left.is_empty() {
            self.revoke(left, AfterRevocation::Join);
        }
    }

    pub(super) fn send_join(&mut self) {
        self.state.phase = Phase::Preparing;
        let member = if self.state.identity.member.is_empty() {
            self.join_with_empty_member_id()
        } else {
            self.keep_member_id_on_rejoin()
        };
        self.state.joined_subscription = Some(self.state.subscription.clone());
        let protocols = self.claim_owned_partitions();
        let request = JoinGroup {
            version: JOIN_GROUP_VERSION,
            group: self.config.group.clone(),
            member,
            instance: self.config.instance.clone(),
            session_timeout_ms: self.config.session_timeout_ms,
            rebalance_timeout_ms: self.config.max_poll_interval_ms,
            protocol_type: protocol::TYPE.into(),
            protocols: protocols.into(),
        };
        self.state.join = Join::Sent;
        self.send(Kind::JoinGroup, Request::JoinGroup(request));
    }

    fn join_with_empty_member_id(&mut self) -> MemberId {
        self.follow(Rule::JoinWithEmptyMemberId);
        MemberId::default()
    }

    fn keep_member_id_on_rejoin(&mut self) -> MemberId {
        self.follow(Rule::KeepMemberIdOnRejoin);
        self.state.identity.member.clone()
    }

    /// Under each assignor (KIP-792).
    fn claim_owned_partitions(&mut self) -> Vec<Protocol> {
        self.follow(Rule::ClaimOwnedPartitions);
        self.config.assignors.iter().map(|assignor| self.offer(*assignor)).collect()
    }

    /// What it owns, and in which generation.
    fn offer(&self, assignor: Assignor) -> Protocol {
        let subscriber = Subscriber {
            topics: self.state.subscription.iter().cloned().collect(),
            owned: self.state.owned.keys().cloned().collect(),
            generation: Some(self.state.identity.generation),
            ..Subscriber::default()
        };
        let remembered = self.state.remembered.as_ref();
        Protocol {
            name: assignor.name().into(),
            metadata: protocol::subscription(assignor, &subscriber, remembered),
        }
    }

    pub(super) fn on_join(&mut self, answer: JoinGroupResponse) {
        let asked = self.state.sent.iter().find(|(_, sent)| sent.kind == Kind::JoinGroup);
        let Some((id, sent)) = asked.map(|(id, sent)| (*id, sent.identity.clone())) else { return };
        self.state.sent.remove(&id);
        let error = answer.error;
        if error == ErrorCode::None {
            return self.joined(&answer);
        }
        if error == ErrorCode::MemberIdRequired {
            return self.adopt_member_id(answer.member);
        }
        if error == ErrorCode::UnknownMemberId {
            if self.is_unchanged(&sent) {
                self.reset_on_unknown_member();
            }
            self.state.join = Join::Failed { at_once: true };
        } else if error == ErrorCode::RebalanceInProgress {
            self.state.join = Join::Failed { at_once: true };
        } else if self.on_coordinator_error(error) {
            self.state.join = Join::Failed { at_once: false };
        } else if error == ErrorCode::FencedInstanceId {
            self.stop_when_fenced();
        } else {
            self.fail(Failure::Fatal(error));
        }
    }

    /// If the poll timeout has reset the consumer meanwhile, it has left, and joins anew.
    fn joined(&mut self, answer: &JoinGroupResponse) {
        if self.state.phase != Phase::Preparing {
            self.state.join = Join::Failed { at_once: false };
            return;
        }
        let chosen = self.config.assignors.iter().find(|assignor| {
            answer.protocol_name.as_ref().is_some_and(|name| name.as_str() == assignor.name())
        });
        let Some(protocol) = chosen.copied() else { return self.fail(Failure::UnreadableJoin) };
        self.state.phase = Phase::Completing;
        self.state.identity = Identity {
            generation: answer.generation,
            member: answer.member.clone(),
            protocol: Some(protocol),
        };
        self.heartbeat_again();
        self.restart_session();
        self.send_sync(answer, protocol);
    }

    fn adopt_member_id(&mut self, member: MemberId) {
        self.follow(Rule::AdoptMemberId);
        self.state.identity = Identity { member, ..Identity::none() };
        self.state.join = Join::Failed { at_once: true };
    }

    pub(super) fn reset_on_unknown_member(&mut self) {
        self.follow(Rule::ResetOnUnknownMember);
        self.reset(true);
    }

    pub(super) fn reset_generation_on_illegal_generation(&mut self) {
        self.follow(Rule::ResetGenerationOnIllegalGeneration);
        self.reset(false);
    }
}
