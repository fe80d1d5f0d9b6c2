//! `IncrementalAlterConfigs` and `AlterConfigs`: topics change their settings (`ConfigAdminManager.preprocess`,
//! `ConfigurationControlManager.incrementalAlterConfigResource`). Brokers have settings that hold from the start.

use std::collections::BTreeSet;

use kafka_protocol::messages::alter_configs_response::AlterConfigsResourceResponse as OldAnswer;
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse as Answer;
use kafka_protocol::messages::{
    AlterConfigsRequest, AlterConfigsResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::cluster::{BROKER, GROUP, TOPIC};
use super::server::Shared;
use super::topic_settings::{self, Change, Operation};
use super::topics;
use super::wire::{NODE, text};
use crate::coordinator::ErrorCode;

/// What is wrong with a change, for programs and for people.
type Refused = (ErrorCode, String);

/// What is to become of a topic's or a broker's settings.
struct Wanted {
    kind: i8,
    name: StrBytes,
    changes: Vec<Change>,
    /// What is not named goes.
    replaces: bool,
}

pub(super) async fn incremental_alter_configs(
    shared: &Shared,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let wanted = request.resources.into_iter().map(|resource| {
        let changes = resource.configs.into_iter().map(|config| Change {
            name: config.name.to_string(),
            operation: config.config_operation,
            value: config.value.map(|value| value.to_string()),
        });
        let (kind, name) = (resource.resource_type, resource.resource_name);
        Wanted { kind, name, changes: changes.collect(), replaces: false }
    });
    let altered = alter_each(shared, wanted.collect(), request.validate_only).await;
    let answers = altered.into_iter().map(|(wanted, refused)| {
        let (error, message) = told(refused);
        Answer::default()
            .with_resource_type(wanted.kind)
            .with_resource_name(wanted.name)
            .with_error_code(error)
            .with_error_message(message)
    });
    IncrementalAlterConfigsResponse::default().with_responses(answers.collect())
}

pub(super) async fn alter_configs(shared: &Shared, request: AlterConfigsRequest) -> AlterConfigsResponse {
    let wanted = request.resources.into_iter().map(|resource| {
        let changes = resource.configs.into_iter().map(|config| Change {
            name: config.name.to_string(),
            operation: Operation::SET,
            value: config.value.map(|value| value.to_string()),
        });
        let (kind, name) = (resource.resource_type, resource.resource_name);
        Wanted { kind, name, changes: changes.collect(), replaces: true }
    });
    let altered = alter_each(shared, wanted.collect(), request.validate_only).await;
    let answers = altered.into_iter().map(|(wanted, refused)| {
        let (error, message) = told(refused);
        OldAnswer::default()
            .with_resource_type(wanted.kind)
            .with_resource_name(wanted.name)
            .with_error_code(error)
            .with_error_message(message)
    });
    AlterConfigsResponse::default().with_responses(answers.collect())
}

fn told(refused: Option<Refused>) -> (i16, Option<StrBytes>) {
    let (error, message) = refused.unzip();
    (error.unwrap_or_default().code(), message.as_deref().map(text))
}

async fn alter_each(
    shared: &Shared,
    all: Vec<Wanted>,
    validate_only: bool,
) -> Vec<(Wanted, Option<Refused>)> {
    let resource = |wanted: &Wanted| (wanted.kind, wanted.name.to_string());
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for wanted in &all {
        if !seen.insert(resource(wanted)) {
            twice.insert(resource(wanted));
        }
    }
    let mut altered = Vec::new();
    for wanted in all {
        let outcome = if twice.contains(&resource(&wanted)) {
            Err((ErrorCode::InvalidRequest, "Each resource must appear at most once.".to_owned()))
        } else {
            alter(shared, &wanted, validate_only).await
        };
        altered.push((wanted, outcome.err()));
    }
    altered
}

async fn alter(shared: &Shared, wanted: &Wanted, validate_only: bool) -> Result<(), Refused> {
    let invalid = |why: String| Err((ErrorCode::InvalidRequest, why));
    let names: BTreeSet<_> = wanted.changes.iter().map(|change| &change.name).collect();
    if names.len() < wanted.changes.len() {
        return invalid("Error due to duplicate config keys".to_owned());
    }
    let lacks_value = |change: &&Change| change.operation != Operation::DELETE && change.value.is_none();
    let without: Vec<_> =
        wanted.changes.iter().filter(lacks_value).map(|change| change.name.as_str()).collect();
    if !without.is_empty() {
        return invalid(format!("Null value not supported for : {}", without.join(", ")));
    }
    let name = wanted.name.as_str();
    let first = wanted.changes.first();
    match wanted.kind {
        TOPIC if name.is_empty() => invalid("Default topic resources are not allowed.".to_owned()),
        TOPIC if !topics::is_legal(name) => {
            Err((ErrorCode::InvalidTopic, format!("Topic name is invalid: '{name}'.")))
        }
        TOPIC => {
            let config = &shared.config;
            let change = |before: &_| topic_settings::alter(config, before, &wanted.changes, wanted.replaces);
            shared.alter_topic(&name.into(), change, validate_only).await
        }
        BROKER if !name.is_empty() && name.parse() != Ok(NODE.0) => {
            invalid(format!("Unexpected broker id, expected {}, but received {name}", NODE.0))
        }
        BROKER | GROUP if first.is_none() => Ok(()),
        BROKER => {
            let names: Vec<_> = names.into_iter().map(String::as_str).collect();
            invalid(format!("Cannot update these configs dynamically: Set({})", names.join(", ")))
        }
        GROUP => {
            let name = first.map(|change| change.name.as_str()).unwrap_or_default();
            Err((ErrorCode::InvalidConfig, format!("Unknown group config name: {name}")))
        }
        kind => invalid(format!("Unknown resource type {kind}")),
    }
}
