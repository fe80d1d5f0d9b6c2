//! SyncGroup (`AbstractCoordinator.onLeaderElected`, `onJoinFollower`, `SyncGroupResponseHandler`;
//! `ConsumerCoordinator.onJoinComplete`).

use muster_specs::Rule;

use super::{Awaited, ConsumerPhase, ConsumerTurn, assign};
use crate::message::{Assignments, Error, JoinedGroup, Request, SyncGroup};
use crate::mutation::Mutation;
use crate::types::{Partition, ProtocolType};

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
            instance: None,
            generation: joined.generation,
            protocol: Some((ProtocolType::Consumer, joined.protocol)),
            assignments,
        };
        self.send(Request::SyncGroup(sync), Awaited::SyncGroup);
    }

    fn lead_with_assignment(&mut self, joined: &JoinedGroup) -> Assignments {
        self.follow(Rule::LeadWithAssignment);
        self.follow(Rule::AssignByRange);
        assign(self.scenario, self.client, &joined.members)
    }

    fn follow_without_assignment(&mut self) -> Assignments {
        self.follow(Rule::FollowWithoutAssignment);
        Assignments::new()
    }

    pub(super) fn on_sync(&mut self, answer: Result<Option<Vec<Partition>>, Error>) {
        match answer {
            Ok(assignment) => self.apply_assignment(assignment.unwrap_or_default()),
            Err(error) => self.on_group_error(error),
        }
    }

    /// The new assignment replaces the old one, in the generation of the join.
    fn apply_assignment(&mut self, assignment: Vec<Partition>) {
        self.follow(Rule::ApplyAssignment);
        self.state.applied = self.state.generation;
        if !self.mutated(Mutation::MergeAssignment) {
            self.state.owned.clear();
        }
        self.state.owned.extend(assignment.into_iter().map(|p| (p, None)));
        if self.state.owned.is_empty() {
            self.state.phase = ConsumerPhase::Stable;
        } else {
            self.state.phase = ConsumerPhase::FetchingOffsets;
            self.resume();
        }
    }

    /// The group rebalances: whoever hears of it joins again, with the id that it has.
    pub(super) fn rejoin_on_rebalance_in_progress(&mut self) {
        self.follow(Rule::RejoinOnRebalanceInProgress);
        self.revoke_before_join();
        self.resume_join();
    }
}
