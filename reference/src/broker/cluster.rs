//! `DescribeCluster`, `DescribeConfigs` and `ListPartitionReassignments`: what tools ask of the cluster.

use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::{
    DescribeClusterRequest, DescribeClusterResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    ListPartitionReassignmentsResponse,
};

use super::config::{BrokerConfig, Kind, Setting};
use super::connection::Ends;
use super::server::Shared;
use super::topic_settings::{self, Overrides};
use super::topics;
use super::wire::{CLUSTER, NODE, text};
use crate::coordinator::ErrorCode;

/// Types of resources (`ConfigResource.Type`).
pub(super) const TOPIC: i8 = 2;
pub(super) const BROKER: i8 = 4;
pub(super) const GROUP: i8 = 32;
/// Where a setting is from (`ConfigSource`).
const DYNAMIC_TOPIC_CONFIG: i8 = 1;
const STATIC_BROKER_CONFIG: i8 = 4;
const DEFAULT_CONFIG: i8 = 5;
/// The endpoints that a broker knows: brokers, not controllers.
const BROKERS: i8 = 1;

pub(super) fn describe_cluster(
    ends: &Ends,
    version: i16,
    request: &DescribeClusterRequest,
) -> DescribeClusterResponse {
    if version >= 1 && request.endpoint_type != BROKERS {
        let error = ErrorCode::MismatchedEndpointType;
        let message = "this is a broker: it does not know the endpoints of controllers";
        return DescribeClusterResponse::default()
            .with_error_code(error.code())
            .with_error_message(Some(text(message)))
            .with_controller_id(NODE);
    }
    let broker = DescribeClusterBroker::default()
        .with_broker_id(NODE)
        .with_host(text(&ends.local.ip().to_string()))
        .with_port(i32::from(ends.local.port()));
    DescribeClusterResponse::default()
        .with_cluster_id(text(CLUSTER))
        .with_controller_id(NODE)
        .with_brokers(vec![broker])
}

/// No partition moves: there is one broker.
pub(super) fn list_partition_reassignments() -> ListPartitionReassignmentsResponse {
    ListPartitionReassignmentsResponse::default()
}

pub(super) fn describe_configs(
    shared: &Shared,
    version: i16,
    request: &DescribeConfigsRequest,
) -> DescribeConfigsResponse {
    let described = request.resources.iter().map(|resource| {
        let answer = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match configs(shared, resource) {
            Ok(configs) => {
                let wanted = |config: &Config| {
                    let keys = resource.configuration_keys.as_ref();
                    keys.is_none_or(|keys| keys.iter().any(|key| key.as_str() == config.setting.name))
                };
                let configs = configs.into_iter().filter(wanted).map(|config| config.answer(version));
                answer.with_configs(configs.collect())
            }
            Err((error, message)) => {
                answer.with_error_code(error.code()).with_error_message(message.map(text))
            }
        }
    });
    DescribeConfigsResponse::default().with_results(described.collect())
}

struct Config {
    setting: Setting,
    source: i8,
}

impl Config {
    fn answer(self, version: i16) -> DescribeConfigsResourceResult {
        let kind = match self.setting.kind {
            Kind::Boolean => 1,
            Kind::Text => 2,
            Kind::Int => 3,
            Kind::Long => 5,
        };
        DescribeConfigsResourceResult::default()
            .with_name(text(self.setting.name))
            .with_value(Some(text(&self.setting.value)))
            .with_read_only(!topic_settings::can_be_altered(self.setting.name))
            .with_config_source(self.source)
            .with_config_type(if version >= 3 { kind } else { 0 })
    }
}

fn configs(
    shared: &Shared,
    resource: &DescribeConfigsResource,
) -> Result<Vec<Config>, (ErrorCode, Option<&'static str>)> {
    let name = resource.resource_name.as_str();
    match resource.resource_type {
        TOPIC if !topics::is_legal(name) => Err((ErrorCode::InvalidTopic, None)),
        TOPIC => match shared.topics().get(&name.into()) {
            Some(topic) => Ok(of_topic(&shared.config, &topic.overrides)),
            None => Err((ErrorCode::UnknownTopicOrPartition, None)),
        },
        // The empty name stands for what all brokers were told while they run: nothing.
        BROKER if name.is_empty() => Ok(Vec::new()),
        BROKER if name == NODE.0.to_string() => Ok(of_broker(&shared.config)),
        BROKER => Err((ErrorCode::InvalidRequest, Some("there is one broker, of another id"))),
        GROUP => Ok(Vec::new()),
        _ => Err((ErrorCode::InvalidRequest, Some("resources of this type have no settings here"))),
    }
}

fn of_broker(config: &BrokerConfig) -> Vec<Config> {
    let defaults = BrokerConfig::default().settings();
    let settings = config.settings().into_iter().map(|setting| {
        let is_default = defaults.contains(&setting);
        Config { setting, source: if is_default { DEFAULT_CONFIG } else { STATIC_BROKER_CONFIG } }
    });
    settings.collect()
}

/// What holds for a topic: its own settings, the broker's, and what is the same everywhere.
fn of_topic(config: &BrokerConfig, overrides: &Overrides) -> Vec<Config> {
    let fixed = topic_settings::FIXED.iter();
    let mut configs: Vec<_> = fixed
        .map(|(name, value, kind)| Setting { name, value: (*value).to_owned(), kind: *kind })
        .map(|setting| Config { setting, source: DEFAULT_CONFIG })
        .collect();
    let (here, defaults) = (Overrides::new(), BrokerConfig::default());
    let elsewhere = topic_settings::own(&defaults, &here);
    let of_broker = topic_settings::own(config, &here);
    let own = topic_settings::own(config, overrides).into_iter().zip(of_broker.iter().zip(&elsewhere));
    configs.extend(own.map(|(setting, (of_broker, default))| {
        let source = if overrides.contains_key(setting.name) {
            DYNAMIC_TOPIC_CONFIG
        } else if of_broker == default {
            DEFAULT_CONFIG
        } else {
            STATIC_BROKER_CONFIG
        };
        Config { setting, source }
    }));
    let is_default = config.message_max_bytes == BrokerConfig::default().message_max_bytes;
    configs.push(Config {
        setting: topic_settings::largest_batch(config),
        source: if is_default { DEFAULT_CONFIG } else { STATIC_BROKER_CONFIG },
    });
    configs
}
