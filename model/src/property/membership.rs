//! Generations and leaders, in the view of the coordinator that issues and names them.

use std::collections::BTreeMap;

use crate::actor::View;

/// Vacuous until a second join completes.
pub(super) fn generation_monotonic(view: &View<'_>) -> Option<String> {
    let group = view.coordinator.group.as_ref()?;
    let highest = view.coordinator.ghost.highest?;
    let reissued = view.coordinator.ghost.generation_reissued;
    (reissued || group.generation < highest).then(|| {
        format!("the group has generation {} although {highest} was issued before", group.generation)
    })
}

/// Vacuous while an incarnation has one member.
pub(super) fn one_leader(view: &View<'_>) -> Option<String> {
    let named: Vec<String> = view.coordinator.ghost.named_leaders.iter().map(ToString::to_string).collect();
    (named.len() > 1)
        .then(|| format!("JoinGroup answers of one generation name {} leaders", named.join(" and ")))
}

/// Vacuous while no consumer bears an instance id.
pub(super) fn one_member_per_instance(view: &View<'_>) -> Option<String> {
    let group = view.coordinator.group.as_ref()?;
    let mut bearer = BTreeMap::new();
    group.members.iter().find_map(|(member, known)| {
        let instance = known.instance?;
        let other = bearer.insert(instance, member)?;
        Some(format!("{other} and {member} both bear the instance id {instance}"))
    })
}
