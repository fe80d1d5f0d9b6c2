//! SyncGroup (`AbstractCoordinator.onLeaderElected`, `onJoinFollower`, `SyncGroupResponseHandler`;
//! `ConsumerCoordinator.onJoinComplete`).

use std::collections::BTreeMap;

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn, assign};
use crate::message::{Assignments, Error, JoinedGroup, Msg, Request, SyncGroup};
use crate::mutation::Mutation;
use crate::scenario::Assignor;
use crate::types::{Claim, Offset, Partition, ProtocolType};

/// The API version that the model's consumers use.
const SYNC_GROUP_VERSION: i16 = 5;

impl ConsumerTurn<'_> {
    /// The join is answered: the leader assigns, a follower only asks.
    pub(super) fn send_sync(&mut self, joined: &JoinedGroup) {
        self.state.phase = ConsumerPhase::Syncing;
        self.state.member = Some(joined.member);
        self.state.generation = joined.generation;
        let assignments = if joined.leader == joined.member {
            self.lead_with_assignment(joined)
        } else {
            self.follow_without_assignment()
        };
        let sync = SyncGroup {
            version: SYNC_GROUP_VERSION,
            member: joined.member,
            instance: self.instance(),
            generation: joined.generation,
            protocol: Some((ProtocolType::Consumer, joined.protocol)),
            assignments,
        };
        self.send(Request::SyncGroup(sync), Awaited::SyncGroup);
    }

    /// A static leader that has returned is told to leave the assignment as it is (KIP-814).
    fn lead_with_assignment(&mut self, joined: &JoinedGroup) -> Assignments {
        self.follow(Rule::LeadWithAssignment);
        self.state.led_with = self.scenario.topics_grow().then_some(self.state.added);
        if joined.skip_assignment {
            return Assignments::new();
        }
        self.follow(match self.scenario.assignor {
            Assignor::Range => Rule::AssignByRange,
            Assignor::RoundRobin => Rule::AssignByRoundRobin,
            Assignor::Sticky | Assignor::CooperativeSticky => Rule::AssignByStickiness,
        });
        if self.scenario.assignor.is_cooperative() {
            self.follow(Rule::WithholdMovingPartitions);
        }
        assign(&self.scenario.grown(self.state.added), self.client, &joined.members)
    }

    fn follow_without_assignment(&mut self) -> Assignments {
        self.follow(Rule::FollowWithoutAssignment);
        self.state.led_with = None;
        Assignments::new()
    }

    pub(super) fn on_sync(&mut self, answer: Result<Option<Vec<Partition>>, Error>) {
        match answer {
            Ok(assignment) => self.take_up(assignment.unwrap_or_default()),
            Err(error) => self.on_group_error(error),
        }
    }

    /// What is owned and not assigned is revoked first.
    fn take_up(&mut self, assignment: Vec<Partition>) {
        self.state.applied = self.state.generation;
        let revoked = |p: &Partition| !assignment.contains(p);
        if !self.scenario.assignor.is_cooperative() || !self.state.owned.keys().any(revoked) {
            self.apply_assignment(&assignment);
            if self.mutated(Mutation::TakeDeltaForWhole) {
                self.state.owned.retain(|_, progress| progress.is_none());
            }
            return self.settle();
        }
        let commits = self.scenario.commit_on_revocation && !self.mutated(Mutation::SkipCommitOnRevocation);
        let offsets: BTreeMap<Partition, Offset> = self.unsaved(|p| commits && revoked(&p));
        self.state.taking_up = assignment;
        if offsets.is_empty() {
            self.rejoin_after_revocation();
        } else {
            self.state.phase = ConsumerPhase::Revoking;
            self.send_commit(offsets);
        }
    }

    /// `onPartitionsRevoked` returns.
    pub(super) fn finish_revocation(&mut self) {
        self.rejoin_after_revocation();
    }

    /// Cooperative: what was given up is in nobody's hands until the next round.
    fn rejoin_after_revocation(&mut self) {
        self.follow(Rule::RejoinAfterRevocation);
        let assignment = std::mem::take(&mut self.state.taking_up);
        if self.mutated(Mutation::KeepRevokedPartitions) {
            let revoked = self.state.owned.keys().filter(|p| !assignment.contains(p));
            self.state.kept.extend(revoked.map(|p| (*p, Offset::ZERO)));
        }
        self.apply_assignment(&assignment);
        if self.mutated(Mutation::SkipRejoinAfterRevocation) {
            return self.settle();
        }
        self.rejoin();
    }

    /// The new assignment replaces the old one, in the generation of the join. A cooperative consumer goes on where it
    /// was with what it keeps.
    fn apply_assignment(&mut self, assignment: &[Partition]) {
        self.follow(Rule::ApplyAssignment);
        if self.scenario.topics_grow() && self.scenario.grows_after > 0 {
            self.effects.sent.push(Msg::TookUp);
        }
        if self.scenario.assignor == Assignor::Sticky {
            self.state.remembered = Some(Claim::to(assignment.iter().copied(), self.state.generation));
        }
        let keeps = self.scenario.assignor.is_cooperative();
        if !self.mutated(Mutation::MergeAssignment) {
            let kept = &self.state.kept;
            self.state.owned.retain(|p, _| keeps && (assignment.contains(p) || kept.contains_key(p)));
        }
        for partition in assignment {
            if keeps {
                self.state.owned.entry(*partition).or_insert(None);
            } else {
                self.state.owned.insert(*partition, None);
            }
        }
    }

    /// Where to begin has to be asked of what is new.
    fn settle(&mut self) {
        if self.state.owned.values().all(Option::is_some) {
            self.state.phase = ConsumerPhase::Stable;
        } else {
            self.state.phase = ConsumerPhase::FetchingOffsets;
            self.resume();
        }
    }

    /// The group rebalances: whoever hears of it joins again, with the id that it has.
    pub(super) fn rejoin_on_rebalance_in_progress(&mut self) {
        self.follow(Rule::RejoinOnRebalanceInProgress);
        if !self.commits_in_place_of_joining() {
            self.rejoin();
        }
    }
}
