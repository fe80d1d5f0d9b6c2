//! A group in memory, and how a change changes it.
//!
//! Every choice that hangs on hash order in Kafka is made here and in `join.rs` by the smallest name: who leads when
//! the leader is gone (the smallest member id), which protocol wins a tie in the vote (the smallest name).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use rpds::RedBlackTreeSetSync;

use super::change::GroupChange;
use super::ids::{Generation, InstanceId, MemberId, ProtocolName, ProtocolType, Timestamp, TopicName};
pub use super::members::Member;
use super::members::Members;

/// What is left of the initial rebalance delay (`group.initial.rebalance.delay.ms`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitialDelay {
    /// Milliseconds that the timer is set to.
    pub delay_ms: i32,
    /// Milliseconds by which it may be extended while members arrive.
    pub remaining_ms: i32,
}

/// The state of a group, by Kafka's names. Dead does not occur: it belongs to deletion and unloading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// No members; pending ones there may be.
    #[default]
    Empty,
    /// PreparingRebalance: members join.
    Preparing {
        /// The initial delay, if the group was Empty before.
        initial: Option<InitialDelay>,
    },
    /// CompletingRebalance: the leader's SyncGroup is awaited.
    Completing {
        /// Members whose SyncGroup is awaited.
        unsynced: RedBlackTreeSetSync<MemberId>,
    },
    /// Assignments are handed out.
    Stable {
        /// Members whose SyncGroup is awaited.
        unsynced: RedBlackTreeSetSync<MemberId>,
    },
}

impl Phase {
    /// Kafka's name of the state, as tools show it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Preparing { .. } => "PreparingRebalance",
            Self::Completing { .. } => "CompletingRebalance",
            Self::Stable { .. } => "Stable",
        }
    }

    /// Members whose SyncGroup is awaited.
    pub(super) fn unsynced(&self) -> Option<&RedBlackTreeSetSync<MemberId>> {
        match self {
            Self::Empty | Self::Preparing { .. } => None,
            Self::Completing { unsynced } | Self::Stable { unsynced } => Some(unsynced),
        }
    }
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub(super) generation: Generation,
    pub(super) protocol_type: Option<ProtocolType>,
    pub(super) protocol: Option<ProtocolName>,
    pub(super) leader: Option<MemberId>,
    pub(super) members: Members,
    /// Ids given out with `MEMBER_ID_REQUIRED`, not yet used.
    pub(super) pending: RedBlackTreeSetSync<MemberId>,
    /// A member joined since the initial delay was last set. Kafka does not clear it when the join completes.
    pub(super) new_member_added: bool,
    pub(super) phase: Phase,
    /// When it became Empty.
    pub(super) empty_since: Option<Timestamp>,
    /// What its members subscribe to, as far as that can be read, since the last completed join.
    pub(super) subscribed: Option<Arc<BTreeSet<TopicName>>>,
}

impl Group {
    /// Applies a change. A change that does not fit the group changes nothing.
    pub(super) fn evolve(&mut self, change: &GroupChange) {
        match change {
            GroupChange::Created | GroupChange::Removed | GroupChange::Reinstated(_) => {}
            GroupChange::PendingAdded(member) => {
                self.pending.insert_mut(member.clone());
            }
            GroupChange::MemberAdded { member, protocol_type, value } => {
                self.add(member.clone(), protocol_type, value.clone());
            }
            GroupChange::MemberRejoined {
                member,
                request,
                session_timeout_ms,
                rebalance_timeout_ms,
                protocols,
            } => {
                self.members.update(member, |member| member.join = Some(*request));
                self.members.offer(member, *session_timeout_ms, *rebalance_timeout_ms, protocols);
            }
            GroupChange::MemberReplaced { old, new, is_new } => self.replace(old, new, *is_new),
            GroupChange::JoinAnswered(member) => {
                self.members.update(member, |member| member.join = None);
            }
            GroupChange::OffersRestored { member, session_timeout_ms, rebalance_timeout_ms, protocols } => {
                self.members.offer(member, *session_timeout_ms, *rebalance_timeout_ms, protocols);
            }
            GroupChange::MemberRemoved(member) => self.remove(member),
            GroupChange::NewMemberNoted(noted) => self.new_member_added = *noted,
            GroupChange::RebalanceStarted { initial } => self.phase = Phase::Preparing { initial: *initial },
            GroupChange::DelayExtended(delay) => self.phase = Phase::Preparing { initial: Some(*delay) },
            GroupChange::GenerationStarted { generation, leader, protocol } => {
                self.generation = *generation;
                self.leader.clone_from(leader);
                self.protocol.clone_from(protocol);
                self.phase = Phase::Completing { unsynced: self.members.keys().cloned().collect() };
                self.empty_since = None;
                self.note_subscriptions();
                self.answer_joins();
            }
            GroupChange::Emptied { generation, since } => {
                self.generation = *generation;
                self.empty_since = Some(*since);
                self.protocol = None;
                self.phase = Phase::Empty;
                self.note_subscriptions();
            }
            GroupChange::SyncParked { member, request } => {
                self.members.update(member, |member| member.sync = Some(*request));
            }
            GroupChange::SyncReceived(member) => self.receive_sync(member),
            GroupChange::Assigned(assignments) => self.assign(assignments),
            GroupChange::Stabilised => self.stabilise(),
        }
    }

