//! `CreateTopics` and `InitProducerId`.

use std::collections::BTreeSet;

use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::{
    CreateTopicsRequest, CreateTopicsResponse, InitProducerIdRequest, InitProducerIdResponse, ProducerId,
};
use uuid::Uuid;

use super::server::Shared;
use super::{topic_settings, wire};
use crate::coordinator::{ErrorCode, TopicName};

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
            Err((ErrorCode::InvalidRequest, "Duplicate topic name.".to_owned()))
        } else {
            create(shared, topic, request.validate_only).await
        };
        answers.push(result(shared, topic, &created, version));
    }
    CreateTopicsResponse::default().with_topics(answers)
}

/// The number of partitions, or -1 for the default; or why not, for people too.
async fn create(
    shared: &Shared,
    topic: &CreatableTopic,
    validate_only: bool,
) -> Result<i32, (ErrorCode, String)> {
    let partitions = match (topic.assignments.as_slice(), topic.num_partitions) {
        ([], -1) => shared.config.num_partitions,
        ([], count) => count,
        (assignments, _) => i32::try_from(assignments.len()).unwrap_or(i32::MAX),
    };
    // There is one broker.
    if !topic.assignments.is_empty() && topic.replication_factor != -1 {
        let why = "Both assignments and a replication factor are given.";
        return Err((ErrorCode::InvalidRequest, why.to_owned()));
    }
    if !matches!(topic.replication_factor, -1 | 1) {
        let why = format!("Replication factor {}: there is one broker.", topic.replication_factor);
        return Err((ErrorCode::InvalidReplicationFactor, why));
    }
    let overrides = topic_settings::check(&shared.config, &topic.configs)
        .map_err(|why| (ErrorCode::InvalidConfig, why))?;
    let name = wire::topic(&topic.name);
    let created = if validate_only {
        shared.topics().check(&name, partitions, shared.bounds()).map(|_| ())
    } else {
        shared.create_topic(&name, partitions, overrides).await
    };
    created.map(|()| partitions).map_err(|error| (error, reason(error, &name, partitions)))
}

/// Why a topic is not created, in one line.
fn reason(error: ErrorCode, name: &TopicName, partitions: i32) -> String {
    if error == ErrorCode::TopicAlreadyExists {
        format!("Topic '{name}' already exists.")
    } else if error == ErrorCode::InvalidTopic {
        format!("Topic name is invalid: '{name}'.")
    } else if error == ErrorCode::InvalidPartitions {
        format!("Number of partitions was set to an invalid non-positive value: {partitions}.")
    } else if error == ErrorCode::PolicyViolation {
        format!("{partitions} partitions are more than this broker takes.")
    } else {
        format!("Topic '{name}' was not created.")
    }
}

fn result(
    shared: &Shared,
    topic: &CreatableTopic,
    created: &Result<i32, (ErrorCode, String)>,
    version: i16,
) -> CreatableTopicResult {
    let id = shared.topics().get(&wire::topic(&topic.name)).map(|topic| topic.id);
    let answer = CreatableTopicResult::default()
        .with_name(topic.name.clone())
        .with_error_code(created.as_ref().err().map(|(error, _)| *error).unwrap_or_default().code())
        .with_error_message(created.as_ref().err().map(|(_, why)| wire::text(why)))
        .with_topic_id(if version >= 7 && created.is_ok() { id.unwrap_or_default() } else { Uuid::nil() });
    match created {
        Ok(partitions) if version >= 5 => answer.with_num_partitions(*partitions).with_replication_factor(1),
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
