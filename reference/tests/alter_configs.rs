//! Topics change their settings while they are there, in memory and on disk; what cannot be changed is refused as Kafka
//! refuses it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod client;

use std::collections::BTreeMap;
use std::path::Path;

use client::Client;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::{
    AlterConfigsRequest, DescribeConfigsRequest, IncrementalAlterConfigsRequest, alter_configs_request,
};
use kafka_protocol::protocol::StrBytes;
use muster_reference::broker::{Broker, BrokerConfig};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const BROKER_LOGGER: i8 = 8;
const GROUP: i8 = 32;
const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;
const NONE: i16 = 0;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const INVALID_TOPIC_EXCEPTION: i16 = 17;
const INVALID_CONFIG: i16 = 40;
const INVALID_REQUEST: i16 = 42;

type Changes<'c> = &'c [(&'c str, i8, Option<&'c str>)];

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

async fn start(data: Option<&Path>) -> (Broker, Client) {
    let mut config = BrokerConfig { data: data.map(Path::to_owned), ..BrokerConfig::for_tests() };
    config.topics.insert("t".into(), 1);
    let broker = Broker::start(config).await.unwrap();
    let client = Client::connect(broker.address()).await;
    (broker, client)
}

fn resource(kind: i8, name: &str, changes: Changes<'_>) -> AlterConfigsResource {
    let configs = changes.iter().map(|(name, operation, value)| {
        let config = AlterableConfig::default().with_name(text(name)).with_config_operation(*operation);
        config.with_value(value.map(text))
    });
    AlterConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(text(name))
        .with_configs(configs.collect())
}

/// The error and the reason.
async fn alter(client: &mut Client, kind: i8, name: &str, changes: Changes<'_>) -> (i16, String) {
    let resources = vec![resource(kind, name, changes)];
    let request = IncrementalAlterConfigsRequest::default().with_resources(resources);
    let answer = client.ask(&request, 1).await.responses.remove(0);
    assert_eq!((answer.resource_type, answer.resource_name.as_str()), (kind, name));
    (answer.error_code, answer.error_message.unwrap_or_default().to_string())
}

/// What the topic has for itself.
async fn own(client: &mut Client) -> BTreeMap<String, String> {
    let topic = DescribeConfigsResource::default().with_resource_type(TOPIC).with_resource_name(text("t"));
    let request = DescribeConfigsRequest::default().with_resources(vec![topic.with_configuration_keys(None)]);
    let configs = client.ask(&request, 4).await.results.remove(0).configs;
    let own = configs.into_iter().filter(|config| config.config_source == 1);
    own.map(|config| (config.name.to_string(), config.value.unwrap().to_string())).collect()
}

