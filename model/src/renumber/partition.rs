//! Partitions in other places. A list that is in order stays so.

use std::collections::BTreeMap;

use super::Renumbering;
use crate::types::{MemberId, Partition};

pub(super) fn one(partition: &mut Partition, ids: &mut dyn Renumbering) {
    *partition = ids.partition(*partition);
}

pub(super) fn list(partitions: &mut [Partition], ids: &mut dyn Renumbering) {
    let in_order = partitions.is_sorted();
    for partition in &mut *partitions {
        one(partition, ids);
    }
    if in_order {
        partitions.sort_unstable();
    }
}

/// What is known by partition.
pub(super) fn keys<V>(map: &mut BTreeMap<Partition, V>, ids: &mut dyn Renumbering) {
    if map.keys().any(|partition| ids.partition(*partition) != *partition) {
        let before = std::mem::take(map);
        map.extend(before.into_iter().map(|(partition, value)| (ids.partition(partition), value)));
    }
}

/// Partitions by member.
pub(super) fn by_member(map: &mut BTreeMap<MemberId, Vec<Partition>>, ids: &mut dyn Renumbering) {
    super::rekey(map, ids);
    for partitions in map.values_mut() {
        list(partitions, ids);
    }
}

/// Of some, if there are any.
pub(super) fn some(partitions: Option<&mut Vec<Partition>>, ids: &mut dyn Renumbering) {
    if let Some(partitions) = partitions {
        list(partitions, ids);
    }
}
