//! What tools do to topics and ask of the cluster.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod client;

use client::Client;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::{
    CreatePartitionsRequest, DeleteGroupsRequest, DeleteTopicsRequest, DescribeClusterRequest,
    DescribeConfigsRequest, GroupId, MetadataRequest, OffsetCommitRequest, OffsetDeleteRequest,
    OffsetFetchRequest, OffsetForLeaderEpochRequest, TopicName,
};
use kafka_protocol::protocol::StrBytes;
use muster_reference::broker::{Broker, BrokerConfig};

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

async fn broker() -> (Broker, Client) {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.extend([("t".into(), 2), ("u".into(), 1), ("v".into(), 1)]);
    config.set("num.partitions", "4").unwrap();
    let broker = Broker::start(config).await.unwrap();
    let client = Client::connect(broker.address()).await;
    (broker, client)
}

async fn topics(client: &mut Client) -> Vec<(String, usize)> {
    let topics = client.ask(&MetadataRequest::default().with_topics(None), 13).await.topics;
    let described = topics.into_iter().map(|topic| (topic.name.unwrap().to_string(), topic.partitions.len()));
    described.collect()
}

#[tokio::test]
async fn topics_are_deleted_by_name_or_by_id() {
    let (broker, mut client) = broker().await;
    let ids = client.ask(&MetadataRequest::default().with_topics(None), 13).await.topics;
    let old =
        DeleteTopicsRequest::default().with_topic_names(vec![TopicName(text("t")), TopicName(text("x"))]);
    let answers = client.ask(&old, 5).await.responses;
    let codes: Vec<_> = answers.iter().map(|a| (a.name.clone().unwrap().to_string(), a.error_code)).collect();
    assert_eq!(codes, [("t".to_owned(), 0), ("x".to_owned(), 3)]);
    let by_id = DeleteTopicState::default().with_name(None).with_topic_id(ids[1].topic_id);
    let both =
        DeleteTopicState::default().with_name(Some(TopicName(text("v")))).with_topic_id(ids[2].topic_id);
    let neither = DeleteTopicState::default().with_name(None);
    let new = DeleteTopicsRequest::default().with_topics(vec![by_id, both, neither]);
    let mut codes: Vec<_> = client.ask(&new, 6).await.responses.iter().map(|a| a.error_code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 42, 42], "one is deleted, INVALID_REQUEST for what is ambiguous");
    assert_eq!(topics(&mut client).await, [("v".to_owned(), 1)]);
    broker.shutdown().await;
}

#[tokio::test]
async fn partitions_are_added_and_never_taken_away() {
    let (broker, mut client) = broker().await;
    let ask = |count, validate_only| {
        let topic = CreatePartitionsTopic::default().with_name(TopicName(text("t"))).with_count(count);
        let topic = topic.with_assignments(None);
        CreatePartitionsRequest::default().with_topics(vec![topic]).with_validate_only(validate_only)
    };
    let fewer = client.ask(&ask(1, false), 3).await.results.remove(0);
    assert_eq!(fewer.error_code, 37, "INVALID_PARTITIONS");
    assert!(fewer.error_message.unwrap().contains("2 partitions"));
    assert_eq!(client.ask(&ask(5, true), 3).await.results[0].error_code, 0);
    assert_eq!(topics(&mut client).await[0].1, 2, "only validated");
    assert_eq!(client.ask(&ask(5, false), 3).await.results[0].error_code, 0);
    assert_eq!(topics(&mut client).await[0].1, 5);
    broker.shutdown().await;
}

