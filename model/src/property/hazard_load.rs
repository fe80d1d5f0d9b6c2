//! Claims on who has how much to do.

use crate::actor::View;
use crate::coordinator::{Group, Member, Phase};

/// The coordinator's view of a Stable group. Vacuous while partitions are no fewer than members.
pub(super) fn every_member_owns_something(view: &View<'_>) -> Option<String> {
    let group = stable(view)?;
    let (idle, _) = group.members.iter().find(|(_, m)| load(m) == 0)?;
    let (members, generation) = (group.members.len(), group.generation);
    Some(format!("{idle} owns nothing in generation {generation}, one of {members} members"))
}

/// The coordinator's view of a Stable group whose members subscribe alike. Vacuous with one topic.
pub(super) fn even_load_across_topics(view: &View<'_>) -> Option<String> {
    let group = stable(view)?;
    let mut subscriptions = group.members.values().filter_map(|m| m.protocols.first()).map(|p| p.topics);
    let first = subscriptions.next()?;
    if subscriptions.any(|other| other != first) {
        return None;
    }
    let loads: Vec<_> = group.members.iter().map(|(id, m)| (load(m), *id)).collect();
    let (least, most) = (loads.iter().min()?, loads.iter().max()?);
    (most.0 > least.0 + 1)
        .then(|| format!("{} has {} partitions and {} has {}", most.1, most.0, least.1, least.0))
}

/// The consumers' view: one that is done with what it owns, and one that has fetched and not processed. Vacuous with
/// one consumer.
pub(super) fn idle_members_help(view: &View<'_>) -> Option<String> {
    stable(view)?;
    let end = view.scenario.bounds.records;
    let owners: Vec<_> = view.consumers().filter(|(_, c)| c.is_live() && !c.owned.is_empty()).collect();
    let progress = |c: &crate::consumer::Consumer| c.owned.values().copied().collect::<Option<Vec<_>>>();
    let idle = owners
        .iter()
        .find(|(_, c)| progress(c).is_some_and(|all| all.iter().all(|p| p.committed.0 == end)))?;
    let (busy, partition) = owners.iter().find_map(|(client, c)| {
        let behind = |p: &crate::consumer::Progress| p.processed.0 == 0 && p.fetched.0 == end;
        let (partition, _) = c.owned.iter().find(|(_, p)| p.as_ref().is_some_and(behind))?;
        Some((client, partition))
    })?;
    Some(format!(
        "{} has committed everything and is idle, while {busy} has all of {partition} before it",
        idle.0
    ))
}

fn load(member: &Member) -> usize {
    member.assignment.iter().flatten().count()
}

fn stable<'a>(view: &View<'a>) -> Option<&'a Group> {
    view.coordinator.group.as_ref().filter(|g| g.phase == Phase::Stable)
}