    fn add(&mut self, member: MemberId, protocol_type: &ProtocolType, value: Member) {
        if self.members.is_empty() {
            self.protocol_type = Some(protocol_type.clone());
        }
        // The id as it was given out: timers have it too, and it is held once.
        let member = self.pending.get(&member).cloned().unwrap_or(member);
        self.pending.remove_mut(&member);
        self.leader.get_or_insert_with(|| member.clone());
        self.members.insert(member, value);
    }

    fn remove(&mut self, member: &MemberId) {
        self.members.remove(member);
        self.pending.remove_mut(member);
        if self.leader.as_ref() == Some(member) {
            self.leader = self.members.keys().next().cloned();
        }
        self.receive_sync(member);
    }

    /// Of whom a SyncGroup is awaited stays as it is: the old id is awaited in vain (`replaceStaticMember`). What the old id
    /// has parked is answered, and the JoinGroup of the new one takes its place.
    fn replace(&mut self, old: &MemberId, new: &MemberId, is_new: bool) {
        let Some(member) = self.members.remove(old) else { return };
        self.members.insert(new.clone(), Member { sync: None, is_new, ..member });
        if self.leader.as_ref() == Some(old) {
            self.leader = Some(new.clone());
        }
    }

    fn answer_joins(&mut self) {
        self.members.update_each(|_, member| {
            member.join = None;
            member.is_new = false;
        });
    }

    fn receive_sync(&mut self, member: &MemberId) {
        match &mut self.phase {
            Phase::Empty | Phase::Preparing { .. } => {}
            Phase::Completing { unsynced } | Phase::Stable { unsynced } => {
                unsynced.remove_mut(member);
            }
        }
    }

    fn assign(&mut self, assignments: &BTreeMap<MemberId, Bytes>) {
        self.members.update_each(|id, member| {
            member.assignment = assignments.get(id).cloned().unwrap_or_default();
            member.sync = None;
        });
    }

    fn stabilise(&mut self) {
        match &mut self.phase {
            Phase::Empty | Phase::Preparing { .. } | Phase::Stable { .. } => {}
            Phase::Completing { unsynced } => {
                self.phase = Phase::Stable { unsynced: std::mem::take(unsynced) };
            }
        }
    }

    /// Whether every member's JoinGroup is parked and no id that was given out is still to be used.
    pub(super) fn has_all_members_joined(&self) -> bool {
        self.pending.is_empty() && self.members.joined() == self.members.len()
    }

    /// The id of the static member of this instance id.
    pub(super) fn static_member(&self, instance: &InstanceId) -> Option<&MemberId> {
        self.members.of_instance(instance)
    }

    /// The members whose JoinGroup is parked.
    pub(super) fn joined(&self) -> usize {
        self.members.joined()
    }

    /// How long a rebalance waits, in milliseconds: the largest that a member asks for, 0 without members.
    pub(super) fn rebalance_timeout_ms(&self) -> i32 {
        self.members.values().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0).max(0)
    }

    /// The protocol with most votes (`ClassicGroup.selectProtocol`).
    pub(super) fn winning_protocol(&self) -> Option<ProtocolName> {
        let mut votes: BTreeMap<&ProtocolName, usize> = BTreeMap::new();
        for member in self.members.values() {
            let vote = member.protocols.iter().find(|offer| self.all_offer(&offer.name));
            if let Some(offer) = vote {
                *votes.entry(&offer.name).or_default() += 1;
            }
        }
        let most = votes.values().max().copied();
        votes.into_iter().find(|(_, count)| Some(*count) == most).map(|(name, _)| name.clone())
    }

    /// Whether every member offers this protocol; vacuous without members.
    pub(super) fn all_offer(&self, protocol: &ProtocolName) -> bool {
        self.members.all_offer(protocol)
    }
}
