//! What the coordinator has told, in its own view, when another term has begun.

use crate::actor::View;
use crate::types::Generation;

/// Of committed offsets the same is said by [`super::offsets::committed_offset_monotonic`]. Vacuous without failovers.
pub(super) fn acknowledged_is_durable(view: &View<'_>) -> Option<String> {
    let coordinator = view.coordinator;
    if coordinator.resigned || !view.scenario.has_failover() {
        return None;
    }
    let group = coordinator.group.as_ref();
    let generation = group.map_or(Generation::ZERO, |group| group.generation);
    if let Some(synced) = coordinator.ghost.synced.filter(|synced| generation < *synced) {
        return Some(format!(
            "the assignment of generation {synced} was handed out, and the group has generation {generation}"
        ));
    }
    coordinator.ghost.replaced.iter().find_map(|(instance, told)| {
        let known = group?.static_member(*instance).filter(|known| known < told)?;
        Some(format!("{told} was told that it is the member of {instance}, which is {known} again"))
    })
}
