//! Produce: batches are kept as they were sent, compressed or not, but for their offsets.

use bytes::Bytes;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};

use super::batch;
use super::frame::{Header, Refusal};
use super::server::Shared;
use super::wire;
use crate::coordinator::{ErrorCode, TopicName};

/// Appends, and answers unless `acks` is 0. There is one replica, so -1 and 1 are the same. Records of a transaction
/// are refused as Kafka refuses a principal that may not use the transactional id, which every client takes as final.
pub(super) async fn produce(shared: &Shared, header: &Header, body: Bytes) -> Result<Bytes, Refusal> {
    let request: ProduceRequest = header.decode(body)?;
    let acks = request.acks;
    let sent = request.topic_data.iter().flat_map(|topic| &topic.partition_data);
    let is_transactional =
        sent.filter_map(|partition| partition.records.as_deref()).any(batch::is_transactional);
    let refused = if is_transactional || request.transactional_id.is_some() {
        Some(ErrorCode::TransactionalIdAuthorizationFailed)
    } else if !(-1..=1).contains(&acks) {
        Some(ErrorCode::InvalidRequiredAcks)
    } else {
        None
    };
    let mut failed = false;
    let mut answers = Vec::new();
    for topic in request.topic_data {
        let answer = append_to_topic(shared, &topic, refused, header.version).await;
        failed |= answer.partition_responses.iter().any(|partition| partition.error_code != 0);
        answers.push(answer);
    }
    match acks {
        0 if failed => Err(Refusal::UnacknowledgedProduce),
        0 => Ok(Bytes::new()),
        _ => header.encode(&ProduceResponse::default().with_responses(answers)),
    }
}

async fn append_to_topic(
    shared: &Shared,
    topic: &TopicProduceData,
    refused: Option<ErrorCode>,
    version: i16,
) -> TopicProduceResponse {
    let by_id = version >= 13;
    let name = if by_id {
        shared.topics().name(topic.topic_id).cloned().ok_or(ErrorCode::UnknownTopicId)
    } else {
        Ok(wire::topic(&topic.name))
    };
    // All at once, so that what is for several partitions is written together.
    let appends = topic.partition_data.iter().map(|partition| {
        let name = name.as_ref();
        async move {
            match (refused, name) {
                (Some(error), _) => Err(error),
                (None, Err(error)) => Err(*error),
                (None, Ok(name)) => append(shared, name, partition, version).await,
            }
        }
    });
    let appended = wait_for_all(appends).await;
    let topics = shared.topics();
    let start = |index| {
        let name = name.as_ref().ok()?;
        topics.partition(name, index).map(|partition| partition.start)
    };
    let answers = topic.partition_data.iter().zip(appended).map(|(partition, appended)| {
        let start = start(partition.index).filter(|_| version >= 5 && appended.is_ok());
        PartitionProduceResponse::default()
            .with_index(partition.index)
            .with_error_code(appended.err().unwrap_or_default().code())
            .with_base_offset(appended.unwrap_or(-1))
            .with_log_append_time_ms(-1)
            .with_log_start_offset(start.unwrap_or(-1))
    });
    let answer = TopicProduceResponse::default().with_partition_responses(answers.collect());
    if by_id { answer.with_topic_id(topic.topic_id) } else { answer.with_name(topic.name.clone()) }
}

async fn append(
    shared: &Shared,
    name: &TopicName,
    partition: &PartitionProduceData,
    version: i16,
) -> Result<i64, ErrorCode> {
    let bounds = shared.bounds();
    let sent = partition.records.as_deref().unwrap_or_default();
    if shared.topics().partition(name, partition.index).is_none() {
        return Err(ErrorCode::UnknownTopicOrPartition);
    }
    // Without the topics held: the checksum takes its time.
    batch::check(sent, version, bounds.message_bytes)?;
    shared.append(name, partition.index, sent).await
}

/// Begins everything in order, then waits until all has ended; gives the outcomes in order.
async fn wait_for_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, outcome) in running.iter_mut().filter(|(_, outcome)| outcome.is_none()) {
            if let std::task::Poll::Ready(ended) = future.as_mut().poll(context) {
                *outcome = Some(ended);
            }
        }
        let is_over = running.iter().all(|(_, outcome)| outcome.is_some());
        if is_over { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, outcome)| outcome).collect()
}
