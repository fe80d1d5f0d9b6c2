//! What a test does to a broker: faults by name, sessions that end, rebalances, a coordinator that restarts; and what
//! the broker tells of clients that break rules.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod asks;
mod client;

use std::time::Duration;

use asks::{commit, committed, heartbeat, join, joined, leave, sync, text};
use bytes::Bytes;
use client::Client;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{GroupId, JoinGroupRequest, ListGroupsRequest, SyncGroupRequest};
use muster_reference::broker::{Broker, BrokerConfig, ClientRule, DisturbError};
use tokio::time::Instant;

async fn broker(change: impl FnOnce(&mut BrokerConfig)) -> (Broker, Client) {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), 2);
    config.set("group.initial.rebalance.delay.ms", "0").unwrap();
    change(&mut config);
    let broker = Broker::start(config).await.unwrap();
    let client = Client::connect(broker.address()).await;
    (broker, client)
}

/// Joins as the only member, and syncs; gives its id.
async fn alone(client: &mut Client) -> String {
    let member = joined(client, 9).await.member_id.to_string();
    assert_eq!(client.ask(&sync(5, 1, &member), 5).await.error_code, 0);
    member
}

#[tokio::test]
async fn faults_strike_what_they_name_as_often_as_they_say() {
    let (broker, mut client) = broker(|config| {
        config.faults.push("error:api=Heartbeat,code=NOT_COORDINATOR,after=1,times=2".parse().unwrap());
    })
    .await;
    let member = alone(&mut client).await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(client.ask(&heartbeat(1, &member), 4).await.error_code);
    }
    assert_eq!(codes, [0, 16, 16, 0]);

    broker.inject("delay:api=Heartbeat,ms=150,times=1".parse().unwrap());
    let started = Instant::now();
    assert_eq!(client.ask(&heartbeat(1, &member), 4).await.error_code, 0);
    assert!(started.elapsed() >= Duration::from_millis(150));

    // The commit is done, and nobody is told.
    broker.inject("drop:api=OffsetCommit,client=test,times=1".parse().unwrap());
    client.send(&commit(1, &member, 7), 9).await;
    assert_eq!(committed(&mut client, 9).await, 7, "what is behind the dropped answer is answered");

    broker.inject("duplicate:api=Heartbeat,times=1".parse().unwrap());
    let first = client.send(&heartbeat(1, &member), 4).await;
    let one = client.receive::<kafka_protocol::messages::HeartbeatRequest>(4, first).await;
    let other = client.receive::<kafka_protocol::messages::HeartbeatRequest>(4, first).await;
    assert_eq!(one, other);

    broker.inject("close:client=other".parse().unwrap());
    assert_eq!(client.ask(&heartbeat(1, &member), 4).await.error_code, 0, "another client is meant");
    broker.clear_faults();
    broker.inject("close:api=Heartbeat".parse().unwrap());
    client.send(&heartbeat(1, &member), 4).await;
    assert_eq!(client.read().await, None);
    broker.shutdown().await;
}

/// Each API that can be answered with an error is, in every version.
#[tokio::test]
async fn an_error_fits_every_version() {
    let (broker, mut client) = broker(|_| {}).await;
    for api in ["JoinGroup", "SyncGroup", "OffsetCommit", "Heartbeat"] {
        broker.inject(format!("error:api={api},code=COORDINATOR_LOAD_IN_PROGRESS").parse().unwrap());
    }
    for version in 0..=9 {
        assert_eq!(client.ask(&join(version, "m"), version).await.error_code, 14);
        assert_eq!(client.ask(&sync(version.min(5), 1, "m"), version.min(5)).await.error_code, 14);
        assert_eq!(client.ask(&heartbeat(1, "m"), version.min(4)).await.error_code, 14);
        let refused = client.ask(&commit(1, "m", 1), version.max(2)).await;
        assert_eq!(refused.topics[0].partitions[0].error_code, 14);
    }
    let listed = client.ask(&ListGroupsRequest::default(), 5).await;
    assert_eq!(listed.groups, [], "nothing was carried out");
    broker.shutdown().await;
}

#[tokio::test]
async fn strikes_by_chance_follow_the_seed() {
    let mut strikes = Vec::new();
    for seed in [1, 1, 2] {
        let (broker, mut client) = broker(|config| {
            config.seed = seed;
            let fault = "error:api=Heartbeat,code=NOT_COORDINATOR,probability=0.5";
            config.faults.push(fault.parse().unwrap());
        })
        .await;
        let mut codes = Vec::new();
        for _ in 0..40 {
            codes.push(client.ask(&heartbeat(1, "m"), 4).await.error_code);
        }
        strikes.push(codes);
        broker.shutdown().await;
    }
    assert_eq!(strikes[0], strikes[1], "the same seed");
    assert_ne!(strikes[0], strikes[2]);
    let struck = strikes[0].iter().filter(|code| **code == 16).count();
    assert!((8..32).contains(&struck), "{struck} of 40");
}

#[tokio::test]
async fn a_session_is_made_to_end_and_a_group_to_rebalance() {
    let (broker, mut client) = broker(|_| {}).await;
    let member = alone(&mut client).await;
    assert_eq!(broker.rebalance("g").await, Ok(()));
    assert_eq!(client.ask(&heartbeat(1, &member), 4).await.error_code, 27, "REBALANCE_IN_PROGRESS");
    let not_stable = DisturbError::NotStable { group: "g".into(), state: "PreparingRebalance" };
    assert_eq!(broker.rebalance("g").await, Err(not_stable));
    let rejoined = client.ask(&join(9, &member), 9).await;
    assert_eq!((rejoined.error_code, rejoined.generation_id, rejoined.members.len()), (0, 2, 1));

    assert_eq!(client.ask(&sync(5, 2, &member), 5).await.error_code, 0);
    assert_eq!(broker.expire_session("g", &member).await, Ok(()));
    assert_eq!(client.ask(&heartbeat(2, &member), 4).await.error_code, 25, "UNKNOWN_MEMBER_ID");
    assert!(matches!(broker.expire_session("g", &member).await, Err(DisturbError::NoMember { .. })));
    broker.shutdown().await;
}

