//! SyncGroup (`AbstractCoordinator.onLeaderElected`, `onJoinFollower`, `SyncGroupResponseHandler`;
//! `ConsumerCoordinator.onLeaderElected`, `onJoinComplete`).

use std::collections::BTreeSet;

use bytes::Bytes;
use muster_specs::Rule;

use super::mutation::ConsumerMutation;
use super::protocol;
use super::state::{AfterRevocation, Failure, Identity, Join, Kind, Phase, commit_due};
use super::transition::ConsumerEffect;
use super::turn::Turn;
use crate::assignor::{Assignor, TopicPartition};
use crate::coordinator::{ErrorCode, JoinGroupResponse, MemberId, Request, SyncGroup, SyncGroupResponse};

/// The version of the API.
const SYNC_GROUP_VERSION: i16 = 5;

impl Turn<'_> {
    pub(super) fn send_sync(&mut self, answer: &JoinGroupResponse, assignor: Assignor) {
        let assignments = if answer.leader == answer.member {
            self.lead_with_assignment(answer, assignor)
        } else {
            self.follow_without_assignment()
        };
        if self.state.failure.is_some() {
            return;
        }
        let request = SyncGroup {
            version: SYNC_GROUP_VERSION,
            group: self.config.group.clone(),
            generation: answer.generation,
            member: answer.member.clone(),
            instance: self.config.instance.clone(),
            protocol_type: Some(protocol::TYPE.into()),
            protocol_name: Some(assignor.name().into()),
            assignments,
        };
        self.state.join = Join::Sent;
        self.send(Kind::SyncGroup, Request::SyncGroup(request));
    }

    /// A leader that is told to skip it leaves the assignment as it is (KIP-814).
    fn lead_with_assignment(
        &mut self,
        answer: &JoinGroupResponse,
        assignor: Assignor,
    ) -> Vec<(MemberId, Bytes)> {
        self.follow(Rule::LeadWithAssignment);
        self.state.led_with = Some(self.state.topics.clone());
        if answer.skip_assignment {
            return Vec::new();
        }
        let subscribers = answer.members.iter().map(|member| protocol::subscriber(assignor, member));
        let Some(subscribers) = subscribers.collect::<Option<Vec<_>>>() else {
            self.fail(Failure::UnreadableJoin);
            return Vec::new();
        };
        match self.assign(assignor, &subscribers) {
            Ok(shares) => {
                shares.into_iter().map(|(member, share)| (member, protocol::assignment(&share))).collect()
            }
            Err(error) => {
                self.fail(Failure::Assignor(error));
                Vec::new()
            }
        }
    }

    fn follow_without_assignment(&mut self) -> Vec<(MemberId, Bytes)> {
        self.follow(Rule::FollowWithoutAssignment);
        Vec::new()
    }

    pub(super) fn on_sync(&mut self, answer: SyncGroupResponse, sent: &Identity) {
        let error = answer.error;
        let is_current = !self.state.identity.is_reset() && self.state.phase == Phase::Completing;
        self.state.join = if error == ErrorCode::None && is_current {
            self.state.phase = Phase::Stable;
            self.state.rejoin_needed = false;
            Join::Assigned(answer.assignment)
        } else {
            let at_once = [
                ErrorCode::None,
                ErrorCode::RebalanceInProgress,
                ErrorCode::UnknownMemberId,
                ErrorCode::IllegalGeneration,
            ];
            Join::Failed { at_once: at_once.contains(&error) }
        };
        if error == ErrorCode::None || error == ErrorCode::RebalanceInProgress {
            return;
        }
        if error == ErrorCode::FencedInstanceId {
            self.stop_when_fenced();
        } else if error == ErrorCode::UnknownMemberId || error == ErrorCode::IllegalGeneration {
            if !self.is_unchanged(sent) {
                self.ignore_answer_to_earlier_generation();
            } else if error == ErrorCode::IllegalGeneration {
                self.reset_generation_on_illegal_generation();
            } else {
                self.reset_on_unknown_member();
            }
        } else if !self.on_coordinator_error(error) || error == ErrorCode::CoordinatorLoadInProgress {
            self.fail(Failure::Fatal(error));
        }
    }

    /// Reads the assignment and takes it up; whether the application may go on.
    pub(super) fn take_up_assignment(&mut self, bytes: Bytes) -> bool {
        if self.state.identity.is_reset() || self.state.phase != Phase::Stable {
            self.reset(true);
            self.state.join = Join::None;
            return true;
        }
        let Some(assigned) = protocol::partitions(&bytes) else {
            // The join is not over: each `poll` comes here again.
            self.state.join = Join::Assigned(bytes);
            self.raise(Failure::NoAssignment);
            return false;
        };
        self.state.join = Join::None;
        self.state.prepared = false;
        let assigned: BTreeSet<TopicPartition> = assigned.into_iter().collect();
        if assigned.iter().any(|partition| !self.state.subscription.contains(&partition.topic)) {
            self.state.rejoin_needed = true;
            return true;
        }
        let revoked: BTreeSet<_> =
            self.state.owned.keys().filter(|p| !assigned.contains(*p)).cloned().collect();
        if self.config.is_cooperative() && !revoked.is_empty() {
            self.rejoin_after_revocation(revoked, assigned)
        } else {
            self.apply_assignment(&assigned);
            true
        }
    }

    /// Cooperative: what was given up can go to others in the next round only.
    fn rejoin_after_revocation(
        &mut self,
        revoked: BTreeSet<TopicPartition>,
        mut assigned: BTreeSet<TopicPartition>,
    ) -> bool {
        self.follow(Rule::RejoinAfterRevocation);
        if !self.mutated(ConsumerMutation::SkipRejoin) {
            self.state.rejoin_needed = true;
        }
        if self.mutated(ConsumerMutation::KeepRevoked) {
            assigned.extend(revoked);
            self.apply_assignment(&assigned);
            return true;
        }
        self.revoke(revoked, AfterRevocation::TakeUp(assigned));
        self.state.revoking.is_none()
    }

    /// What it had before and has again goes on where it was.
    pub(super) fn apply_assignment(&mut self, assigned: &BTreeSet<TopicPartition>) {
        self.follow(Rule::ApplyAssignment);
        let generation = self.state.identity.generation;
        self.state.applied = generation;
        self.state.remembered = Some((assigned.iter().cloned().collect(), generation));
        self.state.commit_due = commit_due(self.config, self.now);
        let mut before = std::mem::take(&mut self.state.owned);
        let added = assigned.iter().filter(|partition| !before.contains_key(*partition)).cloned().collect();
        for partition in assigned {
            let progress = before.remove(partition).unwrap_or_default();
            self.state.owned.insert(partition.clone(), progress);
        }
        self.effect(ConsumerEffect::Assigned(added));
    }

    pub(super) fn rejoin_on_rebalance_in_progress(&mut self) {
        self.follow(Rule::RejoinOnRebalanceInProgress);
        self.state.rejoin_needed = true;
    }
}
