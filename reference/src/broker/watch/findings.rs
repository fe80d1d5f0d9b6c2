//! What clients did against the rules.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::warn;

use crate::coordinator::{Client, GroupId, MemberId};

/// Kinds of findings that are told apart; beyond, a new one is only logged.
const MOST: usize = 1_000;

/// A rule that a client can break without the broker refusing it, and that a broker sees broken for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientRule {
    /// A member commits only partitions that its leader gave it: in its generation, or in the one before as long as
    /// the partition is nobody else's, since a cooperative member commits what it gives up after the SyncGroup answer
    /// that takes it away. Kafka accepts any partition. Members whose assignment the broker has not seen handed out
    /// (after a restart, or of another protocol than `consumer`) are not judged.
    CommitsOwnPartitions,
    /// A member commits no offset behind the end of the partition: nobody can have read so far. The end only grows, and
    /// a partition that is not there is not judged.
    CommitsWhatExists,
    /// A leader gives no partition to two members.
    AssignsPartitionOnce,
    /// A leader gives a member only partitions of topics that the member subscribed to in the join of this generation.
    AssignsSubscribedTopics,
    /// Only the leader sends assignments; the coordinator ignores those of others.
    LeaderAssigns,
    /// A member whose heartbeat was refused (`UNKNOWN_MEMBER_ID`, `ILLEGAL_GENERATION`, `FENCED_INSTANCE_ID`) does not
    /// send it again ten seconds later: it rejoins, or stops.
    HeedsRefusal,
}

impl ClientRule {
    /// Every rule.
    pub const ALL: &'static [Self] = &[
        Self::CommitsOwnPartitions,
        Self::CommitsWhatExists,
        Self::AssignsPartitionOnce,
        Self::AssignsSubscribedTopics,
        Self::LeaderAssigns,
        Self::HeedsRefusal,
    ];

    /// Its name in logs, metrics and on the control endpoint.
    pub const fn id(self) -> &'static str {
        match self {
            Self::CommitsOwnPartitions => "commits_own_partitions",
            Self::CommitsWhatExists => "commits_what_exists",
            Self::AssignsPartitionOnce => "assigns_partition_once",
            Self::AssignsSubscribedTopics => "assigns_subscribed_topics",
            Self::LeaderAssigns => "leader_assigns",
            Self::HeedsRefusal => "heeds_refusal",
        }
    }
}

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
        let Client { client_id, host } = client.clone();
        let (group, member, detail) = (group.clone(), member.clone(), detail());
        warn!(rule = rule.id(), %group, %member, %client_id, %host, "a client broke a rule: {detail}");
        if found.len() < MOST {
            found.push(Violation { rule, group, member, client_id, host, detail, times: 1 });
        }
    }
}
