//! What a leader does with the subscriptions: see [`crate::assignor`].

use muster_specs::Rule;

use super::mutation::ConsumerMutation;
use super::turn::Turn;
use crate::assignor::{self, AssignError, Assignor, Shares, Subscriber};

impl Turn<'_> {
    pub(super) fn assign(
        &mut self,
        assignor: Assignor,
        subscribers: &[Subscriber],
    ) -> Result<Shares, AssignError> {
        let shares = match assignor {
            Assignor::Range => self.assign_by_range(subscribers),
            Assignor::RoundRobin => self.assign_by_round_robin(subscribers),
            Assignor::Sticky => self.assign_by_stickiness(subscribers, Assignor::Sticky),
            Assignor::CooperativeSticky => self.withhold_moving_partitions(subscribers),
        };
        self.state.seen = assignor::highest_generation(subscribers, self.state.seen);
        shares.map(|shares| self.mutate(shares))
    }

    fn assign_by_range(&mut self, subscribers: &[Subscriber]) -> Result<Shares, AssignError> {
        self.follow(Rule::AssignByRange);
        assignor::assign(Assignor::Range, &self.state.topics, subscribers, self.state.seen)
    }

    fn assign_by_round_robin(&mut self, subscribers: &[Subscriber]) -> Result<Shares, AssignError> {
        self.follow(Rule::AssignByRoundRobin);
        assignor::assign(Assignor::RoundRobin, &self.state.topics, subscribers, self.state.seen)
    }

    fn assign_by_stickiness(
        &mut self,
        subscribers: &[Subscriber],
        assignor: Assignor,
    ) -> Result<Shares, AssignError> {
        self.follow(Rule::AssignByStickiness);
        assignor::assign(assignor, &self.state.topics, subscribers, self.state.seen)
    }

    fn withhold_moving_partitions(&mut self, subscribers: &[Subscriber]) -> Result<Shares, AssignError> {
        self.follow(Rule::WithholdMovingPartitions);
        let at_once = self.mutated(ConsumerMutation::AssignMovingAtOnce);
        let assignor = if at_once { Assignor::Sticky } else { Assignor::CooperativeSticky };
        self.assign_by_stickiness(subscribers, assignor)
    }

    fn mutate(&self, mut shares: Shares) -> Shares {
        let all = || shares.values().flatten();
        let (first, last) = (all().min().cloned(), all().max().cloned());
        if self.mutated(ConsumerMutation::AssignTwice) {
            for share in shares.values_mut() {
                share.extend(first.clone().filter(|partition| !share.contains(partition)));
            }
        }
        if self.mutated(ConsumerMutation::SkipPartition) {
            for share in shares.values_mut() {
                share.retain(|partition| Some(partition) != last.as_ref());
            }
        }
        if self.mutated(ConsumerMutation::AssignAllToFirst) {
            let all: Vec<_> = shares.values_mut().flat_map(std::mem::take).collect();
            shares.values_mut().take(1).for_each(|share| share.clone_from(&all));
        }
        shares
    }
}
