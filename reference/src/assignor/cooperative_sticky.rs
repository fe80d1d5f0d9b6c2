//! `CooperativeStickyAssignor`: a partition that moves is given to nobody until its owner has let go of it.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::remove_first;
use super::{AssignError, Shares, Subscriber, TopicPartition, sticky};
use crate::coordinator::{Generation, MemberId, TopicName};

/// The sticky assignment, less what moves.
pub(super) fn assign(
    topics: &BTreeMap<TopicName, i32>,
    subscribers: &[Subscriber],
    seen: Generation,
) -> Result<Shares, AssignError> {
    let sticky = sticky::assign(topics, subscribers, seen)?;
    let mut shares = sticky.shares;
    for (partition, member) in sticky.moving.unwrap_or_else(|| moving(subscribers, &shares)) {
        if let Some(share) = shares.get_mut(&member) {
            remove_first(share, &partition);
        }
    }
    Ok(shares)
}

/// What one member would get and another says it owns, whatever the generation of its claim.
fn moving(subscribers: &[Subscriber], shares: &Shares) -> BTreeMap<TopicPartition, MemberId> {
    let share = |s: &Subscriber| shares.get(&s.member).cloned().unwrap_or_default();
    let revoked: BTreeSet<TopicPartition> = subscribers
        .iter()
        .flat_map(|s| {
            let share = share(s);
            s.owned.iter().filter(move |p| !share.contains(p)).cloned()
        })
        .collect();
    let added = subscribers.iter().flat_map(|s| {
        share(s).into_iter().filter(|p| !s.owned.contains(p)).map(|partition| (partition, s.member.clone()))
    });
    added.filter(|(partition, _)| revoked.contains(partition)).collect()
}
