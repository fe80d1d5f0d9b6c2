//! The members of a group, and what is counted of them.
//!
//! A decision works on a copy of its group, and asks of every JoinGroup who has joined and what all offer: neither may
//! cost more in a group of thousands. So the members stand in a tree that shares what is unchanged with its copies, and
//! the counts are kept with every change.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use rpds::RedBlackTreeMapSync;

use super::ids::{InstanceId, MemberId, ProtocolName, RequestId};
use super::input::Client;
use super::request::Protocol;

/// A member in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who it is.
    pub client: Client,
    /// `group.instance.id` of a static member.
    pub instance: Option<InstanceId>,
    /// Milliseconds.
    pub session_timeout_ms: i32,
    /// Milliseconds.
    pub rebalance_timeout_ms: i32,
    /// What it offers, each name once.
    pub protocols: Arc<[Protocol]>,
    /// What the leader gave it last.
    pub assignment: Bytes,
    /// No join of its own has completed yet.
    pub is_new: bool,
    /// Its parked JoinGroup.
    pub join: Option<RequestId>,
    /// Its parked SyncGroup.
    pub sync: Option<RequestId>,
}

impl Member {
    /// What the member says under this protocol.
    pub(super) fn metadata(&self, protocol: Option<&ProtocolName>) -> Bytes {
        let offered = self.protocols.iter().find(|offer| Some(&offer.name) == protocol);
        offered.map(|offer| offer.metadata.clone()).unwrap_or_default()
    }
}

/// The members of a group, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    by_id: RedBlackTreeMapSync<MemberId, Member>,
    by_instance: RedBlackTreeMapSync<InstanceId, MemberId>,
    /// How many offer each protocol.
    offers: BTreeMap<ProtocolName, usize>,
    /// How many have their JoinGroup parked.
    joined: usize,
    /// How many have their SyncGroup parked.
    syncing: usize,
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.by_id.size()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(super) fn get(&self, id: &MemberId) -> Option<&Member> {
        self.by_id.get(id)
    }

    pub(super) fn contains_key(&self, id: &MemberId) -> bool {
        self.by_id.contains_key(id)
    }

    /// By id, the smallest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.by_id.iter()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &MemberId> {
        self.by_id.keys()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Member> {
        self.by_id.values()
    }

    /// How many have their JoinGroup parked.
    pub(super) fn joined(&self) -> usize {
        self.joined
    }

    /// How many have their SyncGroup parked.
    pub(super) fn syncing(&self) -> usize {
        self.syncing
    }

    /// Whether every member offers this protocol; vacuous without members.
    pub(super) fn all_offer(&self, protocol: &ProtocolName) -> bool {
        self.offers.get(protocol).copied().unwrap_or(0) == self.len()
    }

    /// The id of the static member of this instance id.
    pub(super) fn of_instance(&self, instance: &InstanceId) -> Option<&MemberId> {
        self.by_instance.get(instance)
    }

    pub(super) fn insert(&mut self, id: MemberId, member: Member) {
        self.remove(&id);
        if let Some(instance) = &member.instance {
            self.by_instance.insert_mut(instance.clone(), id.clone());
        }
        self.recount((false, false), parked(&member));
        self.count_offers(&member.protocols);
        self.by_id.insert_mut(id, member);
    }

    pub(super) fn remove(&mut self, id: &MemberId) -> Option<Member> {
        let member = self.by_id.get(id)?.clone();
        self.by_id.remove_mut(id);
        self.recount(parked(&member), (false, false));
        self.discount_offers(&member.protocols);
        if let Some(instance) = &member.instance
            && self.by_instance.get(instance) == Some(id)
        {
            self.by_instance.remove_mut(instance);
        }
        Some(member)
    }

    /// Changes a member, if it is there; what it offers stays, and its instance id.
    pub(super) fn update(&mut self, id: &MemberId, change: impl FnOnce(&mut Member)) {
        let Some(member) = self.by_id.get_mut(id) else { return };
        let before = parked(member);
        change(member);
        let after = parked(member);
        self.recount(before, after);
    }

    /// What a member offers and asks for, if it is there.
    pub(super) fn offer(
        &mut self,
        id: &MemberId,
        session_timeout_ms: i32,
        rebalance_timeout_ms: i32,
        protocols: &Arc<[Protocol]>,
    ) {
        let Some(member) = self.by_id.get_mut(id) else { return };
        member.session_timeout_ms = session_timeout_ms;
        member.rebalance_timeout_ms = rebalance_timeout_ms;
        let before = std::mem::replace(&mut member.protocols, Arc::clone(protocols));
        self.discount_offers(&before);
        self.count_offers(protocols);
    }

    /// Changes every member; what it offers stays, and its instance id.
    pub(super) fn update_each(&mut self, mut change: impl FnMut(&MemberId, &mut Member)) {
        let ids: Vec<MemberId> = self.by_id.keys().cloned().collect();
        for id in &ids {
            self.update(id, |member| change(id, member));
        }
    }

    /// What of a member is parked, before a change and after it.
    fn recount(&mut self, before: (bool, bool), after: (bool, bool)) {
        self.joined = self.joined + usize::from(after.0) - usize::from(before.0);
        self.syncing = self.syncing + usize::from(after.1) - usize::from(before.1);
    }

    fn count_offers(&mut self, protocols: &[Protocol]) {
        for offer in protocols {
            *self.offers.entry(offer.name.clone()).or_default() += 1;
        }
    }

    fn discount_offers(&mut self, protocols: &[Protocol]) {
        for offer in protocols {
            if let Some(count) = self.offers.get_mut(&offer.name) {
                *count -= 1;
                if *count == 0 {
                    self.offers.remove(&offer.name);
                }
            }
        }
    }
}

/// Whether its JoinGroup is parked, and its SyncGroup.
fn parked(member: &Member) -> (bool, bool) {
    (member.join.is_some(), member.sync.is_some())
}

impl FromIterator<(MemberId, Member)> for Members {
    fn from_iter<I: IntoIterator<Item = (MemberId, Member)>>(members: I) -> Self {
        let mut all = Self::default();
        for (id, member) in members {
            all.insert(id, member);
        }
        all
    }
}
