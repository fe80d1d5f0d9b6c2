//! Chapter `sync` (`KafkaApis.handleSyncGroupRequest`, `GroupMetadataManager.classicGroupSyncToClassicGroup`).

use std::collections::BTreeMap;

use bytes::Bytes;
use muster_specs::Rule;

use super::change::{GroupChange, Then};
use super::config::Release;
use super::decision::{Call, Decision};
use super::error::ErrorCode;
use super::group::{Group, Phase};
use super::ids::{Generation, GroupId, MemberId};
use super::input::TimerKey;
use super::mutation::Mutation;
use super::record::{GroupMetadata, MemberMetadata, Record};
use super::request::SyncGroup;
use super::requests::Api;
use super::response::{Response, SyncGroupResponse};

impl Decision<'_> {
    pub(super) fn sync_group(&mut self, call: &Call, request: SyncGroup) {
        if let Err(error) = self.validate_sync(&request) {
            return self.answer(call.id, Response::SyncGroup(SyncGroupResponse::error(error)));
        }
        let Some(group) = self.group(&request.group) else { return };
        let leads = group.leader.as_ref() == Some(&request.member);
        match &group.phase {
            Phase::Empty | Phase::Preparing { .. } => {}
            Phase::Completing { .. } => {
                self.park_sync_until_leader(call, &request);
                if leads {
                    self.store_leader_assignment(request);
                } else if self.mutated(Mutation::StableOnFollowerSync) {
                    self.stabilise_without_leader(&request.group);
                }
            }
            Phase::Stable { .. } => self.repeat_sync_answer(call, request, leads),
        }
    }

    fn validate_sync(&mut self, request: &SyncGroup) -> Result<(), ErrorCode> {
        if request.version >= 5 && (request.protocol_type.is_none() || request.protocol_name.is_none()) {
            return Err(self.reject_sync_without_protocol());
        }
        self.admit(Api::SyncGroup, &request.group)?;
        let Some(group) = self.group(&request.group).filter(|group| group.phase != Phase::Empty) else {
            return Err(self.reject_sync_of_absent_group());
        };
        let (generation, preparing) = (group.generation, matches!(group.phase, Phase::Preparing { .. }));
        let consistent = is_consistent(self.config.release, group, request);
        if self.is_replaced(&request.group, &request.member, request.instance.as_ref()) {
            return Err(self.fence_replaced_static_member());
        }
        if !self.knows(&request.group, &request.member, request.instance.as_ref()) {
            return Err(self.reject_sync_of_unknown_member());
        }
        if request.generation != generation && !self.mutated(Mutation::AcceptStaleSync) {
            return Err(self.fence_sync_of_stale_generation());
        }
        if !consistent {
            return Err(self.reject_sync_with_inconsistent_protocol());
        }
        if preparing {
            return Err(self.reject_sync_while_preparing());
        }
        Ok(())
    }

    /// From version 5 on, before anything else is looked at.
    fn reject_sync_without_protocol(&mut self) -> ErrorCode {
        self.follow(Rule::RejectSyncWithoutProtocol);
        ErrorCode::InconsistentGroupProtocol
    }

    /// An Empty group is as good as absent.
    fn reject_sync_of_absent_group(&mut self) -> ErrorCode {
        self.follow(Rule::RejectSyncOfAbsentGroup);
        ErrorCode::UnknownMemberId
    }

    fn reject_sync_of_unknown_member(&mut self) -> ErrorCode {
        self.follow(Rule::RejectSyncOfUnknownMember);
        ErrorCode::UnknownMemberId
    }

    fn fence_sync_of_stale_generation(&mut self) -> ErrorCode {
        self.follow(Rule::FenceSyncOfStaleGeneration);
        ErrorCode::IllegalGeneration
    }

    fn reject_sync_with_inconsistent_protocol(&mut self) -> ErrorCode {
        self.follow(Rule::RejectSyncWithInconsistentProtocol);
        ErrorCode::InconsistentGroupProtocol
    }

    fn reject_sync_while_preparing(&mut self) -> ErrorCode {
        self.follow(Rule::RejectSyncWhilePreparing);
        ErrorCode::RebalanceInProgress
    }

    /// The leader's own too. What a follower assigns is ignored.
    fn park_sync_until_leader(&mut self, call: &Call, request: &SyncGroup) {
        self.follow(Rule::ParkSyncUntilLeader);
        if self.member(&request.group, &request.member).is_some_and(|member| member.sync.is_some()) {
            self.replace_parked_sync();
        }
        let parked = GroupChange::SyncParked { member: request.member.clone(), request: call.id };
        self.change(&request.group, parked);
        self.receive_sync(&request.group, &request.member);
    }

    /// No rule does this, only a mutation.
    fn stabilise_without_leader(&mut self, group: &GroupId) {
        self.release_syncs(group, &BTreeMap::new(), ErrorCode::None);
        self.change(group, GroupChange::Stabilised);
    }

    /// The request parked before is never answered, in Kafka too.
    fn replace_parked_sync(&mut self) {
        self.follow(Rule::ReplaceParkedSync);
    }

    fn receive_sync(&mut self, group: &GroupId, member: &MemberId) {
        let awaited = |decision: &Self| {
            let unsynced = decision.group(group).and_then(|group| group.phase.unsynced());
            unsynced.is_some_and(|unsynced| !unsynced.is_empty())
        };
        let before = awaited(self);
        self.change(group, GroupChange::SyncReceived(member.clone()));
        if before && !awaited(self) {
            self.cancel_timer(TimerKey::PendingSync { group: group.clone() });
        }
    }

    /// The leader is answered with the others, when its assignment is replicated.
    fn store_leader_assignment(&mut self, request: SyncGroup) {
        self.follow(Rule::StoreLeaderAssignment);
        let assignments: BTreeMap<_, _> = request.assignments.into_iter().collect();
        let Some(group) = self.group(&request.group) else { return };
        let (generation, value) = (group.generation, metadata(group, &assignments));
        let id = request.group;
        let position = self.append(Record::GroupMetadata { group: id.clone(), value });
        self.wait_for(position, Then::HandOut { group: id, generation });
    }

    /// The leader's assignment is replicated. If the group has moved on since, it is of no use.
    pub(super) fn hand_out_assignment(
        &mut self,
        id: &GroupId,
        generation: Generation,
        stored: &GroupMetadata,
    ) {
        if !self.awaits_leader(id, generation) {
            return;
        }
        self.follow(Rule::HandOutAssignment);
        let mut assignments: BTreeMap<MemberId, Bytes> =
            stored.members.iter().map(|(member, value)| (member.clone(), value.assignment.clone())).collect();
        if self.mutated(Mutation::AssignToWrongMember) {
            let mut first_two = assignments.values_mut().take(2);
            if let (Some(one), Some(other)) = (first_two.next(), first_two.next()) {
                std::mem::swap(one, other);
            }
        }
        if self.mutated(Mutation::HandOutWholeAssignment) {
            let longest = assignments.values().max_by_key(|bytes| bytes.len()).cloned().unwrap_or_default();
            for bytes in assignments.values_mut() {
                bytes.clone_from(&longest);
            }
        }
        self.release_syncs(id, &assignments, ErrorCode::None);
        self.change(id, GroupChange::Stabilised);
    }

    /// The leader's assignment could not be written. If the group has moved on since, nobody waits for it.
    pub(super) fn lose_assignment(&mut self, id: &GroupId, generation: Generation, error: ErrorCode) {
        if self.awaits_leader(id, generation) {
            self.cancel_parked_syncs(id, error);
            self.start_rebalance(id);
        }
    }

    /// Whether the group is still in CompletingRebalance, at this generation.
    fn awaits_leader(&self, group: &GroupId, generation: Generation) -> bool {
        self.group(group).is_some_and(|group| {
            matches!(group.phase, Phase::Completing { .. }) && group.generation == generation
        })
    }

    /// Answers every parked SyncGroup. Those members' sessions start anew: while parked, their expiry was ignored.
    fn release_syncs(&mut self, id: &GroupId, assignments: &BTreeMap<MemberId, Bytes>, error: ErrorCode) {
        let Some(group) = self.group(id) else { return };
        let (protocol_type, protocol_name) = (group.protocol_type.clone(), group.protocol.clone());
        let parked: Vec<_> =
            group.members.iter().filter_map(|(id, member)| Some((id.clone(), member.sync?))).collect();
        self.expect_effects(2 * parked.len());
        for (member, request) in parked {
            let response = if error == ErrorCode::None {
                SyncGroupResponse {
                    error,
                    protocol_type: protocol_type.clone(),
                    protocol_name: protocol_name.clone(),
                    assignment: assignments.get(&member).cloned().unwrap_or_default(),
                }
            } else {
                SyncGroupResponse::error(error)
            };
            self.answer(request, Response::SyncGroup(response));
            self.restart_session_timer(id, &member);
        }
        self.change(id, GroupChange::Assigned(assignments.clone()));
    }

    /// In Stable the assignment is what it is, whatever a repeated SyncGroup says. In 3.9 the session starts anew.
    fn repeat_sync_answer(&mut self, call: &Call, request: SyncGroup, leads: bool) {
        self.follow(Rule::RepeatSyncAnswer);
        self.receive_sync(&request.group, &request.member);
        if leads && self.mutated(Mutation::ReplaceAssignmentWhenStable) {
            let assignments = request.assignments.into_iter().collect();
            self.change(&request.group, GroupChange::Assigned(assignments));
        }
        let Some(group) = self.group(&request.group) else { return };
        let member = group.members.get(&request.member);
        let response = SyncGroupResponse {
            error: ErrorCode::None,
            protocol_type: group.protocol_type.clone(),
            protocol_name: group.protocol.clone(),
            assignment: member.map(|member| member.assignment.clone()).unwrap_or_default(),
        };
        self.answer(call.id, Response::SyncGroup(response));
        match self.config.release {
            Release::V3_9 => self.restart_session_timer(&request.group, &request.member),
            Release::V4_3 => {}
        }
    }

    /// A new rebalance: whoever waits for an assignment is told to rejoin, and old assignments are void.
    pub(super) fn cancel_parked_syncs(&mut self, group: &GroupId, error: ErrorCode) {
        let waits = |group: &Group| group.members.syncing() > 0;
        if self.group(group).is_some_and(waits) {
            self.follow(Rule::CancelParkedSyncs);
        }
        self.release_syncs(group, &BTreeMap::new(), error);
    }
}

