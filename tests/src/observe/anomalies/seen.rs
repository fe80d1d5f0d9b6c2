//! What was seen of a group, as far as it counts for what is to come.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::observe::highest::Highest;

/// The incarnation of a group: a failover may issue a number again, with another leader.
pub(super) type Generation = i32;

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The highest generation that was answered.
    pub(super) joined: Highest,
    /// When each generation was answered first, as far as it is not forgotten.
    pub(super) began: BTreeMap<Generation, i64>,
    pub(super) leaders: BTreeMap<Generation, String>,
    /// `group.instance.id` of static members, and when it joined: one that comes back has another id and the same place.
    pub(super) instances: BTreeMap<String, (String, i64)>,
    pub(super) subscriptions: BTreeMap<Generation, BTreeMap<String, Bytes>>,
    /// What the leader sent, and what was handed out.
    pub(super) sent: BTreeMap<Generation, BTreeMap<String, Bytes>>,
    pub(super) handed: BTreeMap<Generation, BTreeMap<String, Bytes>>,
    /// The highest accepted commit by partition.
    pub(super) commits: BTreeMap<(String, i32), Highest>,
    /// The coordinator moved: numbers may begin again.
    pub(super) broken: bool,
}

impl Seen {
    /// Forgets generations that were over before a moment, and what belongs to them.
    pub(super) fn forget(&mut self, before_us: i64) {
        self.joined.forget(before_us);
        let all = self.began.len();
        while self.began.iter().nth(1).is_some_and(|(_, at)| *at < before_us) {
            self.began.pop_first();
        }
        let oldest = self.began.first_key_value().map(|(generation, _)| *generation);
        let Some(oldest) = oldest.filter(|_| self.began.len() < all) else { return };
        self.leaders = self.leaders.split_off(&oldest);
        self.subscriptions = self.subscriptions.split_off(&oldest);
        self.sent = self.sent.split_off(&oldest);
        self.handed = self.handed.split_off(&oldest);
        let leaders: BTreeSet<&String> = self.leaders.values().collect();
        self.instances.retain(|member, (_, at)| *at >= before_us || leaders.contains(member));
    }
}
