//! The sticky assignors (`AbstractStickyAssignor.ConstrainedAssignmentBuilder`, `GeneralAssignmentBuilder`,
//! `CooperativeStickyAssignor`). Where Kafka goes by the hash order of ids, here the order of issue decides.

use std::collections::BTreeMap;

use super::claims::Claims;
use super::constrained::Constrained;
use super::general::General;
use crate::message::{Assignments, Joined};
use crate::mutation::Mutation;
use crate::scenario::Scenario;
use crate::types::{Claim, Partition};

/// An assignment by the members' places, and what moves in it.
pub(super) struct Sticky {
    pub(super) shares: Vec<Vec<Partition>>,
    /// The new owner of each partition that another member may still own; none if it is to be worked out.
    pub(super) moving: Option<BTreeMap<Partition, usize>>,
}

impl Sticky {
    fn by_member(self, members: &[Joined]) -> Assignments {
        members.iter().map(|m| m.member).zip(self.shares).collect()
    }
}

/// Each keeps what it owns, as far as it is even, and the rest goes to whoever has least.
pub(super) fn assign_by_stickiness(scenario: &Scenario, members: &[Joined]) -> Assignments {
    sticky(scenario, members).by_member(members)
}

/// Members with one subscription are filled up to quotas; with several, partitions are moved one by one.
fn sticky(scenario: &Scenario, members: &[Joined]) -> Sticky {
    let claims = Claims::of(scenario, members);
    if claims.equal { Constrained::build(claims) } else { General::build(claims) }
}

/// What moves is given to nobody in this round.
pub(super) fn withhold_moving_partitions(scenario: &Scenario, members: &[Joined]) -> Assignments {
    let members = &heeded(scenario, members);
    let mut sticky = sticky(scenario, members);
    match scenario.mutation {
        Some(Mutation::AssignMovingAtOnce) => {}
        Some(Mutation::BelieveEveryClaim) => {
            let mut assignments = sticky.by_member(members);
            leave_to_every_claimer(scenario, members, &mut assignments);
            return assignments;
        }
        _ => {
            let moving = sticky.moving.take().unwrap_or_else(|| moving(members, &sticky.shares));
            for (partition, place) in moving {
                sticky.shares[place].retain(|p| *p != partition);
            }
        }
    }
    sticky.by_member(members)
}

/// What one member would get and another says it owns, whatever the generation of its claim.
fn moving(members: &[Joined], shares: &[Vec<Partition>]) -> BTreeMap<Partition, usize> {
    let claims = |m: &Joined, partition| m.claim.is_some_and(|claim| claim.contains(partition));
    let is_revoked = |partition: &Partition| {
        members.iter().zip(shares).any(|(m, share)| claims(m, *partition) && !share.contains(partition))
    };
    let added = members.iter().zip(shares).enumerate().flat_map(|(place, (m, share))| {
        share.iter().filter(move |p| !claims(m, **p)).map(move |p| (*p, place))
    });
    added.filter(|(partition, _)| is_revoked(partition)).collect()
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
