//! `poll`: takes part in the group, and hands out records (`ClassicKafkaConsumer.poll`, `ConsumerCoordinator.poll`,
//! `AbstractCoordinator.joinGroupIfNeeded`).

use super::input::ConsumerTimer;
use super::state::{Join, Progress};
use super::transition::ConsumerEffect;
use super::turn::Turn;
use crate::assignor::TopicPartition;

impl Turn<'_> {
    pub(super) fn poll(&mut self) {
        let after_ms = self.config.max_poll_interval_ms;
        self.effect(ConsumerEffect::SetTimer { timer: ConsumerTimer::MaxPoll, after_ms });
        if self.state.revoking.is_some() {
            return;
        }
        if !self.knows_coordinator() {
            self.find_coordinator_first();
        } else if self.must_join() {
            self.join_group();
        } else {
            self.commit_by_interval();
        }
        if self.state.failure.is_some() || self.state.revoking.is_some() {
            return;
        }
        self.fetch_missing_offsets();
        self.hand_out_records();
    }

    /// `rejoinNeededOrPending`
    fn must_join(&mut self) -> bool {
        let subscribed_anew =
            self.state.joined_subscription.as_ref().is_some_and(|s| *s != self.state.subscription);
        self.state.rejoin_needed |= subscribed_anew;
        self.rejoin_on_new_partitions();
        self.state.rejoin_needed || self.state.join != Join::None
    }

    /// As far as it goes without waiting.
    fn join_group(&mut self) {
        while self.state.failure.is_none() && self.must_join() && self.knows_coordinator() {
            if !self.state.prepared && !self.prepare_join() {
                return;
            }
            match std::mem::replace(&mut self.state.join, Join::Sent) {
                Join::None => return self.send_join(),
                Join::Sent => return,
                Join::Answered(answer) => self.on_join(answer),
                Join::Assigned(bytes) => {
                    if !self.take_up_assignment(bytes) {
                        return;
                    }
                }
                Join::Failed { at_once } => {
                    self.state.join = Join::None;
                    self.state.rejoin_needed = true;
                    if !at_once {
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn note_fetched(&mut self, partition: &TopicPartition, end: i64) {
        if let Some(progress) = self.state.owned.get_mut(partition)
            && progress.position.is_some()
        {
            progress.fetched = progress.fetched.max(end);
        }
    }

    pub(super) fn note_processed(&mut self, partition: &TopicPartition, next: i64) {
        if let Some(progress) = self.state.owned.get_mut(partition) {
            progress.processed = progress.processed.max(next);
        }
    }

    /// Also while the group rebalances, of what is kept.
    fn hand_out_records(&mut self) {
        let most = self.config.max_poll_records;
        let mut handed = Vec::new();
        for (partition, progress) in &mut self.state.owned {
            if let Progress { position: Some(from), fetched, pending_revocation: false, .. } = *progress
                && from < fetched
            {
                let to = fetched.min(from.saturating_add(most));
                progress.position = Some(to);
                handed.push(ConsumerEffect::Records { partition: partition.clone(), from, to });
            }
        }
        for records in handed {
            self.effect(records);
        }
    }
}
