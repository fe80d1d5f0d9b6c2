//! The cooperative-sticky assignor, for members that subscribe alike or to different topics altogether (`AbstractStickyAssignor.ConstrainedAssignmentBuilder`,
//! `CooperativeStickyAssignor`). Where Kafka goes by the hash order of ids, here the order of issue decides.

use std::collections::BTreeMap;

use crate::message::{Assignments, Joined};
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::types::{Claim, Generation, MemberId, Partition, TopicId, Topics};

/// What moves is given to nobody in this round.
pub(super) fn withhold_moving_partitions(scenario: &Scenario, members: &[Joined]) -> Assignments {
    let members = &heeded(scenario, members);
    let mut assignments = assign_by_stickiness(scenario, members);
    if scenario.mutation == Some(Mutation::AssignMovingAtOnce) {
        return assignments;
    }
    if scenario.mutation == Some(Mutation::BelieveEveryClaim) {
        leave_to_every_claimer(scenario, members, &mut assignments);
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

/// The members with the claims that the leader looks at.
fn heeded(scenario: &Scenario, members: &[Joined]) -> Vec<Joined> {
    let highest = members.iter().filter_map(|m| m.claim).map(|claim| claim.generation).max();
    let forgets = scenario.mutation == Some(Mutation::HeedHighestClaimsOnly);
    let heeds = |claim: &Claim| !forgets || Some(claim.generation) == highest;
    members.iter().map(|m| Joined { claim: m.claim.filter(heeds), ..*m }).collect()
}

fn leave_to_every_claimer(scenario: &Scenario, members: &[Joined], assignments: &mut Assignments) {
    for Joined { member, topics, claim, .. } in members {
        let all = topics.iter().flat_map(|topic| scenario.partitions_of(topic));
        let share = assignments.entry(*member).or_default();
        for partition in all.filter(|p| claim.is_some_and(|claim| claim.contains(*p))) {
            if !share.contains(&partition) {
                share.push(partition);
            }
        }
    }
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

/// Members with the same subscription share its topics, and nobody else reads them.
fn assign_by_stickiness(scenario: &Scenario, members: &[Joined]) -> Assignments {
    let mut alike: BTreeMap<Vec<TopicId>, Vec<Joined>> = BTreeMap::new();
    for member in members {
        alike.entry(member.topics.iter().collect()).or_default().push(*member);
    }
    alike.values().flat_map(|members| share_by_stickiness(scenario, members)).collect()
}

/// Each keeps what it owns, as far as its quota goes, and the rest goes to whoever has least.
fn share_by_stickiness(scenario: &Scenario, members: &[Joined]) -> Assignments {
    let subscribed = members.iter().fold(Topics::first(0), |all, m| all.union(m.topics));
    let all: Vec<Partition> = subscribed.iter().flat_map(|topic| scenario.partitions_of(topic)).collect();
    let (least, mut more) = (all.len() / members.len().max(1), all.len() % members.len().max(1));
    let mut assignments: Assignments = members.iter().map(|m| (m.member, Vec::new())).collect();
    let mut owned: BTreeMap<MemberId, Vec<Partition>> = BTreeMap::new();
    for partition in &all {
        if let Some(owner) = owner(members, *partition) {
            owned.entry(owner).or_default().push(*partition);
        }
    }
    for (member, mut partitions) in owned {
        let quota = least + usize::from(more > 0 && partitions.len() > least);
        more -= usize::from(quota > least);
        partitions.truncate(quota);
        assignments.insert(member, partitions);
    }
    for partition in all {
        if assignments.values().flatten().any(|given| *given == partition) {
            continue;
        }
        let poorest = assignments.iter().min_by_key(|(_, share)| share.len()).map(|(member, _)| *member);
        if let Some(member) = poorest {
            assignments.entry(member).or_default().push(partition);
        }
    }
    assignments
}