/// What the member says of the protocol, if it says anything, is what the group agreed on. Where the group has
/// agreed on nothing yet, 3.9 finds every name inconsistent (`validateSyncGroup`) and 4.3 none
/// (`isProtocolInconsistent`).
fn is_consistent(release: Release, group: &Group, request: &SyncGroup) -> bool {
    let lenient = release == Release::V4_3;
    let same_type = match (&request.protocol_type, &group.protocol_type) {
        (None, _) => true,
        (Some(_), None) => lenient,
        (Some(said), Some(agreed)) => said == agreed,
    };
    let same_name = match (&request.protocol_name, &group.protocol) {
        (None, _) => true,
        (Some(_), None) => lenient,
        (Some(said), Some(agreed)) => said == agreed,
    };
    same_type && same_name
}

/// The group as its record keeps it. A member without an assignment gets none.
pub(super) fn metadata(group: &Group, assignments: &BTreeMap<MemberId, Bytes>) -> GroupMetadata {
    let members = group.members.iter().map(|(id, member)| {
        let kept = MemberMetadata {
            client: member.client.clone(),
            instance: member.instance.clone(),
            session_timeout_ms: member.session_timeout_ms,
            rebalance_timeout_ms: member.rebalance_timeout_ms,
            subscription: member.metadata(group.protocol.as_ref()),
            assignment: assignments.get(id).cloned().unwrap_or_default(),
        };
        (id.clone(), kept)
    });
    GroupMetadata {
        generation: group.generation,
        protocol_type: group.protocol_type.clone(),
        protocol: group.protocol.clone(),
        leader: group.leader.clone(),
        empty_since: group.empty_since,
        members: members.collect(),
    }
}
