//! What leaders assign, in the view of the coordinator that takes it.

use std::collections::BTreeMap;

use crate::actor::View;
use crate::coordinator::{Group, Member, Phase};
use crate::message::{Msg, Request};
use crate::types::{Generation, MemberId, Partition, Topics};

/// Every SyncGroup on its way. Vacuous while a leader has nobody else to assign to.
pub(super) fn assignment_disjoint(view: &View<'_>) -> Option<String> {
    view.messages().find_map(assigned_twice)
}

/// A SyncGroup that gives a partition to two members.
pub(super) fn assigned_twice(message: &Msg) -> Option<String> {
    match message {
        Msg::Request(connection, Request::SyncGroup(sync)) => {
            let mut owner: BTreeMap<Partition, MemberId> = BTreeMap::new();
            let mut pairs =
                sync.assignments.iter().flat_map(|(m, partitions)| partitions.iter().map(|p| (*p, *m)));
            pairs.find_map(|(p, m)| owner.insert(p, m).map(|before| (p, before, m))).map(|(p, a, b)| {
                format!("{connection} assigns {p} to {a} and to {b} in generation {}", sync.generation)
            })
        }
        Msg::Request(..)
        | Msg::Response(..)
        | Msg::MayExpire(_)
        | Msg::Write(_)
        | Msg::Metadata(_)
        | Msg::TookUp
        | Msg::EndTransaction(_)
        | Msg::TransactionEnded => None,
    }
}

/// A Stable group: its members are those that the leader saw, and its partitions those that it knew of. Vacuous before the first assignment. A partition that a
/// cooperative member claimed when it joined may be on its way to another: the round after this one gives it out.
pub(super) fn assignment_complete(view: &View<'_>) -> Option<String> {
    let group = stable(view)?;
    let subscribed = group.members.keys().fold(Topics::first(0), |all, m| all.union(topics(group, *m)));
    let added = seen_by_leader(view, group);
    let wanted = subscribed.iter().flat_map(|t| view.scenario.partitions_with(t, added));
    wanted.into_iter().find_map(|partition| {
        let owners = owners(group, partition);
        if owners.is_empty() && view.scenario.assignor.is_cooperative() && claimed(group, partition) {
            return None;
        }
        let fits = owners.iter().any(|m| topics(group, *m).contains(partition.topic));
        (!fits).then(|| {
            let generation = group.generation;
            match owners.first() {
                None => format!("{partition} has no owner in generation {generation}"),
                Some(m) => format!("{partition} is assigned to {m}, which did not subscribe to it, in generation {generation}"),
            }
        })
    })
}

/// How many of the added partitions the leader saw at least: it assigned one that is as new.
fn seen_by_leader(view: &View<'_>, group: &Group) -> u8 {
    let assigned = group.members.values().flat_map(|member| member.assignment.iter().flatten());
    let most = assigned.map(|partition| partition.index + 1).max().unwrap_or(0);
    most.saturating_sub(view.scenario.bounds.partitions)
}

/// A Stable group. Vacuous with one subscriber. The sticky assignors are judged by totals, where all subscribe to the same,
/// once nothing is on its way.
pub(super) fn even_assignment(view: &View<'_>) -> Option<String> {
    let group = stable(view)?;
    if view.scenario.assignor.is_sticky() {
        return even_totals(view, group);
    }
    let all = group.members.keys().fold(Topics::first(0), |all, m| all.union(topics(group, *m)));
    all.iter().find_map(|topic| {
        let subscribers = group.members.iter().filter(|(m, _)| topics(group, **m).contains(topic));
        let counts = subscribers.map(|(m, member)| {
            let own = member.assignment.iter().flatten().filter(|p| p.topic == topic).count();
            (own, *m)
        });
        let counts: Vec<_> = counts.collect();
        let (least, most) = (counts.iter().min()?, counts.iter().max()?);
        (most.0 > least.0 + 1).then(|| {
            format!("{} has {} partitions of {topic} and {} has {}", most.1, most.0, least.1, least.0)
        })
    })
}

/// A Stable group of a cooperative assignor: what moves is first given up (KIP-429). Vacuous while nobody claims what
/// another is to have.
pub(super) fn moving_partition_withheld(view: &View<'_>) -> Option<String> {
    let group = stable(view).filter(|_| view.scenario.assignor.is_cooperative())?;
    group.members.iter().find_map(|(new, member)| {
        member.assignment.iter().flatten().find_map(|partition| {
            let own = claim(member, *partition);
            let others = group.members.iter().filter(|(id, _)| *id != new);
            let mut others = others.filter_map(|(id, m)| Some((*id, claim(m, *partition)?)));
            let (old, since) = others.find(|(_, since)| own.is_none_or(|own| own <= *since))?;
            let generation = group.generation;
            Some(format!(
                "{partition} is assigned to {new} in generation {generation}, and {old} claims it since generation {since}"
            ))
        })
    })
}

/// The generation since which a member claims a partition.
fn claim(member: &Member, partition: Partition) -> Option<Generation> {
    let claims = member.protocols.iter().filter_map(|offer| offer.claim);
    claims.filter(|claim| claim.contains(partition)).map(|claim| claim.generation).max()
}

/// Over all topics: for equal subscriptions.
fn even_totals(view: &View<'_>, group: &Group) -> Option<String> {
    let all = group.members.keys().fold(Topics::first(0), |all, m| all.union(topics(group, *m)));
    let mut partitions = all.iter().flat_map(|t| view.scenario.partitions_of(t));
    if group.members.keys().any(|m| topics(group, *m) != all) {
        return None;
    }
    if partitions.any(|partition| owners(group, partition).is_empty()) {
        return None;
    }
    let loads = group.members.iter().map(|(m, member)| (member.assignment.iter().flatten().count(), *m));
    let loads: Vec<_> = loads.collect();
    let (least, most) = (loads.iter().min()?, loads.iter().max()?);
    let text = || format!("{} has {} partitions and {} has {}", most.1, most.0, least.1, least.0);
    (most.0 > least.0 + 1).then(text)
}

/// Whether a member said when it joined that it owns the partition.
fn claimed(group: &Group, partition: Partition) -> bool {
    let offers = group.members.values().flat_map(|m| &m.protocols);
    offers.filter_map(|offer| offer.claim).any(|claim| claim.contains(partition))
}

pub(super) fn stable<'a>(view: &View<'a>) -> Option<&'a Group> {
    view.coordinator.group.as_ref().filter(|g| g.phase == Phase::Stable)
}

pub(super) fn topics(group: &Group, member: MemberId) -> Topics {
    let protocols = group.members.get(&member).into_iter().flat_map(|m| &m.protocols);
    protocols.filter(|p| Some(p.name) == group.protocol).map(|p| p.topics).next().unwrap_or(Topics::first(0))
}

pub(super) fn owners(group: &Group, partition: Partition) -> Vec<MemberId> {
    let owns = |m: &Member| m.assignment.iter().flatten().any(|p| *p == partition);
    group.members.iter().filter(|(_, m)| owns(m)).map(|(id, _)| *id).collect()
}
