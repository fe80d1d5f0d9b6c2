//! The control endpoint of a broker, over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod asks;
mod client;

use asks::{commit, committed, heartbeat, join, joined, leave, sync, text};
use client::Client;
use kafka_protocol::messages::{DeleteGroupsRequest, GroupId, MetadataRequest};
use muster_reference::broker::{Broker, BrokerConfig, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn broker() -> (Broker, Client) {
    let mut config = BrokerConfig::for_tests();
    config.topics.insert("t".into(), 2);
    config.control = Some("127.0.0.1:0".to_owned());
    let broker = Broker::start(config).await.unwrap();
    let client = Client::connect(broker.address()).await;
    (broker, client)
}

/// Sends a request to the control endpoint, and gives the status and the body.
async fn http(broker: &Broker, request: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(broker.control_address().unwrap()).await.unwrap();
    let length = body.len();
    let sent = format!(
        "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn the_endpoint_takes_orders_and_tells_what_is_measured() {
    let (broker, mut client) = broker().await;
    let member = joined(&mut client, 9).await.member_id.to_string();
    assert_eq!(client.ask(&sync(5, 1, &member), 5).await.error_code, 0);
    client.ask(&commit(1, &member, 5), 9).await;
    let (status, metrics) = http(&broker, "GET /metrics", "").await;
    assert_eq!(status, 200);
    for line in [
        "kafka_consumergroup_members{consumergroup=\"g\"} 1",
        "kafka_consumergroup_current_offset{consumergroup=\"g\",topic=\"t\",partition=\"1\"} 5",
        "kafka_consumergroup_lag{consumergroup=\"g\",topic=\"t\",partition=\"1\"} 0",
        "kafka_topic_partition_current_offset{topic=\"t\",partition=\"1\"} 0",
        "kafka_network_requestmetrics_requests_total{request=\"SyncGroup\",version=\"5\"} 1",
        "kafka_network_requestmetrics_totaltimems_count{request=\"OffsetCommit\"} 1",
        "muster_rebalances_total{consumergroup=\"g\"} 1",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line} is not in\n{metrics}");
    }
    assert_eq!(http(&broker, "POST /faults", "drop:api=Fetch\nclose:times=1").await.0, 200);
    assert_eq!(http(&broker, "GET /faults", "").await.1, "drop:api=Fetch\nclose:times=1\n");
    let (status, why) = http(&broker, "POST /faults", "explode").await;
    assert_eq!((status, why.lines().count()), (400, 1), "{why}");
    assert_eq!(http(&broker, "DELETE /faults", "").await.0, 200);
    assert_eq!(http(&broker, "GET /faults", "").await.1, "");
    assert_eq!(http(&broker, "POST /groups/g/rebalance", "").await.0, 200);
    assert_eq!(http(&broker, "POST /groups/none/rebalance", "").await.0, 409);
    assert_eq!(http(&broker, "POST /groups/g/members/none/expire", "").await.0, 404);
    assert_eq!(http(&broker, &format!("POST /groups/g/members/{member}/expire"), "").await.0, 200);
    assert_eq!(http(&broker, "POST /coordinator/restart", "").await.0, 200);
    let (status, violations) = http(&broker, "GET /violations", "").await;
    assert_eq!((status, violations.lines().count()), (200, 1));
    assert!(violations.contains("commits_what_exists group=g member=test-"), "{violations}");
    assert_eq!(committed(&mut client, 9).await, 5, "a restart keeps what is committed");
    client.ask(&MetadataRequest::default(), 12).await;
    assert_eq!(client.ask(&heartbeat(1, &member), 4).await.error_code, 25, "the session was ended");
    assert_eq!(client.ask(&leave(5, &member), 5).await.members[0].error_code, 25);
    broker.shutdown().await;
}

/// Groups come and go: of those that are no more the count of rebalances is forgotten.
#[tokio::test]
async fn what_is_counted_of_groups_is_bounded() {
    let (broker, mut client) = broker().await;
    let named = |number: usize| GroupId(text(&format!("g{number}")));
    for number in 0..300 {
        let group = named(number);
        let joined = client.ask(&join(3, "").with_group_id(group.clone()), 3).await;
        let member = joined.member_id.to_string();
        assert_eq!(client.ask(&sync(3, 1, &member).with_group_id(group.clone()), 3).await.error_code, 0);
        assert_eq!(client.ask(&leave(2, &member).with_group_id(group.clone()), 2).await.error_code, 0);
        let delete = DeleteGroupsRequest::default().with_groups_names(vec![group]);
        assert_eq!(client.ask(&delete, 1).await.results[0].error_code, 0);
    }
    let (_, metrics) = http(&broker, "GET /metrics", "").await;
    let counted = metrics.lines().filter(|line| line.starts_with("muster_rebalances_total{")).count();
    assert!((1..=65).contains(&counted), "{counted} groups are counted, and none is there");
    broker.shutdown().await;
}

#[tokio::test]
async fn the_endpoint_is_for_this_machine_only() {
    for address in ["0.0.0.0:0", "192.0.2.1:80", "nonsense"] {
        let config = BrokerConfig {
            listen: "127.0.0.1:0".to_owned(),
            control: Some(address.to_owned()),
            ..BrokerConfig::default()
        };
        let refused = Broker::start(config).await;
        assert!(matches!(&refused, Err(StartError::Control(_))), "{refused:?}");
    }
}
