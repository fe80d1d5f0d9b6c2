//! `ListOffsets` and `OffsetForLeaderEpoch`.

use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::offset_for_leader_epoch_request::OffsetForLeaderPartition;
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::{
    ListOffsetsRequest, ListOffsetsResponse, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
};

use super::partition::Partition;
use super::server::Shared;
use super::wire;
use crate::coordinator::ErrorCode;

/// The end of the partition.
const LATEST: i64 = -1;
/// The beginning of the partition.
const EARLIEST: i64 = -2;
/// The record of the largest timestamp.
const MAX_TIMESTAMP: i64 = -3;
/// The beginning of what is on the broker itself: all of it.
const EARLIEST_LOCAL: i64 = -4;
/// The end of what is elsewhere: there is nothing.
const LATEST_TIERED: i64 = -5;

/// Checks the epoch in which a client believes the leader to be: it is 0 for ever, -1 is none.
pub(super) fn epoch(believed: i32) -> Result<(), ErrorCode> {
    if believed > 0 { Err(ErrorCode::UnknownLeaderEpoch) } else { Ok(()) }
}

pub(super) fn list_offsets(
    shared: &Shared,
    version: i16,
    request: &ListOffsetsRequest,
) -> ListOffsetsResponse {
    let topics = shared.topics();
    let answers = request.topics.iter().map(|topic| {
        let name = wire::topic(&topic.name);
        let partitions = topic
            .partitions
            .iter()
            .map(|wanted| listed(topics.partition(&name, wanted.partition_index), wanted, version));
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(answers.collect())
}

fn listed(
    partition: Option<&Partition>,
    wanted: &ListOffsetsPartition,
    version: i16,
) -> ListOffsetsPartitionResponse {
    let answer = ListOffsetsPartitionResponse::default().with_partition_index(wanted.partition_index);
    let found = match partition {
        Some(partition) => look_up(partition, wanted, version),
        None => Err(ErrorCode::UnknownTopicOrPartition),
    };
    match found {
        Ok((timestamp, offset)) => {
            let epoch = if version >= 4 && offset >= 0 { 0 } else { -1 };
            answer.with_timestamp(timestamp).with_offset(offset).with_leader_epoch(epoch)
        }
        Err(error) => answer.with_error_code(error.code()).with_timestamp(-1).with_offset(-1),
    }
}

/// Timestamp and offset, -1 each if there is no such record.
fn look_up(
    partition: &Partition,
    wanted: &ListOffsetsPartition,
    version: i16,
) -> Result<(i64, i64), ErrorCode> {
    epoch(wanted.current_leader_epoch)?;
    // Before the version that has one of the names for it, a number below 0 is a timestamp that Kafka refuses.
    let least = match version {
        ..=6 => EARLIEST,
        7 => MAX_TIMESTAMP,
        8 => EARLIEST_LOCAL,
        9.. => LATEST_TIERED,
    };
    if wanted.timestamp < least {
        return Err(ErrorCode::UnsupportedVersion);
    }
    let of_record = |timestamp: i64| {
        let mut reaching = partition.readable().iter().filter(|batch| batch.max_timestamp >= timestamp);
        reaching.find_map(|batch| batch.first_since(timestamp))
    };
    let found = match wanted.timestamp {
        LATEST => Some((-1, partition.high_watermark)),
        EARLIEST | EARLIEST_LOCAL => Some((-1, partition.start)),
        MAX_TIMESTAMP => {
            partition.readable().iter().map(|batch| batch.max_timestamp).max().and_then(of_record)
        }
        LATEST_TIERED => None,
        timestamp => of_record(timestamp),
    };
    Ok(found.unwrap_or((-1, -1)))
}

pub(super) fn offset_for_leader_epoch(
    shared: &Shared,
    request: &OffsetForLeaderEpochRequest,
) -> OffsetForLeaderEpochResponse {
    let topics = shared.topics();
    let answers = request.topics.iter().map(|topic| {
        let name = wire::topic(&topic.topic);
        let ends =
            topic.partitions.iter().map(|wanted| end(topics.partition(&name, wanted.partition), wanted));
        OffsetForLeaderTopicResult::default().with_topic(topic.topic.clone()).with_partitions(ends.collect())
    });
    OffsetForLeaderEpochResponse::default().with_topics(answers.collect())
}

/// Where the records of an epoch end: epoch 0 has them all, and there is no other.
fn end(partition: Option<&Partition>, wanted: &OffsetForLeaderPartition) -> EpochEndOffset {
    let answer = EpochEndOffset::default().with_partition(wanted.partition);
    let Some(partition) = partition else {
        return answer.with_error_code(ErrorCode::UnknownTopicOrPartition.code());
    };
    if let Err(error) = epoch(wanted.current_leader_epoch) {
        return answer.with_error_code(error.code());
    }
    match wanted.leader_epoch {
        0 => answer.with_leader_epoch(0).with_end_offset(partition.high_watermark),
        _ => answer.with_leader_epoch(-1).with_end_offset(-1),
    }
}
