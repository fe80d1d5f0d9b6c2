//! A claim on topics that grow, in the view of the leader.

use super::assignment::stable;
use crate::actor::View;
use crate::consumer::ConsumerPhase;
use crate::types::{Partition, TopicId};

/// A Stable group whose leader is Stable too. Vacuous while no topic grows.
pub(super) fn leader_notices_new_partitions(view: &View<'_>) -> Option<String> {
    let group = stable(view)?;
    let leads = |id| group.leaders.contains(&id);
    let mut leaders = view.consumers().filter(|(_, consumer)| consumer.member.is_some_and(leads));
    let (client, leader) = leaders.find(|(_, consumer)| {
        consumer.phase == ConsumerPhase::Stable && consumer.applied == group.generation
    })?;
    let notices = leader.led_with.is_some_and(|added| added != leader.added);
    if leader.added == 0 || notices {
        return None;
    }
    let topics = (0..view.scenario.bounds.topics).map(TopicId);
    let mut all = topics.flat_map(|topic| view.scenario.partitions_with(topic, leader.added));
    let assigned = |p: &Partition| {
        group.members.values().any(|member| member.assignment.iter().flatten().any(|of| of == p))
    };
    let left_out = all.find(|partition| !assigned(partition))?;
    Some(format!(
        "{client} leads, knows of {left_out}, which nobody is assigned in generation {}, and is not about to join again",
        group.generation
    ))
}
