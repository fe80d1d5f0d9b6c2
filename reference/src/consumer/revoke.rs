//! `onPartitionsRevoked`, and the commit that it may wait for.

use std::collections::BTreeSet;

use super::config::CommitPolicy;
use super::state::{AfterRevocation, Revoking, Why};
use super::transition::ConsumerEffect;
use super::turn::Turn;
use crate::assignor::TopicPartition;
use crate::coordinator::RequestId;

impl Turn<'_> {
    pub(super) fn revoke(&mut self, partitions: BTreeSet<TopicPartition>, then: AfterRevocation) {
        let asked = match self.config.commit {
            CommitPolicy::Manual | CommitPolicy::Auto { .. } => None,
            CommitPolicy::OnRevocation => self.commit(Why::OnRevocation),
        };
        match asked {
            Some(commit) => self.state.revoking = Some(Revoking { partitions, then, commit }),
            None => self.give_up(partitions, then),
        }
    }

    /// The answer to the commit is there, or will never be: the callback returns.
    pub(super) fn finish_revocation(&mut self, commit: RequestId) {
        match self.state.revoking.take() {
            Some(revoking) if revoking.commit == commit => self.give_up(revoking.partitions, revoking.then),
            other => self.state.revoking = other,
        }
    }

    fn give_up(&mut self, partitions: BTreeSet<TopicPartition>, then: AfterRevocation) {
        for partition in &partitions {
            self.state.owned.remove(partition);
        }
        self.effect(ConsumerEffect::Revoked(partitions));
        match then {
            AfterRevocation::Join => {}
            AfterRevocation::TakeUp(assigned) => self.apply_assignment(&assigned),
        }
    }

    /// Whether it commits without being asked.
    pub(super) fn commits_by_itself(&self) -> bool {
        match self.config.commit {
            CommitPolicy::Manual => false,
            CommitPolicy::Auto { .. } | CommitPolicy::OnRevocation => true,
        }
    }
}