/// What a failover keeps: offsets and the generation that was synced. What it loses: a rebalance under way.
#[tokio::test]
async fn a_restarted_coordinator_has_what_kafkas_has() {
    let (broker, mut client) = broker(|_| {}).await;
    let member = alone(&mut client).await;
    assert_eq!(client.ask(&commit(1, &member, 5), 9).await.topics[0].partitions[0].error_code, 0);
    // Another one joins: the rebalance waits for the first.
    let mut other = Client::connect(broker.address()).await;
    let parked = other.send(&join(3, ""), 3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(client.ask(&heartbeat(1, &member), 4).await.error_code, 27, "REBALANCE_IN_PROGRESS");
    broker.restart_coordinator().await.unwrap();
    assert_eq!(other.receive::<JoinGroupRequest>(3, parked).await.error_code, 16, "NOT_COORDINATOR");
    assert_eq!(client.ask(&heartbeat(1, &member), 4).await.error_code, 0, "the rebalance is forgotten");
    assert_eq!(committed(&mut client, 9).await, 5);
    assert_eq!(
        client.ask(&commit(1, &member, 6), 9).await.topics[0].partitions[0].error_code,
        0,
        "topics are known"
    );
    assert_eq!(client.ask(&leave(5, &member), 5).await.members[0].error_code, 0);
    broker.shutdown().await;
}

fn subscription() -> Bytes {
    Bytes::from_static(&[0, 0, 0, 0, 0, 1, 0, 1, b't', 0xff, 0xff, 0xff, 0xff])
}

/// An assignment of partitions of a topic of one letter.
fn assignment(topic: u8, partitions: &[u8]) -> Bytes {
    let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 1, topic, 0, 0, 0, u8::try_from(partitions.len()).unwrap()];
    bytes.extend(partitions.iter().flat_map(|partition| [0, 0, 0, *partition]));
    bytes.extend([0xff; 4]);
    bytes.into()
}

fn subscribe(member: &str) -> JoinGroupRequest {
    let offer = JoinGroupRequestProtocol::default().with_name(text("range")).with_metadata(subscription());
    join(3, member).with_protocols(vec![offer])
}

fn assign(generation: i32, member: &str, to: &[(&str, Bytes)]) -> SyncGroupRequest {
    let given = to.iter().map(|(member, bytes)| {
        SyncGroupRequestAssignment::default().with_member_id(text(member)).with_assignment(bytes.clone())
    });
    SyncGroupRequest::default()
        .with_group_id(GroupId(text("g")))
        .with_generation_id(generation)
        .with_member_id(text(member))
        .with_assignments(given.collect())
}

#[tokio::test]
async fn clients_that_break_rules_are_named() {
    let (broker, mut leader) = broker(|_| {}).await;
    let mut follower = Client::connect(broker.address()).await;
    let a = leader.ask(&subscribe(""), 3).await.member_id.to_string();
    leader.ask(&assign(1, &a, &[(&a, assignment(b't', &[0, 1]))]), 3).await;
    // A clean generation breaks nothing.
    assert_eq!(leader.ask(&commit(1, &a, 0), 8).await.topics[0].partitions[0].error_code, 0);
    assert_eq!(broker.violations(), []);

    let waiting = follower.send(&subscribe(""), 3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(leader.ask(&subscribe(&a), 3).await.members.len(), 2);
    let b = follower.receive::<JoinGroupRequest>(3, waiting).await.member_id.to_string();
    let parked = follower.send(&assign(2, &b, &[(&a, Bytes::new())]), 3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let given =
        [(&*a, assignment(b't', &[1])), (&*b, assignment(b't', &[1])), ("nobody", assignment(b'x', &[0]))];
    assert_eq!(leader.ask(&assign(2, &a, &given), 3).await.error_code, 0);
    follower.receive::<SyncGroupRequest>(3, parked).await;
    // Offset 99 of partition 1, which has no records; and of a partition that it was not given.
    let mut beyond = commit(2, &b, 99);
    assert_eq!(follower.ask(&beyond, 8).await.topics[0].partitions[0].error_code, 0);
    beyond.topics[0].partitions[0].partition_index = 0;
    beyond.topics[0].partitions[0].committed_offset = 0;
    for _ in 0..2 {
        assert_eq!(follower.ask(&beyond, 8).await.topics[0].partitions[0].error_code, 0);
    }

    let found = broker.violations();
    let told: Vec<_> = found.iter().map(|v| (v.rule, v.member.to_string(), v.times)).collect();
    assert_eq!(
        told,
        [
            (ClientRule::LeaderAssigns, b.clone(), 1),
            (ClientRule::AssignsPartitionOnce, a, 1),
            (ClientRule::CommitsWhatExists, b.clone(), 1),
            (ClientRule::CommitsOwnPartitions, b, 2),
        ]
    );
    assert_eq!((found[0].client_id.as_str(), found[0].host.as_str()), ("test", "/127.0.0.1"));
    let metrics = broker.metrics().await;
    assert!(metrics.contains("muster_client_rule_violations_total{rule=\"commits_own_partitions\"} 2\n"));
    broker.shutdown().await;
}
