//! SyncGroup (`GroupMetadataManager.classicGroupSyncToClassicGroup`).

use muster_specs::Rule;

use super::{CoordinatorTimer, Group, Identity, Phase, Turn};
use crate::message::{Assignments, Error, Response, SyncGroup};
use crate::mutation::Mutation;
use crate::trace::Release;
use crate::types::{Connection, MemberId, Partition};

/// From this API version on, protocol type and name are mandatory.
const FIRST_VERSION_WITH_PROTOCOL: i16 = 5;

impl Turn<'_> {
    /// In this order: fields, group, member, generation, protocol, state.
    pub(super) fn sync_group(&mut self, connection: Connection, sync: &SyncGroup) {
        if lacks_protocol(sync) {
            return self.reject_sync_without_protocol(connection);
        }
        let present = self.state.group.as_ref().filter(|g| g.phase != Phase::Empty);
        let Some(identity) = present.map(|g| g.identify(Some(sync.member), sync.instance)) else {
            return self.reject_sync_of_absent_group(connection);
        };
        match identity {
            Identity::Member(_) => {}
            Identity::Unknown => return self.reject_sync_of_unknown_member(connection),
            Identity::Replaced => {
                let error = self.fence_replaced_static_member();
                return self.refuse_sync(connection, error);
            }
        }
        let release = self.scenario.release;
        let group = self.group();
        let (generation, phase) = (group.generation, group.phase);
        let inconsistent = is_inconsistent(release, group, sync);
        if generation != sync.generation && !self.mutated(Mutation::AcceptStaleSync) {
            return self.fence_sync_of_stale_generation(connection);
        }
        if inconsistent {
            return self.reject_sync_with_inconsistent_protocol(connection);
        }
        match phase {
            Phase::PreparingRebalance { .. } | Phase::Empty => self.reject_sync_while_preparing(connection),
            Phase::CompletingRebalance => self.sync_while_completing(connection, sync),
            Phase::Stable => self.repeat_sync_answer(connection, sync.member),
        }
    }

    fn refuse_sync(&mut self, connection: Connection, error: Error) {
        self.answer(connection, Response::SyncGroup(Err(error)));
    }

    fn reject_sync_without_protocol(&mut self, connection: Connection) {
        self.follow(Rule::RejectSyncWithoutProtocol);
        self.refuse_sync(connection, Error::InconsistentGroupProtocol);
    }

    fn reject_sync_of_absent_group(&mut self, connection: Connection) {
        self.follow(Rule::RejectSyncOfAbsentGroup);
        self.refuse_sync(connection, Error::UnknownMemberId);
    }

    fn reject_sync_of_unknown_member(&mut self, connection: Connection) {
        self.follow(Rule::RejectSyncOfUnknownMember);
        self.refuse_sync(connection, Error::UnknownMemberId);
    }

    fn fence_sync_of_stale_generation(&mut self, connection: Connection) {
        self.follow(Rule::FenceSyncOfStaleGeneration);
        self.refuse_sync(connection, Error::IllegalGeneration);
    }

    fn reject_sync_with_inconsistent_protocol(&mut self, connection: Connection) {
        self.follow(Rule::RejectSyncWithInconsistentProtocol);
        self.refuse_sync(connection, Error::InconsistentGroupProtocol);
    }

    fn reject_sync_while_preparing(&mut self, connection: Connection) {
        self.follow(Rule::RejectSyncWhilePreparing);
        self.refuse_sync(connection, Error::RebalanceInProgress);
    }

    fn sync_while_completing(&mut self, connection: Connection, sync: &SyncGroup) {
        let leads = self.group().is_leader(sync.member);
        self.park_sync_until_leader(connection, sync.member);
        if leads || self.mutated(Mutation::StableOnFollowerSync) {
            self.store_leader_assignment(&sync.assignments);
        }
    }

    fn park_sync_until_leader(&mut self, connection: Connection, member: MemberId) {
        self.follow(Rule::ParkSyncUntilLeader);
        self.received_sync_from(member);
        let Some(known) = self.member(member) else { return };
        if let Some(replaced) = known.parked.sync.replace(connection) {
            self.leave_unanswered(replaced, connection);
            self.replace_parked_sync();
        }
    }

    /// The request that was parked is never answered.
    fn replace_parked_sync(&mut self) {
        self.follow(Rule::ReplaceParkedSync);
    }

    /// `removePendingSyncMember`.
    fn received_sync_from(&mut self, member: MemberId) {
        if let Some(known) = self.member(member) {
            known.pending_sync = false;
        }
        let group = self.group();
        if group.replaced_unsynced.is_empty() && group.members.values().all(|m| !m.pending_sync) {
            self.cancel(CoordinatorTimer::PendingSync);
        }
    }

    /// Members that the leader left out get nothing; what it gave to others is dropped.
    fn store_leader_assignment(&mut self, assignments: &Assignments) {
        self.follow(Rule::StoreLeaderAssignment);
        let assignments = self.mutate_assignments(assignments);
        self.log_assignments(&assignments);
    }

    fn mutate_assignments(&mut self, assignments: &Assignments) -> Assignments {
        if self.mutated(Mutation::HandOutWholeAssignment) {
            let whole: Vec<Partition> = assignments.values().flatten().copied().collect();
            return assignments.keys().map(|m| (*m, whole.clone())).collect();
        }
        if self.mutated(Mutation::AssignToWrongMember) {
            let members = assignments.keys().rev();
            return members.copied().zip(assignments.values().cloned()).collect();
        }
        assignments.clone()
    }

    /// The assignment is replicated.
    pub(super) fn hand_out_assignment(&mut self, assignments: &Assignments) {
        self.follow(Rule::HandOutAssignment);
        let group = self.group();
        for (id, member) in &mut group.members {
            member.assignment = assignments.get(id).cloned();
        }
        group.phase = Phase::Stable;
        let generation = group.generation;
        if self.scenario.assignor.is_sticky() {
            self.state.ghost.synced_before = self.state.ghost.synced;
        }
        self.state.ghost.synced = Some(generation);
        let parked: Vec<(MemberId, Connection)> =
            self.group().members.iter().filter_map(parked_sync).collect();
        for (member, connection) in parked {
            if let Some(known) = self.member(member) {
                known.parked.sync = None;
            }
            self.answer_assignment(connection, member);
            self.restart_session_timer(member);
        }
    }

    fn answer_assignment(&mut self, connection: Connection, member: MemberId) {
        let assignment = self.member(member).and_then(|m| m.assignment.clone());
        self.state.ghost.handed.insert(member, assignment.clone().unwrap_or_default());
        self.answer(connection, Response::SyncGroup(Ok(assignment)));
    }

    /// Whoever asks, and whatever it assigns: the stored assignment stands.
    fn repeat_sync_answer(&mut self, connection: Connection, member: MemberId) {
        self.follow(Rule::RepeatSyncAnswer);
        self.received_sync_from(member);
        self.answer_assignment(connection, member);
        if self.scenario.release == Release::V3_9 {
            self.restart_session_timer(member);
        }
    }

    /// A rebalance that starts while syncs are parked answers them, and so does an assignment that is lost.
    pub(super) fn cancel_parked_syncs(&mut self, error: Error) {
        let parked: Vec<(MemberId, Connection)> =
            self.group().members.iter().filter_map(parked_sync).collect();
        if parked.is_empty() {
            return;
        }
        self.follow(Rule::CancelParkedSyncs);
        for (member, connection) in parked {
            if let Some(known) = self.member(member) {
                known.parked.sync = None;
            }
            self.refuse_sync(connection, error);
            self.restart_session_timer(member);
        }
    }
}

/// Seen before anything else (`SyncGroupRequest.areMandatoryProtocolTypeAndNamePresent`).
pub(super) fn lacks_protocol(sync: &SyncGroup) -> bool {
    sync.version >= FIRST_VERSION_WITH_PROTOCOL && sync.protocol.is_none()
}

fn parked_sync((id, member): (&MemberId, &super::Member)) -> Option<(MemberId, Connection)> {
    Some((*id, member.parked.sync?))
}

/// `isProtocolInconsistent`: what the request leaves null is not compared. A group that has completed no join has
/// no protocol name: to the Scala coordinator every name differs from it, to the new one none.
fn is_inconsistent(release: Release, group: &Group, sync: &SyncGroup) -> bool {
    let Some((protocol_type, name)) = sync.protocol else { return false };
    let strict = release == Release::V3_9;
    let other_type = group.protocol_type.map_or(strict, |t| t != protocol_type);
    let other_name = group.protocol.map_or(strict, |n| n != name);
    other_type || other_name
}
