//! Claims on what becomes of records, in the consumers' ghosts and in the outside store.

use crate::actor::View;
use crate::store::{Stored, Write};

/// The consumers' view: their ghost of what they processed, which a crash does not clear. One that processes a record
/// twice itself is not seen, two that process it once each are. Vacuous with one consumer.
pub(super) fn processed_exactly_once(view: &View<'_>) -> Option<String> {
    let consumers: Vec<_> = view.consumers().collect();
    consumers.iter().enumerate().find_map(|(i, (first, one))| {
        consumers[i + 1..].iter().find_map(|(second, other)| {
            one.processed.iter().find_map(|(partition, bits)| {
                let both = bits & other.processed.get(partition).copied().unwrap_or(0);
                (both != 0).then(|| {
                    let record = both.trailing_zeros();
                    format!("record {record} of {partition} was processed by {first} and by {second}")
                })
            })
        })
    })
}

/// The store's view. Vacuous until a partition has had two owners.
pub(super) fn no_stale_overwrite(view: &View<'_>) -> Option<String> {
    let (write, before) = view.store()?.overwritten?;
    Some(format!(
        "{} of generation {} overwrote what {} of generation {} had written: record {} of {} in place of record {}",
        write.client,
        write.generation,
        before.client,
        before.generation,
        write.record,
        write.partition,
        before.record
    ))
}

/// The store's view. Vacuous with one record.
pub(super) fn record_order_preserved(view: &View<'_>) -> Option<String> {
    let (Write { client, partition, record, .. }, before) = view.store()?.set_back?;
    let Stored { client: other, record: later, .. } = before;
    Some(format!(
        "record {record} of {partition} took effect by {client} after record {later} had by {other}"
    ))
}

/// The store's view. Records of equal offsets were produced one topic after the other. Vacuous with one topic.
pub(super) fn order_across_topics(view: &View<'_>) -> Option<String> {
    let (write, later) = view.store()?.crossed?;
    Some(format!(
        "{} took record {} of {} before record {} of {}, which is older",
        write.client, later.record, later.partition, write.record, write.partition
    ))
}
