//! `DeleteTopics` and `CreatePartitions`.

use std::collections::BTreeMap;

use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsResponse, DeleteTopicsRequest, DeleteTopicsResponse, TopicName,
};
use uuid::Uuid;

use super::server::Shared;
use super::wire::{self, NODE, text};
use crate::coordinator::ErrorCode;

pub(super) async fn delete_topics(
    shared: &Shared,
    version: i16,
    request: DeleteTopicsRequest,
) -> DeleteTopicsResponse {
    let mut wanted: Vec<(Option<TopicName>, Uuid)> =
        request.topic_names.into_iter().map(|name| (Some(name), Uuid::nil())).collect();
    wanted.extend(request.topics.into_iter().map(|topic| (topic.name, topic.topic_id)));
    let mut times: BTreeMap<_, usize> = BTreeMap::new();
    for topic in &wanted {
        *times.entry(topic.clone()).or_default() += 1;
    }
    let mut answers = Vec::new();
    for (topic, times) in times {
        let (name, id) = topic;
        let deleted =
            if times > 1 { Err(ErrorCode::InvalidRequest) } else { delete(shared, name.as_ref(), id).await };
        let (name, id, error) = match deleted {
            Ok((deleted, id)) => (Some(deleted), id, ErrorCode::None),
            Err(error) => (name, id, error),
        };
        // Before version 6 a topic has a name, and no id.
        let name = if version >= 6 { name } else { Some(name.unwrap_or_default()) };
        answers.push(
            DeletableTopicResult::default()
                .with_name(name)
                .with_topic_id(if version >= 6 { id } else { Uuid::nil() })
                .with_error_code(error.code()),
        );
    }
    DeleteTopicsResponse::default().with_responses(answers)
}

/// Deletes the topic of a name or of an id, not both; gives both.
async fn delete(shared: &Shared, name: Option<&TopicName>, id: Uuid) -> Result<(TopicName, Uuid), ErrorCode> {
    let name = match (name, id.is_nil()) {
        (Some(name), true) => wire::topic(name),
        (None, false) => shared.topics().name(id).cloned().ok_or(ErrorCode::UnknownTopicId)?,
        (Some(_), false) | (None, true) => return Err(ErrorCode::InvalidRequest),
    };
    let id = shared.delete_topic(&name).await?;
    // Whoever waits for its records is told that it is gone.
    shared.appended();
    Ok((wire::topic_name(&name), id))
}

pub(super) async fn create_partitions(
    shared: &Shared,
    request: CreatePartitionsRequest,
) -> CreatePartitionsResponse {
    let mut times: BTreeMap<&TopicName, usize> = BTreeMap::new();
    for topic in &request.topics {
        *times.entry(&topic.name).or_default() += 1;
    }
    let mut answers = Vec::new();
    for (number, topic) in request.topics.iter().enumerate() {
        if request.topics.iter().take(number).any(|before| before.name == topic.name) {
            continue;
        }
        let grown = if times.get(&topic.name).is_some_and(|times| *times > 1) {
            Err((ErrorCode::InvalidRequest, Some("the topic is named twice".to_owned())))
        } else {
            grow(shared, topic, request.validate_only).await
        };
        let (error, message) = grown.err().unwrap_or((ErrorCode::None, None));
        answers.push(
            CreatePartitionsTopicResult::default()
                .with_name(topic.name.clone())
                .with_error_code(error.code())
                .with_error_message(message.as_deref().map(text)),
        );
    }
    CreatePartitionsResponse::default().with_results(answers)
}

async fn grow(
    shared: &Shared,
    topic: &CreatePartitionsTopic,
    validate_only: bool,
) -> Result<(), (ErrorCode, Option<String>)> {
    let (name, count) = (wire::topic(&topic.name), topic.count);
    let there = shared.topics().get(&name).map(|topic| topic.partitions.len());
    let told = |error: ErrorCode| {
        let message = there.filter(|_| error == ErrorCode::InvalidPartitions);
        (error, message.map(|there| format!("the topic has {there} partitions, {count} are asked for")))
    };
    let more = shared.topics().check_growth(&name, count, shared.bounds()).map_err(told)?;
    if let Some(assignments) = &topic.assignments {
        // Each added partition has its one replica on the one broker.
        if assignments.len() != more || assignments.iter().any(|assigned| assigned.broker_ids != [NODE]) {
            return Err((ErrorCode::InvalidReplicaAssignment, None));
        }
    }
    if validate_only {
        return Ok(());
    }
    shared.grow_topic(&name, count).await.map_err(told)
}
