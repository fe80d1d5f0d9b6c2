//! The assignors, run by the leader (`org.apache.kafka.clients.consumer.RangeAssignor` and its kin).

mod claims;
mod constrained;
mod general;
mod movements;
mod sticky;

use crate::message::{Assignments, Joined};
use crate::mutation::Mutation;
use crate::scenario::{Assignor, Scenario};
use crate::types::{ClientId, MemberId, Partition, TopicId, Topics};

/// What the leader assigns to the members that its JoinGroup answer lists.
pub fn assign(scenario: &Scenario, leader: ClientId, members: &[Joined]) -> Assignments {
    let own = scenario.mutation == Some(Mutation::AssignFromOwnSubscription);
    let own = own.then(|| scenario.subscription_of(leader));
    let topics = |m: &Joined| own.unwrap_or(m.topics);
    let members: Vec<Joined> = members.iter().map(|m| Joined { topics: topics(m), ..*m }).collect();
    let mut assignments = match scenario.assignor {
        Assignor::Range => assign_by_range(scenario, &members),
        Assignor::RoundRobin => assign_by_round_robin(scenario, &members),
        Assignor::Sticky => sticky::assign_by_stickiness(scenario, &members),
        Assignor::CooperativeSticky => sticky::withhold_moving_partitions(scenario, &members),
    };
    if let Some(mutation) = scenario.mutation {
        mutate(mutation, &mut assignments);
    }
    assignments
}

/// For each topic its subscribers, in order of their ids, get consecutive runs; the first ones get one more.
/// Kafka orders random ids; here they are ordered by issue.
fn assign_by_range(scenario: &Scenario, members: &[Joined]) -> Assignments {
    let mut assignments: Assignments = members.iter().map(|m| (m.member, Vec::new())).collect();
    let subscribed = members.iter().fold(Topics::first(0), |all, m| all.union(m.topics));
    for topic in subscribed.iter() {
        let subscribers: Vec<MemberId> =
            members.iter().filter(|m| m.topics.contains(topic)).map(|m| m.member).collect();
        for (member, partitions) in ranges(scenario, topic, &subscribers) {
            assignments.entry(member).or_default().extend(partitions);
        }
    }
    assignments
}

/// One partition after the other goes to one member after the other; whoever does not subscribe is passed over.
fn assign_by_round_robin(scenario: &Scenario, members: &[Joined]) -> Assignments {
    let mut assignments: Assignments = members.iter().map(|m| (m.member, Vec::new())).collect();
    let subscribed = members.iter().fold(Topics::first(0), |all, m| all.union(m.topics));
    let mut next = 0;
    for partition in subscribed.iter().flat_map(|topic| scenario.partitions_of(topic)) {
        let mut places = (next..next + members.len()).map(|place| place % members.len());
        let Some(place) = places.find(|place| members[*place].topics.contains(partition.topic)) else {
            continue;
        };
        assignments.entry(members[place].member).or_default().push(partition);
        next = place + 1;
    }
    assignments
}

fn ranges(scenario: &Scenario, topic: TopicId, subscribers: &[MemberId]) -> Vec<(MemberId, Vec<Partition>)> {
    let mut partitions = scenario.partitions_of(topic);
    let total = scenario.partitions_of(topic).count();
    let (each, more) = (total / subscribers.len().max(1), total % subscribers.len().max(1));
    let share = |(i, member): (usize, &MemberId)| {
        (*member, partitions.by_ref().take(each + usize::from(i < more)).collect())
    };
    subscribers.iter().enumerate().map(share).collect()
}

fn mutate(mutation: Mutation, assignments: &mut Assignments) {
    let all: Vec<Partition> = assignments.values().flatten().copied().collect();
    if mutation == Mutation::AssignTwice {
        let first = all.first().copied();
        for partitions in assignments.values_mut() {
            partitions.extend(first.filter(|p| !partitions.contains(p)));
        }
    }
    if mutation == Mutation::SkipPartition {
        let skipped = all.iter().max().copied();
        for partitions in assignments.values_mut() {
            partitions.retain(|p| Some(*p) != skipped);
        }
    }
    if mutation == Mutation::AssignAllToFirst {
        assignments.values_mut().for_each(Vec::clear);
        if let Some(first) = assignments.values_mut().next() {
            *first = all;
        }
    }
}
