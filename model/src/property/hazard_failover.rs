//! Claims on what outlives a failover, in the coordinator's view.

use super::assignment::{assignment_complete, stable};
use crate::actor::View;

/// A Stable group: a leader names every member that it was told of. Vacuous without failovers.
pub(super) fn generation_identifies_assignment(view: &View<'_>) -> Option<String> {
    let group = stable(view)?;
    let generation = group.generation;
    let made_for = format!("the assignment of generation {generation} was made for other members");
    let unnamed = group.members.iter().find(|(_, member)| member.assignment.is_none());
    match unnamed {
        Some((member, _)) => Some(format!("{made_for}: it does not name {member}")),
        None => assignment_complete(view).map(|why| format!("{made_for}: {why}")),
    }
}

/// Vacuous until a member has left.
pub(super) fn leave_is_final(view: &View<'_>) -> Option<String> {
    let group = view.coordinator.group.as_ref()?;
    let back = view.coordinator.ghost.departed.iter().find(|id| group.members.contains_key(id))?;
    let generation = group.generation;
    Some(format!("{back} was told that it has left, and is a member of generation {generation} again"))
}
