//! The states that are waited for, in the view of the consumers and of the coordinator.

use crate::actor::View;
use crate::consumer::{Consumer, ConsumerPhase};
use crate::coordinator::Phase;
use crate::types::{ClientId, Partition};

/// Vacuous while no consumer is live.
pub(super) fn is_stable(view: &View<'_>) -> bool {
    live(view).all(|(_, consumer)| {
        let Some(group) = &view.coordinator.group else { return false };
        let is_member = consumer.member.is_some_and(|member| group.members.contains_key(&member));
        group.phase == Phase::Stable
            && is_member
            && consumer.phase == ConsumerPhase::Stable
            && consumer.applied == group.generation
    })
}

/// Vacuous while no consumer is live.
pub(super) fn is_owned(view: &View<'_>) -> bool {
    subscribed(view).all(|partition| live(view).any(|(_, c)| c.owned.contains_key(&partition)))
}

/// Vacuous while no consumer is live.
pub(super) fn is_committed(view: &View<'_>) -> bool {
    let end = view.scenario.bounds.records;
    subscribed(view).all(|p| view.coordinator.offsets.get(&p).map_or(0, |offset| offset.0) == end)
}

fn live<'a>(view: &View<'a>) -> impl Iterator<Item = (ClientId, &'a Consumer)> {
    view.consumers().filter(|(_, consumer)| consumer.is_live())
}

/// The partitions that live consumers subscribe to.
fn subscribed(view: &View<'_>) -> impl Iterator<Item = Partition> {
    let scenario = view.scenario;
    let added = view.cluster().map_or(0, |cluster| cluster.added);
    let topics = live(view).map(|(client, c)| scenario.subscription_after(client, c.faults.subscribe));
    let topics = topics.reduce(crate::types::Topics::union);
    topics
        .into_iter()
        .flat_map(move |topics| topics.iter().flat_map(move |t| scenario.partitions_with(t, added)))
}
