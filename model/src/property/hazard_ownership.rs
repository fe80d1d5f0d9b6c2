//! Claims on who works on a partition, and on who loses it.

use crate::actor::View;
use crate::consumer::{Consumer, ConsumerTimer};
use crate::coordinator::{Member, Phase};
use crate::types::{ClientId, Generation, Partition};

/// The consumers' view: both have fetched the record and may process it next. Vacuous with one consumer.
pub(super) fn no_two_processors_at_once(view: &View<'_>) -> Option<String> {
    let hands: Vec<(ClientId, Partition, u8)> =
        view.consumers().flat_map(|(client, c)| in_hand(view, c).map(move |(p, r)| (client, p, r))).collect();
    hands.iter().enumerate().find_map(|(i, (first, partition, record))| {
        let also = |(_, p, r): &&(ClientId, Partition, u8)| (p, r) == (partition, record);
        let (second, ..) = hands[i + 1..].iter().find(also)?;
        Some(format!("record {record} of {partition} is in the hands of {first} and of {second}"))
    })
}

/// The records that a consumer may process next.
fn in_hand<'a>(view: &View<'a>, consumer: &'a Consumer) -> impl Iterator<Item = (Partition, u8)> + use<'a> {
    let timers = consumer.timers(view.scenario);
    let owned = consumer.owned.iter().filter_map(|(p, progress)| Some((*p, (*progress)?)));
    let next = owned.filter(move |(partition, _)| timers.contains(&ConsumerTimer::Process(*partition)));
    next.map(|(partition, progress)| (partition, progress.processed.0))
}

/// The consumers' view, of those that share no topic with anyone and have had an assignment. Vacuous with one consumer;
/// nothing but a join takes partitions away where there are no faults.
pub(super) fn unrelated_members_undisturbed(view: &View<'_>) -> Option<String> {
    view.consumers().find_map(|(client, consumer)| {
        let disturbed =
            consumer.is_live() && consumer.applied != Generation::NONE && consumer.owned.is_empty();
        (disturbed && is_unrelated(view, client)).then(|| {
            let topics: Vec<String> =
                view.scenario.subscription_of(client).iter().map(|t| t.to_string()).collect();
            format!(
                "{client} has given up every partition of {} for a rebalance, and nobody else reads that topic",
                topics.join(", ")
            )
        })
    })
}

/// Whether nobody else subscribes to a topic of the consumer's.
pub(super) fn is_unrelated(view: &View<'_>, client: ClientId) -> bool {
    let own = view.scenario.subscription_of(client);
    let others = (0..view.scenario.bounds.consumers).map(ClientId).filter(|other| *other != client);
    others.into_iter().all(|other| view.scenario.subscription_of(other).iter().all(|t| !own.contains(t)))
}

/// The coordinator's view of a rebalance that it holds open, and of who has rejoined and owns nothing meanwhile.
/// Vacuous with one consumer.
pub(super) fn slow_member_delays_nobody(view: &View<'_>) -> Option<String> {
    let group = view.coordinator.group.as_ref()?;
    if group.phase != (Phase::PreparingRebalance { initial: false }) {
        return None;
    }
    let slow = group.members.iter().find(|(_, m)| !m.awaits_join() && !m.dead)?;
    let had_some = |(_, c): &(ClientId, &Consumer)| c.applied != Generation::NONE && c.owned.is_empty();
    let (client, _) = view.consumers().filter(had_some).find(|(_, c)| {
        let waits = c.member.and_then(|m| group.members.get(&m)).is_some_and(Member::awaits_join);
        waits && c.is_live()
    })?;
    Some(format!(
        "{client} has given up its partitions and waits, until {} rejoins or the rebalance timeout is over",
        slow.0
    ))
}

/// The consumers' view, of a member that the group has kept and that has missed the last assignment: what it goes on
/// working on is another's. Vacuous without static members.
pub(super) fn kept_static_member_is_fenced(view: &View<'_>) -> Option<String> {
    let group = view.coordinator.group.as_ref()?;
    let synced = view.coordinator.ghost.synced?;
    let members =
        |c: &Consumer| c.member.filter(|m| group.members.get(m).is_some_and(|m| m.instance.is_some()));
    let live: Vec<(ClientId, &Consumer)> =
        view.consumers().filter(|(_, c)| c.is_live() && members(c).is_some()).collect();
    live.iter().find_map(|(client, kept)| {
        // Its id is a member's, and the generation that it bears is the group's: nothing refuses it.
        let unfenced = kept.applied < synced && kept.generation == group.generation;
        let owned = kept.owned.keys().filter(|_| unfenced);
        let (partition, other) = owned.into_iter().find_map(|partition| {
            let of = |(_, c): &&(ClientId, &Consumer)| c.applied == synced && c.owned.contains_key(partition);
            Some((partition, live.iter().find(of)?.0))
        })?;
        Some(format!(
            "{client} bears the present generation {} and claims {partition}, which {other} was given in generation {synced}",
            kept.generation
        ))
    })
}
