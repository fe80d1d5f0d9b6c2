//! Metadata and FindCoordinator: the one node leads and coordinates everything.

use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    BrokerId, FindCoordinatorRequest, FindCoordinatorResponse, MetadataRequest, MetadataResponse,
};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::connection::Ends;
use super::frame::{Header, Refusal};
use super::group::{self, client};
use super::server::Shared;
use super::topic_settings::Overrides;
use super::topics::Topic;
use super::wire::{self, CLUSTER, NODE, text};
use crate::coordinator::{ErrorCode, FindCoordinator, Request, Response, TopicName};

/// What a coordinator is asked for (`FindCoordinatorRequest.CoordinatorType`).
const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;
/// Clients take the error for final, and the Java client prints this with it. Any other error they would retry, until
/// their time is up.
const NO_TRANSACTIONS: &str = "this broker has no transactions";

/// What a client asks for.
enum Wanted {
    Name(TopicName),
    Id(Uuid),
}

pub(super) async fn metadata(
    shared: &Shared,
    ends: &Ends,
    version: i16,
    request: MetadataRequest,
) -> MetadataResponse {
    let create =
        shared.config.auto_create_topics_enable && (version < 4 || request.allow_auto_topic_creation);
    // In version 0 an empty list asks for every topic, later ones have null for it.
    let wanted = request.topics.filter(|topics| version > 0 || !topics.is_empty());
    let topics = match wanted {
        None => shared.topics().iter().map(|(name, topic)| described(name, topic)).collect(),
        Some(wanted) => {
            let mut described = Vec::new();
            for topic in wanted {
                let wanted = match topic.name {
                    Some(name) => Wanted::Name(wire::topic(&name)),
                    None => Wanted::Id(topic.topic_id),
                };
                described.push(look_up(shared, wanted, create).await);
            }
            described
        }
    };
    let broker = MetadataResponseBroker::default()
        .with_node_id(NODE)
        .with_host(text(&ends.local.ip().to_string()))
        .with_port(i32::from(ends.local.port()));
    let cluster = (version >= 2).then(|| StrBytes::from_static_str(CLUSTER));
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_controller_id(if version >= 1 { NODE } else { BrokerId(-1) })
        .with_cluster_id(cluster)
        .with_topics(topics.into_iter().map(|topic| fit(topic, version)).collect())
}

async fn look_up(shared: &Shared, wanted: Wanted, create: bool) -> MetadataResponseTopic {
    let name = match wanted {
        Wanted::Name(name) => name,
        Wanted::Id(id) => match shared.topics().name(id).cloned() {
            Some(name) => name,
            None => {
                return MetadataResponseTopic::default()
                    .with_topic_id(id)
                    .with_name(None)
                    .with_error_code(ErrorCode::UnknownTopicId.code());
            }
        },
    };
    if let Some(topic) = shared.topics().get(&name) {
        return described(&name, topic);
    }
    let created = if create {
        shared.create_topic(&name, shared.config.num_partitions, Overrides::new()).await
    } else if super::topics::is_legal(name.as_str()) {
        Err(ErrorCode::UnknownTopicOrPartition)
    } else {
        Err(ErrorCode::InvalidTopic)
    };
    // Another connection may have created it in between.
    match (shared.topics().get(&name), created) {
        (Some(topic), _) => described(&name, topic),
        (None, created) => MetadataResponseTopic::default()
            .with_name(Some(wire::topic_name(&name)))
            .with_error_code(created.err().unwrap_or_default().code()),
    }
}

fn described(name: &TopicName, topic: &Topic) -> MetadataResponseTopic {
    let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    let partition = |index| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(NODE)
            .with_leader_epoch(0)
            .with_replica_nodes(vec![NODE])
            .with_isr_nodes(vec![NODE])
    };
    MetadataResponseTopic::default()
        .with_name(Some(wire::topic_name(name)))
        .with_topic_id(topic.id)
        .with_partitions((0..count).map(partition).collect())
}

/// Leaves out what the version does not carry, where the codec does not.
fn fit(mut topic: MetadataResponseTopic, version: i16) -> MetadataResponseTopic {
    if version < 10 {
        topic.topic_id = Uuid::nil();
    }
    if version < 12 && topic.name.is_none() {
        topic.name = Some(wire::topic_name(&TopicName::default()));
    }
    topic
}

pub(super) async fn find_coordinator(
    shared: &Shared,
    ends: &Ends,
    header: &Header,
    request: &FindCoordinatorRequest,
) -> Result<FindCoordinatorResponse, Refusal> {
    let keys = if header.version >= 4 { request.coordinator_keys.clone() } else { vec![request.key.clone()] };
    let mut found = Vec::new();
    for key in keys {
        let error = if request.key_type == GROUP {
            let asked = Request::FindCoordinator(FindCoordinator { group: key.as_str().into() });
            let answer = shared.ask(client(ends, header), asked).await.ok_or(Refusal::Stopping)?;
            let Response::FindCoordinator(found) = answer else {
                return Err(group::mismatch(header, &answer));
            };
            found.error
        } else if request.key_type == TRANSACTION {
            ErrorCode::TransactionalIdAuthorizationFailed
        } else {
            ErrorCode::InvalidRequest
        };
        found.push(coordinator(ends, key, error, header.version));
    }
    if header.version >= 4 {
        return Ok(FindCoordinatorResponse::default().with_coordinators(found));
    }
    let only = found.pop().unwrap_or_default();
    Ok(FindCoordinatorResponse::default()
        .with_error_code(only.error_code)
        .with_error_message(only.error_message)
        .with_node_id(only.node_id)
        .with_host(only.host)
        .with_port(only.port))
}

fn coordinator(ends: &Ends, key: StrBytes, error: ErrorCode, version: i16) -> Coordinator {
    let answer = Coordinator::default().with_key(key).with_error_code(error.code());
    if error != ErrorCode::None {
        let refused = error == ErrorCode::TransactionalIdAuthorizationFailed;
        let message = (refused && version >= 1).then(|| StrBytes::from_static_str(NO_TRANSACTIONS));
        return answer.with_node_id(BrokerId(-1)).with_port(-1).with_error_message(message);
    }
    answer
        .with_node_id(NODE)
        .with_host(text(&ends.local.ip().to_string()))
        .with_port(i32::from(ends.local.port()))
}
