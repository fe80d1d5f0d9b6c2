//! What sticky leaders owe to members that have something.

use super::assignment::{owners, stable, topics};
use crate::actor::View;
use crate::consumer::{Consumer, ConsumerPhase};
use crate::coordinator::Group;
use crate::types::{MemberId, Partition, Topics};

/// The consumers' view, in a Stable cooperative group. Vacuous while every partition has an owner.
pub(super) fn withheld_comes_back(view: &View<'_>) -> Option<String> {
    let group = stable(view).filter(|_| view.scenario.assignor.is_cooperative())?;
    let mut withheld = partitions(view, group).into_iter().filter(|p| owners(group, *p).is_empty());
    withheld.find_map(|partition| {
        let claimants: Vec<MemberId> =
            group.members.keys().copied().filter(|m| claims(group, *m, partition)).collect();
        let comes = |member: &MemberId| bearer(view, *member).is_none_or(|c| comes_back(c, group));
        let stays = !claimants.is_empty() && !claimants.iter().any(comes);
        stays.then(|| {
            let names: Vec<String> = claimants.iter().map(ToString::to_string).collect();
            let (names, generation) = (names.join(" and "), group.generation);
            format!("{partition} is withheld in generation {generation}, and {names} does not join again")
        })
    })
}

/// It has not taken the assignment up yet, or is on its way to the next round.
fn comes_back(consumer: &Consumer, group: &Group) -> bool {
    match consumer.phase {
        ConsumerPhase::Stable | ConsumerPhase::FetchingOffsets | ConsumerPhase::Committing => {
            consumer.applied < group.generation
        }
        ConsumerPhase::Joining
        | ConsumerPhase::Syncing
        | ConsumerPhase::Revoking
        | ConsumerPhase::Preparing
        | ConsumerPhase::Closing
        | ConsumerPhase::Overdue
        | ConsumerPhase::Crashed
        | ConsumerPhase::Closed => true,
    }
}

/// The view of a member that has applied the assignment before this one and not this one yet. Vacuous for eager
/// assignors that are not sticky, where subscriptions differ, and for a static member that did not say what it has.
pub(super) fn sticky_keeps(view: &View<'_>) -> Option<String> {
    let group = stable(view).filter(|_| view.scenario.assignor.is_sticky())?;
    let before = view.coordinator.ghost.synced_before?;
    let all = partitions(view, group);
    let subscribed = subscribed(group);
    if group.members.keys().any(|m| topics(group, *m) != subscribed) {
        return None;
    }
    view.consumers().filter(|(_, c)| c.is_live() && c.applied == before).find_map(|(client, consumer)| {
        let (member, known) = group.members.get_key_value(&consumer.member?)?;
        let held: Vec<Partition> = consumer.held().into_iter().filter(|p| all.contains(p)).collect();
        if before == group.generation || !held.iter().all(|p| claims(group, *member, *p)) {
            return None;
        }
        let kept = known.assignment.iter().flatten().filter(|p| held.contains(p)).count();
        let due = held.len().min(all.len() / group.members.len());
        (kept < due).then(|| format!("{client} has {} partitions and keeps {kept}, not {due}", held.len()))
    })
}

fn subscribed(group: &Group) -> Topics {
    group.members.keys().fold(Topics::first(0), |all, m| all.union(topics(group, *m)))
}

fn partitions(view: &View<'_>, group: &Group) -> Vec<Partition> {
    subscribed(group).iter().flat_map(|t| view.scenario.partitions_of(t)).collect()
}

fn claims(group: &Group, member: MemberId, partition: Partition) -> bool {
    let offers = group.members.get(&member).into_iter().flat_map(|m| &m.protocols);
    offers.filter_map(|offer| offer.claim).any(|claim| claim.contains(partition))
}

/// The live consumer that has this member id.
fn bearer<'a>(view: &View<'a>, member: MemberId) -> Option<&'a Consumer> {
    view.consumers().map(|(_, c)| c).find(|c| c.is_live() && c.member == Some(member))
}
