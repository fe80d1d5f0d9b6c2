//! What clients did against the rules.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::warn;

use super::client_rules::ClientRule;
use crate::coordinator::{Client, GroupId, MemberId};

/// Kinds of findings that are told apart; beyond, a new one is only logged.
const MOST: usize = 1_000;

/// The rules that a broker sees broken for certain, at once.
pub(in crate::broker) const WATCHED: [ClientRule; 6] = [
    ClientRule::CommitsOwnPartitions,
    ClientRule::CommitsWhatExists,
    ClientRule::AssignsPartitionOnce,
    ClientRule::AssignsSubscribedTopics,
    ClientRule::LeaderAssigns,
    ClientRule::HeedsRefusal,
];

/// A client broke a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: ClientRule,
    /// In this group.
    pub group: GroupId,
    /// As this member.
    pub member: MemberId,
    /// `client.id`.
    pub client_id: String,
    /// The address.
    pub host: String,
    /// What it did, the first time.
    pub detail: String,
    /// How often.
    pub times: u64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, group, member, client_id, host, detail, times } = self;
        write!(
            f,
            "{} group={group} member={member} client_id={client_id} host={host} times={times}: {detail}",
            rule.id()
        )
    }
}

/// What was found so far, shared between the coordinator's task and those who ask.
#[derive(Clone, Debug, Default)]
pub(in crate::broker) struct Findings(Arc<Mutex<Vec<Violation>>>);

impl Findings {
    fn locked(&self) -> MutexGuard<'_, Vec<Violation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::broker) fn all(&self) -> Vec<Violation> {
        self.locked().clone()
    }

    /// Notes what a member did. It is logged the first time.
    pub(super) fn note(
        &self,
        rule: ClientRule,
        group: &GroupId,
        member: &MemberId,
        client: &Client,
        detail: impl FnOnce() -> String,
    ) {
        let mut found = self.locked();
        let same =
            |known: &&mut Violation| known.rule == rule && known.group == *group && known.member == *member;
        if let Some(known) = found.iter_mut().find(same) {
            known.times = known.times.saturating_add(1);
            return;
        }
        let (client_id, host) = (client.client_id().to_owned(), client.host().to_owned());
        let (group, member, detail) = (group.clone(), member.clone(), detail());
        warn!(rule = rule.id(), %group, %member, %client_id, %host, "a client broke a rule: {detail}");
        if found.len() < MOST {
            found.push(Violation { rule, group, member, client_id, host, detail, times: 1 });
        }
    }
}
