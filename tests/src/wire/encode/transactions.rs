//! Offsets in transactions.

use std::collections::BTreeMap;

use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::{GroupId, ProducerId, TransactionalId, TxnOffsetCommitRequest};
use muster_model::trace::{CommitMetadata, OffsetByPartition};

use super::{Context, name, text};
use crate::committed::{leader_epoch, metadata};

/// The producer's id that a symbol stands for: `p2` is 2.
pub(crate) fn producer_id(symbol: &str) -> Result<i64, String> {
    let number = symbol.strip_prefix('p').and_then(|number| number.parse().ok());
    number.ok_or_else(|| format!("'{symbol}' is no producer's symbol"))
}

/// In the transaction of a producer, of a member by its id, its instance id and its generation.
pub(super) fn txn_offset_commit(
    producer: &str,
    (member, instance, generation): (&str, Option<&str>, i32),
    offsets: &OffsetByPartition,
    context: &Context<'_>,
) -> Result<TxnOffsetCommitRequest, String> {
    let partition = |(index, offset): (&i32, &i64)| {
        TxnOffsetCommitRequestPartition::default()
            .with_partition_index(*index)
            .with_committed_offset(*offset)
            .with_committed_leader_epoch(leader_epoch(*offset))
            .with_committed_metadata(Some(text(&metadata(*offset, CommitMetadata::Short))))
    };
    let topic = |(topic, of): (&String, &BTreeMap<i32, i64>)| {
        let partitions = of.iter().map(partition).collect();
        TxnOffsetCommitRequestTopic::default()
            .with_name(name(topic, context.topics))
            .with_partitions(partitions)
    };
    Ok(TxnOffsetCommitRequest::default()
        .with_transactional_id(TransactionalId(text(producer)))
        .with_producer_id(ProducerId(producer_id(producer)?))
        .with_group_id(GroupId(text(context.group)))
        .with_member_id(text(member))
        .with_group_instance_id(instance.map(text))
        .with_generation_id(generation)
        .with_topics(offsets.iter().map(topic).collect()))
}
