//! Who owns a partition: in the coordinator's view, and in the consumers'.

use crate::actor::View;
use crate::consumer::Consumer;
use crate::types::Generation;

/// The coordinator's view: the answers that it sent. Vacuous while no SyncGroup is answered.
pub(super) fn one_owner_per_generation(view: &View<'_>) -> Option<String> {
    let handed: Vec<_> = view.coordinator.ghost.handed.iter().collect();
    for (i, (first, partitions)) in handed.iter().enumerate() {
        for (second, others) in &handed[i + 1..] {
            if let Some(partition) = partitions.iter().find(|p| others.contains(p)) {
                let generation = view.coordinator.group.as_ref().map_or(Generation::NONE, |g| g.generation);
                return Some(format!(
                    "SyncGroup answers of generation {generation} give {partition} to {first} and to {second}"
                ));
            }
        }
    }
    None
}

/// The consumers' view, judged by what the coordinator knows. Vacuous while fewer than two consumers own anything.
pub(super) fn live_owners_disjoint(view: &View<'_>) -> Option<String> {
    let owners: Vec<_> = view.consumers().filter(|(_, c)| c.is_live() && !is_fenced(view, c)).collect();
    for (i, (first, one)) in owners.iter().enumerate() {
        for (second, other) in &owners[i + 1..] {
            if let Some(partition) = one.owned.keys().find(|p| other.owned.contains_key(p)) {
                return Some(format!(
                    "{first} (generation {}) and {second} (generation {}) both own {partition}, and neither is fenced",
                    one.applied, other.applied
                ));
            }
        }
    }
    None
}

/// It has applied an older assignment than the last one handed out, or its id is no member's.
fn is_fenced(view: &View<'_>, consumer: &Consumer) -> bool {
    let known = consumer.member.is_some_and(|m| view.coordinator.is_member(m));
    let older = view.coordinator.ghost.synced.is_some_and(|synced| consumer.applied < synced);
    !known || older
}
