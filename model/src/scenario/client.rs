//! What a scenario lets its consumers be: their membership, and when they commit.

use super::{Faults, Scenario};
use crate::types::{ClientId, InstanceId, TopicId, Topics};

/// Whether consumers bear a `group.instance.id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Membership {
    /// None does.
    #[default]
    Dynamic,
    /// Each has its own, and restarts with it.
    Static,
    /// The last one bears that of the first: it was started while the first one still ran.
    StaticTwins,
}

impl Membership {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Static => "static",
            Self::StaticTwins => "static-twins",
        }
    }
}

/// When a consumer commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CommitMode {
    /// The application commits now and then, and goes on meanwhile (`commitAsync`).
    #[default]
    Async,
    /// The application commits now and then, and waits for the answer (`commitSync`). What is lost with a connection is
    /// sent again.
    Sync,
    /// `enable.auto.commit`: now and then, before each JoinGroup and on close.
    Auto,
    /// `sendOffsetsToTransaction` and `commitTransaction` now and then. No transaction is aborted.
    Transactional,
    /// The same, and `commitAsync` while a transaction is open.
    Mixed,
}

impl CommitMode {
    /// Whether it commits in transactions.
    pub fn is_transactional(self) -> bool {
        match self {
            Self::Async | Self::Sync | Self::Auto => false,
            Self::Transactional | Self::Mixed => true,
        }
    }

    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Sync => "sync",
            Self::Auto => "auto",
            Self::Transactional => "transactional",
            Self::Mixed => "mixed",
        }
    }
}

impl Scenario {
    /// The instance id of a consumer, if it bears one.
    pub fn instance_of(&self, client: ClientId) -> Option<InstanceId> {
        let is_twin = client.0 + 1 == self.bounds.consumers;
        match self.membership {
            Membership::Dynamic => None,
            Membership::StaticTwins if is_twin => Some(InstanceId(0)),
            Membership::Static | Membership::StaticTwins => Some(InstanceId(client.0)),
        }
    }

    /// What a consumer subscribes to at first.
    pub fn subscription_of(&self, client: ClientId) -> Topics {
        self.subscription_after(client, 0)
    }

    /// What a consumer subscribes to once it has changed its mind so many times: all topics, and the first one only,
    /// in turn.
    pub fn subscription_after(&self, client: ClientId, changes: u8) -> Topics {
        if self.one_topic_each {
            return [TopicId(client.0)].into_iter().collect();
        }
        let mixed = self.mixed_subscriptions && client.0 + 1 == self.bounds.consumers;
        let first_only = mixed != (changes % 2 == 1);
        Topics::first(if first_only { 1 } else { self.bounds.topics })
    }

    /// Whether every consumer commits what it has processed before it gives a partition up, and nothing keeps it from
    /// doing so.
    pub fn hands_over_in_order(&self) -> bool {
        let (faults, auto) = (&self.faults, self.commit == CommitMode::Auto && !self.hand_off);
        let Faults {
            crash,
            give_up,
            expire,
            leave: _,
            poll_timeout,
            subscribe: _,
            failover,
            partitions: _,
            tools,
        } = *faults;
        let undisturbed = [crash, give_up, expire, poll_timeout, failover, tools].iter().all(|n| *n == 0);
        (auto || self.commit_on_revocation) && undisturbed && self.membership != Membership::StaticTwins
    }
}
