//! The sticky assignors (`AbstractStickyAssignor.ConstrainedAssignmentBuilder`, `GeneralAssignmentBuilder`,
//! `CooperativeStickyAssignor`). Where Kafka goes by the hash order of ids, here the order of issue decides.

use crate::message::{Assignments, Joined};
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::types::{Generation, MemberId, Partition, Topics};

/// What moves is given to nobody in this round.
pub(super) fn withhold_moving_partitions(scenario: &Scenario, members: &[Joined]) -> Assignments {
    let mut assignments = assign_by_stickiness(scenario, members);
    if scenario.mutation == Some(Mutation::AssignMovingAtOnce) {
        return assignments;
    }
    let another_claims = |member: MemberId, partition: Partition| {
        let claims = |m: &Joined| m.claim.is_some_and(|claim| claim.contains(partition));
        owner(members, partition) != Some(member) && members.iter().any(claims)
    };
    for (member, share) in &mut assignments {
        share.retain(|partition| !another_claims(*member, *partition));
    }
    assignments
}

/// The member whose claim is believed: that of the highest generation, if there is one such.
fn owner(members: &[Joined], partition: Partition) -> Option<MemberId> {
    let claims = members.iter().filter_map(|m| Some((m.claim?, m.member)));
    let claims: Vec<(Generation, MemberId)> = claims
        .filter(|(claim, _)| claim.contains(partition))
        .map(|(claim, m)| (claim.generation, m))
        .collect();
    let highest = claims.iter().map(|(generation, _)| *generation).max()?;
    let mut believed = claims.iter().filter(|(generation, _)| *generation == highest);
    match (believed.next(), believed.next()) {
        (Some((_, member)), None) => Some(*member),
        (None, _) | (Some(_), Some(_)) => None,
    }
}

/// Each keeps what it owns, as far as it is even, and the rest goes to whoever has least.
pub(super) fn assign_by_stickiness(scenario: &Scenario, members: &[Joined]) -> Assignments {
    let subscribed = members.iter().fold(Topics::first(0), |all, m| all.union(m.topics));
    let all: Vec<Partition> = subscribed.iter().flat_map(|topic| scenario.partitions_of(topic)).collect();
    let mut assignments: Assignments = members.iter().map(|m| (m.member, Vec::new())).collect();
    for partition in &all {
        let owner = owner(members, *partition).filter(|owner| reads(members, *owner, *partition));
        if let Some(owner) = owner {
            assignments.entry(owner).or_default().push(*partition);
        }
    }
    let equal = members.iter().all(|m| m.topics == subscribed);
    if equal {
        truncate_to_quotas(all.len(), &mut assignments);
    }
    for partition in all {
        if !assignments.values().flatten().any(|given| *given == partition) {
            give_to_poorest(members, partition, &mut assignments);
        }
    }
    if !equal {
        while let Some((partition, from, to)) = uneven(members, &assignments) {
            assignments.entry(from).or_default().retain(|p| *p != partition);
            assignments.entry(to).or_default().push(partition);
        }
    }
    assignments
}

fn reads(members: &[Joined], member: MemberId, partition: Partition) -> bool {
    members.iter().any(|m| m.member == member && m.topics.contains(partition.topic))
}

/// Equal subscriptions: as many as there are for each, and one more for as many as that leaves.
fn truncate_to_quotas(partitions: usize, assignments: &mut Assignments) {
    let members = assignments.len().max(1);
    let (least, mut more) = (partitions / members, partitions % members);
    for share in assignments.values_mut() {
        let quota = least + usize::from(more > 0 && share.len() > least);
        more -= usize::from(quota > least);
        share.truncate(quota);
    }
}

fn give_to_poorest(members: &[Joined], partition: Partition, assignments: &mut Assignments) {
    let readers = assignments.iter().filter(|(member, _)| reads(members, **member, partition));
    let poorest = readers.min_by_key(|(_, share)| share.len()).map(|(member, _)| *member);
    if let Some(member) = poorest {
        assignments.entry(member).or_default().push(partition);
    }
}

/// Different subscriptions: a partition whose owner has two more than another that reads it, and that other.
fn uneven(members: &[Joined], assignments: &Assignments) -> Option<(Partition, MemberId, MemberId)> {
    assignments.iter().find_map(|(from, share)| {
        share.iter().find_map(|partition| {
            let poorer = |(to, other): &(&MemberId, &Vec<Partition>)| {
                other.len() + 1 < share.len() && reads(members, **to, *partition)
            };
            assignments.iter().find(poorer).map(|(to, _)| (*partition, *from, *to))
        })
    })
}