#[tokio::test]
async fn the_cluster_and_its_settings_are_described() {
    let (broker, mut client) = broker().await;
    let cluster = client.ask(&DescribeClusterRequest::default().with_endpoint_type(1), 2).await;
    assert_eq!((cluster.error_code, cluster.brokers[0].port), (0, i32::from(broker.address().port())));
    let controllers = client.ask(&DescribeClusterRequest::default().with_endpoint_type(2), 2).await;
    assert_eq!(controllers.error_code, 114, "MISMATCHED_ENDPOINT_TYPE");
    let ask = |kind, name: &str| {
        let resource = DescribeConfigsResource::default().with_resource_type(kind);
        let resource = resource.with_resource_name(text(name)).with_configuration_keys(None);
        DescribeConfigsRequest::default().with_resources(vec![resource])
    };
    let of_broker = client.ask(&ask(4, "1"), 4).await.results.remove(0);
    let shown = |name: &str| of_broker.configs.iter().find(|config| config.name.as_str() == name).unwrap();
    assert_eq!(
        (shown("num.partitions").value.as_deref(), shown("num.partitions").config_source),
        (Some("4"), 4)
    );
    assert_eq!(shown("group.max.size").config_source, 5, "a default");
    let of_topic = client.ask(&ask(2, "t"), 4).await.results.remove(0);
    assert!(of_topic.configs.iter().any(|config| config.name.as_str() == "cleanup.policy"));
    assert_eq!(client.ask(&ask(2, "absent"), 4).await.results[0].error_code, 3);
    assert_eq!(client.ask(&ask(99, "x"), 4).await.results[0].error_code, 42);
    broker.shutdown().await;
}

#[tokio::test]
async fn every_record_is_of_the_first_epoch() {
    let (broker, mut client) = broker().await;
    let ask = |believed, epoch| {
        let partition = OffsetForLeaderPartition::default()
            .with_partition(0)
            .with_current_leader_epoch(believed)
            .with_leader_epoch(epoch);
        let topic = OffsetForLeaderTopic::default().with_topic(TopicName(text("t")));
        OffsetForLeaderEpochRequest::default().with_topics(vec![topic.with_partitions(vec![partition])])
    };
    for (believed, epoch, expected) in [(0, 0, (0, 0, 0)), (-1, 3, (0, -1, -1)), (2, 0, (75, -1, -1))] {
        let answer = client.ask(&ask(believed, epoch), 4).await;
        let end = &answer.topics[0].partitions[0];
        assert_eq!((end.error_code, end.leader_epoch, end.end_offset), expected);
    }
    broker.shutdown().await;
}

/// Groups and offsets are deleted as the coordinator decides.
#[tokio::test]
async fn groups_and_offsets_are_deleted() {
    let (broker, mut client) = broker().await;
    let commit = |partition| {
        let of_partition = OffsetCommitRequestPartition::default()
            .with_partition_index(partition)
            .with_committed_offset(0)
            .with_committed_metadata(None);
        let of_topic = OffsetCommitRequestTopic::default().with_name(TopicName(text("t")));
        OffsetCommitRequest::default()
            .with_group_id(GroupId(text("g")))
            .with_generation_id_or_member_epoch(-1)
            .with_topics(vec![of_topic.with_partitions(vec![of_partition])])
    };
    for partition in 0..2 {
        assert_eq!(client.ask(&commit(partition), 8).await.topics[0].partitions[0].error_code, 0);
    }
    let of_partition = OffsetDeleteRequestPartition::default().with_partition_index(1);
    let of_topic = OffsetDeleteRequestTopic::default().with_name(TopicName(text("t")));
    let forget = OffsetDeleteRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_topics(vec![of_topic.with_partitions(vec![of_partition])]);
    let forgotten = client.ask(&forget, 0).await;
    assert_eq!((forgotten.error_code, forgotten.topics[0].partitions[0].error_code), (0, 0));
    let fetch = OffsetFetchRequest::default().with_group_id(GroupId(text("g"))).with_topics(None);
    let left = client.ask(&fetch, 5).await.topics;
    assert_eq!(left[0].partitions.iter().map(|p| p.partition_index).collect::<Vec<_>>(), [0]);
    let delete = DeleteGroupsRequest::default().with_groups_names(vec![
        GroupId(text("g")),
        GroupId(text("g")),
        GroupId(text("absent")),
    ]);
    let mut deleted: Vec<_> = client.ask(&delete, 2).await.results;
    deleted.sort_by(|one, other| one.group_id.0.as_str().cmp(other.group_id.0.as_str()));
    let told: Vec<_> = deleted.iter().map(|d| (d.group_id.0.as_str(), d.error_code)).collect();
    assert_eq!(told, [("absent", 69), ("g", 0)], "GROUP_ID_NOT_FOUND");
    assert_eq!(client.ask(&forget, 0).await.error_code, 69);
    broker.restart_coordinator().await.unwrap();
    assert_eq!(client.ask(&forget, 0).await.error_code, 69, "it stays deleted");
    broker.shutdown().await;
}
