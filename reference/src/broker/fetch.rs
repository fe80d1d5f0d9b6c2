//! Fetch, without sessions.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::fetch_request::FetchPartition;
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::{FetchRequest, FetchResponse};
use tokio::time::Instant;

use super::list_offsets::epoch;
use super::partition::Partition;
use super::server::Shared;
use super::topics::Topics;
use super::wire;
use crate::coordinator::{ErrorCode, TopicName};

/// Answers when there are `min_bytes` to read or something is wrong, at the latest after `max_wait_ms`.
pub(super) async fn fetch(shared: &Shared, version: i16, request: FetchRequest) -> FetchResponse {
    // Session id 0 in every answer says that there are no sessions, so none can be asked for.
    if request.session_id != 0 {
        return FetchResponse::default().with_error_code(ErrorCode::FetchSessionIdNotFound.code());
    }
    let wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
    let deadline = Instant::now() + wait;
    let least = usize::try_from(request.min_bytes).unwrap_or(0);
    let mut appends = shared.appends();
    loop {
        appends.mark_unchanged();
        let (answer, bytes, failed) = read(shared, version, &request);
        if failed || bytes >= least || Instant::now() >= deadline {
            return answer;
        }
        // Whether woken by an append or by the deadline, the next round tells.
        let _ = tokio::time::timeout_at(deadline, appends.changed()).await;
    }
}

fn read(shared: &Shared, version: i16, request: &FetchRequest) -> (FetchResponse, usize, bool) {
    let topics = shared.topics();
    let most = request.max_bytes.min(shared.config.fetch_max_bytes);
    let mut budget = usize::try_from(most).unwrap_or(0);
    let (mut answers, mut bytes, mut failed) = (Vec::new(), 0, false);
    for wanted in &request.topics {
        let name = if version >= 13 {
            topics.name(wanted.topic_id).cloned().ok_or(ErrorCode::UnknownTopicId)
        } else {
            Ok(wire::topic(&wanted.topic))
        };
        let mut partitions = Vec::new();
        for partition in &wanted.partitions {
            let data = name
                .as_ref()
                .map_err(|error| *error)
                .and_then(|name| read_partition(&topics, name, partition, budget, bytes == 0));
            let data = data.unwrap_or_else(|error| {
                failed = true;
                unread(partition, error)
            });
            let length = data.records.as_ref().map_or(0, Bytes::len);
            bytes += length;
            budget = budget.saturating_sub(length);
            let aborted = (request.isolation_level == 1).then(Vec::new);
            partitions.push(data.with_aborted_transactions(aborted));
        }
        let answer = FetchableTopicResponse::default().with_partitions(partitions);
        answers.push(if version >= 13 {
            answer.with_topic_id(wanted.topic_id)
        } else {
            answer.with_topic(wanted.topic.clone())
        });
    }
    (FetchResponse::default().with_responses(answers), bytes, failed)
}

fn read_partition(
    topics: &Topics,
    name: &TopicName,
    wanted: &FetchPartition,
    budget: usize,
    is_first: bool,
) -> Result<PartitionData, ErrorCode> {
    let partition = topics.partition(name, wanted.partition).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    epoch(wanted.current_leader_epoch)?;
    if !(partition.start..=partition.high_watermark).contains(&wanted.fetch_offset) {
        return Err(ErrorCode::OffsetOutOfRange);
    }
    let own = usize::try_from(wanted.partition_max_bytes).unwrap_or(0);
    Ok(PartitionData::default()
        .with_partition_index(wanted.partition)
        .with_high_watermark(partition.high_watermark)
        .with_last_stable_offset(partition.high_watermark)
        .with_log_start_offset(partition.start)
        .with_records(Some(records(partition, wanted.fetch_offset, own.min(budget), is_first)?)))
}

/// Whole batches, from the one that holds the offset on. The first batch of an answer is given whatever its size, or
/// a consumer with a small limit would never get on.
fn records(partition: &Partition, offset: i64, most: usize, is_first: bool) -> Result<Bytes, ErrorCode> {
    let batches = partition.readable().get(partition.find(offset)..).unwrap_or_default();
    let mut length = 0;
    let fitting = batches.iter().take_while(|batch| {
        let fits = length + batch.length() <= most || (is_first && length == 0);
        length += batch.length();
        fits
    });
    let fitting: Vec<_> = fitting.collect();
    match fitting.as_slice() {
        [only] => only.bytes(),
        several => {
            let mut all = BytesMut::with_capacity(several.iter().map(|batch| batch.length()).sum());
            for batch in several {
                all.extend_from_slice(&batch.bytes()?);
            }
            Ok(all.freeze())
        }
    }
}

fn unread(wanted: &FetchPartition, error: ErrorCode) -> PartitionData {
    PartitionData::default()
        .with_partition_index(wanted.partition)
        .with_error_code(error.code())
        .with_high_watermark(-1)
        .with_last_stable_offset(-1)
        .with_log_start_offset(-1)
        .with_records(Some(Bytes::new()))
}