fn expected(settings: &[(&str, &str)]) -> BTreeMap<String, String> {
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn settings_are_set_and_taken_back_one_by_one() {
    let data = tempfile::tempdir().unwrap();
    for directory in [None, Some(data.path())] {
        let (broker, mut client) = start(directory).await;
        let changes = [
            ("retention.ms", SET, Some("5000")),
            ("segment.ms", SET, Some("7")),
            ("flush.ms", SET, Some("1")),
        ];
        assert_eq!(alter(&mut client, TOPIC, "t", &changes).await.0, NONE);
        assert_eq!(own(&mut client).await, expected(&[("retention.ms", "5000"), ("segment.ms", "7")]));
        let changes = [("segment.ms", DELETE, None), ("retention.bytes", SET, Some(" 9 "))];
        assert_eq!(alter(&mut client, TOPIC, "t", &changes).await.0, NONE);
        let after = expected(&[("retention.bytes", "9"), ("retention.ms", "5000")]);
        assert_eq!(own(&mut client).await, after);
        broker.shutdown().await;
        if directory.is_some() {
            let (broker, mut client) = start(directory).await;
            assert_eq!(own(&mut client).await, after, "it lasts");
            broker.shutdown().await;
        }
    }
}

#[tokio::test]
async fn the_older_request_replaces_all_settings() {
    let (broker, mut client) = start(None).await;
    alter(&mut client, TOPIC, "t", &[("retention.ms", SET, Some("5000"))]).await;
    let config = alter_configs_request::AlterableConfig::default();
    let config = config.with_name(text("segment.ms")).with_value(Some(text("7")));
    let resource = alter_configs_request::AlterConfigsResource::default().with_resource_type(TOPIC);
    let resource = resource.with_resource_name(text("t")).with_configs(vec![config]);
    let request = AlterConfigsRequest::default().with_resources(vec![resource]);
    let validated = client.ask(&request.clone().with_validate_only(true), 2).await;
    assert_eq!(validated.responses[0].error_code, NONE);
    assert_eq!(own(&mut client).await, expected(&[("retention.ms", "5000")]), "only validated");
    assert_eq!(client.ask(&request, 2).await.responses[0].error_code, NONE);
    assert_eq!(own(&mut client).await, expected(&[("segment.ms", "7")]));
    broker.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_altered_is_refused_and_changes_nothing() {
    let (broker, mut client) = start(None).await;
    let good = ("retention.ms", SET, Some("5000"));
    let refused: &[(i8, &str, Changes<'_>, i16, &str)] = &[
        (TOPIC, "absent", &[good], UNKNOWN_TOPIC_OR_PARTITION, "The topic 'absent' does not exist."),
        (TOPIC, "a b", &[good], INVALID_TOPIC_EXCEPTION, "Topic name is invalid: 'a b'."),
        (TOPIC, "", &[good], INVALID_REQUEST, "Default topic resources are not allowed."),
        (TOPIC, "t", &[good, ("x", SET, Some("1"))], INVALID_CONFIG, "Unknown topic config name: x"),
        (TOPIC, "t", &[good, good], INVALID_REQUEST, "Error due to duplicate config keys"),
        (
            TOPIC,
            "t",
            &[("retention.ms", SET, None)],
            INVALID_REQUEST,
            "Null value not supported for : retention.ms",
        ),
        (TOPIC, "t", &[("retention.ms", 9, Some("1"))], INVALID_REQUEST, "Unknown operations type 9"),
        (
            TOPIC,
            "t",
            &[("retention.ms", SET, Some("-2"))],
            INVALID_CONFIG,
            "Invalid value -2 for configuration retention.ms: Value must be at least -1",
        ),
        (
            TOPIC,
            "t",
            &[("retention.ms", APPEND, Some("1"))],
            INVALID_CONFIG,
            "Can't APPEND to key retention.ms because its type is not LIST.",
        ),
        (
            TOPIC,
            "t",
            &[("cleanup.policy", APPEND, Some("compact"))],
            INVALID_CONFIG,
            "cleanup.policy=delete,compact is not supported by this broker: it is delete for every topic",
        ),
        (
            TOPIC,
            "t",
            &[("cleanup.policy", SUBTRACT, Some("delete"))],
            INVALID_CONFIG,
            "cleanup.policy= is not supported by this broker: it is delete for every topic",
        ),
        (
            BROKER,
            "1",
            &[("num.partitions", SET, Some("3"))],
            INVALID_REQUEST,
            "Cannot update these configs dynamically: Set(num.partitions)",
        ),
        (BROKER, "7", &[good], INVALID_REQUEST, "Unexpected broker id, expected 1, but received 7"),
        (GROUP, "g", &[good], INVALID_CONFIG, "Unknown group config name: retention.ms"),
        (BROKER_LOGGER, "1", &[good], INVALID_REQUEST, "Unknown resource type 8"),
    ];
    for (kind, name, changes, code, why) in refused {
        assert_eq!(alter(&mut client, *kind, name, changes).await, (*code, (*why).to_owned()));
    }
    let twice = vec![resource(TOPIC, "t", &[good]), resource(TOPIC, "t", &[good])];
    let answers = client.ask(&IncrementalAlterConfigsRequest::default().with_resources(twice), 0).await;
    let codes: Vec<_> = answers.responses.iter().map(|answer| answer.error_code).collect();
    assert_eq!(codes, [INVALID_REQUEST, INVALID_REQUEST], "each resource at most once");
    assert_eq!(own(&mut client).await, BTreeMap::new());
    broker.shutdown().await;
}

#[tokio::test]
async fn taking_back_what_is_not_there_is_no_error() {
    let (broker, mut client) = start(None).await;
    let changes = [("retention.ms", DELETE, None), ("cleanup.policy", APPEND, Some("delete"))];
    assert_eq!(alter(&mut client, TOPIC, "t", &changes).await, (NONE, String::new()));
    assert_eq!(own(&mut client).await, BTreeMap::new());
    broker.shutdown().await;
}
