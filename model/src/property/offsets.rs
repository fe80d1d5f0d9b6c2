//! Committed offsets, in the coordinator's view; processed records, in the consumers' ghost.

use std::collections::BTreeMap;

use crate::actor::View;
use crate::types::{ClientId, Partition};

/// Vacuous until a partition is committed twice.
pub(super) fn committed_offset_monotonic(view: &View<'_>) -> Option<String> {
    let coordinator = view.coordinator;
    coordinator.ghost.acknowledged.iter().find_map(|(partition, acknowledged)| {
        let committed = coordinator.offsets.get(partition);
        (committed < Some(acknowledged)).then(|| match committed {
            Some(offset) => {
                format!("the committed offset of {partition} went back from {acknowledged} to {offset}")
            }
            None => format!("the committed offset of {partition}, {acknowledged}, is gone"),
        })
    })
}

/// Vacuous until a rebalance leaves a consumer behind.
pub(super) fn stale_commit_fenced(view: &View<'_>) -> Option<String> {
    let accepted = view.coordinator.ghost.stale_commit_accepted;
    accepted
        .then(|| "a commit of an earlier generation or of an id that is no member's was accepted".to_owned())
}

/// Vacuous until something is committed.
pub(super) fn no_record_skipped(view: &View<'_>) -> Option<String> {
    view.coordinator.offsets.iter().find_map(|(partition, committed)| {
        let seen = view.processed(*partition);
        let skipped = (0..committed.0).find(|record| seen & (1 << record) == 0)?;
        Some(format!("{partition} is committed at {committed}, and record {skipped} was processed by nobody"))
    })
}

/// Vacuous in scenarios whose consumers do not commit before they give a partition up, or that a fault may keep from it.
pub(super) fn handover_repeats_nothing(view: &View<'_>) -> Option<String> {
    if !view.scenario.hands_over_in_order() {
        return None;
    }
    let mut seen: BTreeMap<Partition, (ClientId, u8)> = BTreeMap::new();
    for (client, consumer) in view.consumers() {
        if consumer.repeated {
            return Some(format!("{client} processed a record twice"));
        }
        for (partition, records) in &consumer.processed {
            let (other, before) = seen.insert(*partition, (client, *records)).unwrap_or((client, 0));
            let both = before & records;
            if both != 0 {
                let record = both.trailing_zeros();
                return Some(format!("{other} and {client} both processed record {record} of {partition}"));
            }
            seen.insert(*partition, (client, before | records));
        }
    }
    None
}
