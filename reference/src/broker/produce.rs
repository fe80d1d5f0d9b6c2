//! Produce: batches are kept as they were sent, but for their offsets.

use bytes::Bytes;
use kafka_protocol::messages::produce_request::TopicProduceData;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};

use super::frame::{Header, Refusal};
use super::server::Shared;
use super::wire;
use crate::coordinator::{ErrorCode, TopicName};

/// Appends, and answers unless `acks` is 0. There is one replica, so -1 and 1 are the same. Sequence numbers are not
/// looked at: a batch that an idempotent producer repeats is there twice.
pub(super) fn produce(shared: &Shared, header: &Header, body: Bytes) -> Result<Bytes, Refusal> {
    let request: ProduceRequest = header.decode(body)?;
    let acks = request.acks;
    let refused = if !(-1..=1).contains(&acks) {
        Some(ErrorCode::InvalidRequiredAcks)
    } else if request.transactional_id.is_some() {
        Some(ErrorCode::InvalidRequest)
    } else {
        None
    };
    let mut failed = false;
    let mut answers = Vec::new();
    for topic in request.topic_data {
        let answer = append_to_topic(shared, &topic, refused, header.version);
        failed |= answer.partition_responses.iter().any(|partition| partition.error_code != 0);
        answers.push(answer);
    }
    shared.appended();
    match acks {
        0 if failed => Err(Refusal::UnacknowledgedProduce),
        0 => Ok(Bytes::new()),
        _ => header.encode(&ProduceResponse::default().with_responses(answers)),
    }
}

fn append_to_topic(
    shared: &Shared,
    topic: &TopicProduceData,
    refused: Option<ErrorCode>,
    version: i16,
) -> TopicProduceResponse {
    let name = wire::topic(&topic.name);
    let answers = topic.partition_data.iter().map(|partition| {
        let records = partition.records.as_deref().unwrap_or_default();
        let appended = match refused {
            Some(error) => Err(error),
            None => append(shared, &name, partition.index, records),
        };
        PartitionProduceResponse::default()
            .with_index(partition.index)
            .with_error_code(appended.err().unwrap_or_default().code())
            .with_base_offset(appended.unwrap_or(-1))
            .with_log_append_time_ms(-1)
            .with_log_start_offset(if version >= 5 && appended.is_ok() { 0 } else { -1 })
    });
    TopicProduceResponse::default().with_name(topic.name.clone()).with_partition_responses(answers.collect())
}

fn append(shared: &Shared, name: &TopicName, index: i32, records: &[u8]) -> Result<i64, ErrorCode> {
    shared.topics().append(name, index, records, shared.bounds())
}
