//! `CreateTopics` and `InitProducerId`.

use std::collections::BTreeSet;

use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::{
    CreateTopicsRequest, CreateTopicsResponse, InitProducerIdRequest, InitProducerIdResponse, ProducerId,
};
use uuid::Uuid;

use super::server::Shared;
use super::wire;
use crate::coordinator::ErrorCode;

pub(super) async fn create_topics(
    shared: &Shared,
    version: i16,
    request: CreateTopicsRequest,
) -> CreateTopicsResponse {
    let mut answers = Vec::new();
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for topic in &request.topics {
        if !seen.insert(&topic.name) {
            twice.insert(topic.name.clone());
        }
    }
    let mut answered = BTreeSet::new();
    for topic in &request.topics {
        if !answered.insert(&topic.name) {
            continue;
        }
        let created = if twice.contains(&topic.name) {
            Err(ErrorCode::InvalidRequest)
        } else {
            create(shared, topic, request.validate_only).await
        };
        answers.push(result(shared, topic, created, version));
    }
    CreateTopicsResponse::default().with_topics(answers)
}

/// The number of partitions, or -1 for the default. Its configuration is ignored.
async fn create(shared: &Shared, topic: &CreatableTopic, validate_only: bool) -> Result<i32, ErrorCode> {
    let partitions = match (topic.assignments.as_slice(), topic.num_partitions) {
        ([], -1) => shared.config.num_partitions,
        ([], count) => count,
        (assignments, _) => i32::try_from(assignments.len()).unwrap_or(i32::MAX),
    };
    // There is one broker.
    if !topic.assignments.is_empty() && topic.replication_factor != -1 {
        return Err(ErrorCode::InvalidRequest);
    }
    if !matches!(topic.replication_factor, -1 | 1) {
        return Err(ErrorCode::InvalidReplicationFactor);
    }
    let name = wire::topic(&topic.name);
    if validate_only {
        shared.topics().check(&name, partitions, shared.bounds())?;
    } else {
        shared.create_topic(&name, partitions).await?;
    }
    Ok(partitions)
}

fn result(
    shared: &Shared,
    topic: &CreatableTopic,
    created: Result<i32, ErrorCode>,
    version: i16,
) -> CreatableTopicResult {
    let id = shared.topics().get(&wire::topic(&topic.name)).map(|topic| topic.id);
    let answer = CreatableTopicResult::default()
        .with_name(topic.name.clone())
        .with_error_code(created.err().unwrap_or_default().code())
        .with_topic_id(if version >= 7 && created.is_ok() { id.unwrap_or_default() } else { Uuid::nil() });
    match created {
        Ok(partitions) if version >= 5 => answer.with_num_partitions(partitions).with_replication_factor(1),
        Ok(_) | Err(_) => answer,
    }
}

/// A producer id for an idempotent producer, new with each request. There are no transactions: a transactional id is
/// refused as one that its principal may not use.
pub(super) fn init_producer_id(shared: &Shared, request: &InitProducerIdRequest) -> InitProducerIdResponse {
    if request.transactional_id.is_some() {
        return InitProducerIdResponse::default()
            .with_error_code(ErrorCode::TransactionalIdAuthorizationFailed.code())
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1);
    }
    InitProducerIdResponse::default()
        .with_producer_id(ProducerId(shared.next_producer_id()))
        .with_producer_epoch(0)
}
