//! The broker over a real socket.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod asks;
mod client;

use std::time::Duration;

use asks::{commit, committed, heartbeat, join, joined, leave, sync, text};
use client::{Client, frame, framed};
use kafka_protocol::messages::{
    AlterConfigsRequest, ApiKey, ApiVersionsRequest, CreatePartitionsRequest, CreateTopicsRequest,
    DeleteGroupsRequest, DeleteTopicsRequest, DescribeClusterRequest, DescribeConfigsRequest,
    DescribeGroupsRequest, FetchRequest, FindCoordinatorRequest, GroupId, HeartbeatRequest,
    IncrementalAlterConfigsRequest, InitProducerIdRequest, JoinGroupRequest, LeaveGroupRequest,
    ListGroupsRequest, ListOffsetsRequest, ListPartitionReassignmentsRequest, MetadataRequest,
    OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest, OffsetForLeaderEpochRequest,
    ProduceRequest, SaslAuthenticateRequest, SaslHandshakeRequest, SyncGroupRequest,
};
use kafka_protocol::protocol::Request;
use muster_reference::broker::{Broker, BrokerConfig, StartError};
use tokio::time::Instant;

async fn broker(properties: &[(&str, &str)]) -> Broker {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), 2);
    config.set("group.min.session.timeout.ms", "100").unwrap();
    for (property, value) in properties {
        config.set(property, value).unwrap();
    }
    Broker::start(config).await.unwrap()
}

/// Whoever takes part in a group, in each version of each request: joins, syncs, beats, commits, reads, leaves.
#[tokio::test]
async fn a_member_lives_in_every_version() {
    let broker = broker(&[("group.initial.rebalance.delay.ms", "0")]).await;
    let mut client = Client::connect(broker.address()).await;
    let mut generation = 0;
    for version in 0..=9 {
        let member = joined(&mut client, version).await;
        generation += 1;
        assert_eq!((member.error_code, member.generation_id), (0, generation), "version {version}");
        assert_eq!(member.protocol_name.as_deref(), Some("range"));
        assert_eq!((&member.leader, member.members.len()), (&member.member_id, 1));
        let id = member.member_id.as_str();
        assert!(id.starts_with("test-"), "Kafka's member ids start with the client's");
        let synced = client.ask(&sync(version.min(5), generation, id), version.min(5)).await;
        assert_eq!((synced.error_code, &synced.assignment[..]), (0, &b"a"[..]));
        assert_eq!(client.ask(&heartbeat(generation, id), version.min(4)).await.error_code, 0);
        let offset = i64::from(version) + 5;
        let stored = client.ask(&commit(generation, id, offset), version.max(2)).await;
        assert_eq!(stored.topics[0].partitions[0].error_code, 0);
        assert_eq!(committed(&mut client, version.max(1)).await, offset);
        let left = client.ask(&leave(version.min(5), id), version.min(5)).await;
        assert_eq!((left.error_code, left.members.len()), (0, usize::from(version >= 3)));
        // Empty is a generation too.
        generation += 1;
        let gone = client.ask(&heartbeat(generation, id), version.min(4)).await;
        assert_eq!(gone.error_code, 25, "UNKNOWN_MEMBER_ID");
    }
    broker.shutdown().await;
}

async fn in_every_version<R: Request + Default>(client: &mut Client, request: &R, tried: &mut usize) {
    let advertised = client.ask(&ApiVersionsRequest::default(), 0).await;
    let range = advertised.api_keys.iter().find(|api| api.api_key == R::KEY).unwrap();
    for version in range.min_version..=range.max_version {
        client.ask(request, version).await;
        *tried += 1;
    }
}

/// Every advertised version of every advertised API takes an empty request and answers readably.
#[tokio::test]
async fn every_advertised_version_is_answered() {
    let broker = broker(&[]).await;
    let mut client = Client::connect(broker.address()).await;
    let mut tried = 0;
    in_every_version(&mut client, &ApiVersionsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &MetadataRequest::default(), &mut tried).await;
    in_every_version(&mut client, &FindCoordinatorRequest::default(), &mut tried).await;
    in_every_version(&mut client, &ProduceRequest::default().with_acks(-1), &mut tried).await;
    in_every_version(&mut client, &FetchRequest::default(), &mut tried).await;
    in_every_version(&mut client, &ListOffsetsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &CreateTopicsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &InitProducerIdRequest::default(), &mut tried).await;
    in_every_version(&mut client, &DeleteTopicsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &OffsetForLeaderEpochRequest::default(), &mut tried).await;
    in_every_version(&mut client, &DescribeConfigsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &AlterConfigsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &IncrementalAlterConfigsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &CreatePartitionsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &ListPartitionReassignmentsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &DescribeClusterRequest::default(), &mut tried).await;
    in_every_version(&mut client, &DeleteGroupsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &SaslHandshakeRequest::default(), &mut tried).await;
    in_every_version(&mut client, &SaslAuthenticateRequest::default(), &mut tried).await;
    in_every_version(&mut client, &OffsetDeleteRequest::default(), &mut tried).await;
    in_every_version(&mut client, &ListGroupsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &DescribeGroupsRequest::default(), &mut tried).await;
    in_every_version(&mut client, &SyncGroupRequest::default(), &mut tried).await;
    in_every_version(&mut client, &HeartbeatRequest::default(), &mut tried).await;
    in_every_version(&mut client, &LeaveGroupRequest::default(), &mut tried).await;
    in_every_version(&mut client, &OffsetCommitRequest::default(), &mut tried).await;
    in_every_version(&mut client, &OffsetFetchRequest::default(), &mut tried).await;
    for version in 0..=9 {
        client.ask(&join(version, "nobody"), version).await;
        tried += 1;
    }
    let advertised = client.ask(&ApiVersionsRequest::default(), 4).await.api_keys;
    let versions: i16 = advertised.iter().map(|api| api.max_version - api.min_version + 1).sum();
    assert_eq!(tried, usize::try_from(versions).unwrap(), "every version was tried");
    broker.shutdown().await;
}

/// What a version above the broker's gets: error 35 in the body of version 0, whatever its own looks like.
#[tokio::test]
async fn a_newer_api_versions_is_answered_in_version_0() {
    let broker = broker(&[]).await;
    let mut client = Client::connect(broker.address()).await;
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&(ApiKey::ApiVersions as i16).to_be_bytes());
    bytes.extend_from_slice(&99_i16.to_be_bytes());
    bytes.extend_from_slice(&7_i32.to_be_bytes());
    bytes.extend_from_slice(&[0xff; 9]);
    client.write(&framed(&bytes)).await;
    let answer = client.receive::<ApiVersionsRequest>(0, 7).await;
    assert_eq!(answer.error_code, 35, "UNSUPPORTED_VERSION");
    assert!(answer.api_keys.iter().any(|api| api.api_key == ApiKey::JoinGroup as i16));
    broker.shutdown().await;
}

/// Frames that are no requests close their connection, and harm nothing else.
#[tokio::test]
async fn malformed_frames_close_their_connection() {
    let broker = broker(&[("socket.request.max.bytes", "100000")]).await;
    let header = |key: ApiKey, version: i16, rest: &[u8]| {
        let mut bytes = (key as i16).to_be_bytes().to_vec();
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 1, 0xff, 0xff]);
        bytes.extend_from_slice(rest);
        framed(&bytes)
    };
    let huge = i32::MAX.to_be_bytes();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a negative length", vec![0xff; 4]),
        ("a length above socket.request.max.bytes", 100_001_i32.to_be_bytes().to_vec()),
        ("no bytes at all", framed(&[])),
        ("half a header", framed(&[0, 3, 0])),
        ("an unknown API", framed(&[0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff])),
        ("an API that is not implemented", header(ApiKey::AlterConfigs, 1, &[0; 8])),
        ("a version that is not", header(ApiKey::JoinGroup, 10, &[])),
        ("a negative version", header(ApiKey::Metadata, -1, &[])),
        ("a client id beyond the end", framed(&[0, 3, 0, 1, 0, 0, 0, 1, 0x7f, 0xff])),
        ("an array beyond memory", header(ApiKey::Metadata, 1, &huge)),
        ("a compact array beyond memory", header(ApiKey::Metadata, 12, &[0, 0xff, 0xff, 0xff, 0xff, 0x0f])),
        ("a varint without end", header(ApiKey::Metadata, 12, &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
        ("text beyond the end", header(ApiKey::Metadata, 1, &[0, 0, 0, 1, 0x7f, 0xff])),
        ("text that is none", header(ApiKey::Metadata, 1, &[0, 0, 0, 1, 0, 2, 0xc3, 0x28])),
        ("null where it is not allowed", header(ApiKey::Heartbeat, 0, &[0xff, 0xff, 0, 0, 0, 0, 0, 0])),
        ("a request that goes on", header(ApiKey::Metadata, 1, &[0, 0, 0, 0, 9])),
    ];
    for (what, bytes) in cases {
        let mut client = Client::connect(broker.address()).await;
        client.write(&bytes).await;
        let read = tokio::time::timeout(Duration::from_secs(5), client.read()).await;
        assert_eq!(read, Ok(None), "{what}");
        Client::connect(broker.address()).await.ask(&MetadataRequest::default(), 12).await;
    }
    broker.shutdown().await;
}

/// Whatever single byte of a request is changed, the broker answers or closes the connection, and goes on.
#[tokio::test]
async fn garbled_requests_harm_nothing() {
    let broker = broker(&[("group.initial.rebalance.delay.ms", "0")]).await;
    let requests = [
        frame(&join(9, ""), 9, 1),
        frame(&sync(5, 1, "m"), 5, 1),
        frame(&commit(1, "m", 1), 9, 1),
        frame(&leave(5, "m"), 5, 1),
        frame(&MetadataRequest::default(), 12, 1),
    ];
    let mut tried = 0;
    for request in requests {
        for at in 4..request.len() {
            for value in [0x00, 0x7f, 0xff] {
                let mut bytes = request.clone();
                bytes[at] = value;
                let mut client = Client::connect(broker.address()).await;
                client.write(&bytes).await;
                // It may be parked, too.
                let _ = tokio::time::timeout(Duration::from_millis(5), client.read()).await;
                tried += 1;
            }
        }
    }
    assert!(tried > 500);
    Client::connect(broker.address()).await.ask(&MetadataRequest::default(), 12).await;
    broker.shutdown().await;
}

/// A parked JoinGroup holds up what is behind it on its connection, and nothing of that is lost.
#[tokio::test]
async fn what_is_behind_a_parked_join_waits_in_order() {
    let broker = broker(&[("group.initial.rebalance.delay.ms", "300")]).await;
    let mut client = Client::connect(broker.address()).await;
    let mut bytes = frame(&join(3, ""), 3, 1);
    bytes.extend(frame(&heartbeat(1, "nobody"), 4, 2));
    bytes.extend(frame(&MetadataRequest::default().with_topics(None), 12, 3));
    let started = Instant::now();
    client.write(&bytes).await;
    // Other connections are served meanwhile.
    let mut other = Client::connect(broker.address()).await;
    assert_eq!(other.ask(&heartbeat(0, "nobody"), 4).await.error_code, 25);
    assert!(started.elapsed() < Duration::from_millis(250), "the probe was not held up");
    assert_eq!(client.receive::<JoinGroupRequest>(3, 1).await.generation_id, 1);
    assert!(started.elapsed() >= Duration::from_millis(300), "the join was parked");
    assert_eq!(client.receive::<HeartbeatRequest>(4, 2).await.error_code, 25);
    assert_eq!(client.receive::<MetadataRequest>(12, 3).await.topics.len(), 1);
    broker.shutdown().await;
}

/// A retry on another connection takes the place of a parked JoinGroup: only the retry is answered.
#[tokio::test]
async fn a_replaced_join_is_never_answered() {
    let broker = broker(&[("group.initial.rebalance.delay.ms", "300")]).await;
    let (mut first, mut second) =
        (Client::connect(broker.address()).await, Client::connect(broker.address()).await);
    let member = first.ask(&join(9, ""), 9).await.member_id;
    first.send(&join(9, &member), 9).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(second.ask(&join(9, &member), 9).await.generation_id, 1);
    assert!(tokio::time::timeout(Duration::from_millis(200), first.read()).await.is_err(), "it stays parked");
    broker.shutdown().await;
}

/// The connection of a parked request closes: the member stays, until its session ends.
#[tokio::test]
async fn a_member_that_stops_is_removed_by_its_session() {
    let broker = broker(&[("group.initial.rebalance.delay.ms", "0")]).await;
    let mut client = Client::connect(broker.address()).await;
    let request = join(3, "").with_session_timeout_ms(300);
    let member = client.ask(&request, 3).await;
    client.ask(&sync(3, 1, &member.member_id), 3).await;
    assert_eq!(client.ask(&heartbeat(1, &member.member_id), 4).await.error_code, 0);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(client.ask(&heartbeat(1, &member.member_id), 4).await.error_code, 0, "a heartbeat renews it");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(client.ask(&heartbeat(1, &member.member_id), 4).await.error_code, 25);
    let described =
        client.ask(&DescribeGroupsRequest::default().with_groups(vec![GroupId(text("g"))]), 6).await;
    assert_eq!(described.groups[0].group_state.as_str(), "Empty");
    broker.shutdown().await;
}

/// A static member that restarts keeps its place, is told to skip the assignment, and fences the process that it was.
#[tokio::test]
async fn a_static_member_comes_back_without_a_rebalance() {
    let broker = broker(&[]).await;
    let mut client = Client::connect(broker.address()).await;
    let join = join(9, "").with_group_instance_id(Some(text("i")));
    let first = client.ask(&join, 9).await;
    assert_eq!((first.error_code, first.generation_id), (0, 1));
    assert!(first.member_id.starts_with("i-"), "{}", first.member_id.as_str());
    assert_eq!(first.members[0].group_instance_id, Some(text("i")));
    client.ask(&sync(5, 1, &first.member_id), 5).await;
    let again = client.ask(&join, 9).await;
    assert_eq!((again.error_code, again.generation_id, again.skip_assignment), (0, 1, true));
    assert_eq!(again.leader, again.member_id);
    let beat = heartbeat(1, &first.member_id).with_group_instance_id(Some(text("i")));
    assert_eq!(client.ask(&beat, 4).await.error_code, 82, "FENCED_INSTANCE_ID");
    let described =
        client.ask(&DescribeGroupsRequest::default().with_groups(vec![GroupId(text("g"))]), 6).await;
    assert_eq!(described.groups[0].members[0].group_instance_id, Some(text("i")));
    broker.shutdown().await;
}

/// The address is taken while a broker runs, and free once it has stopped.
#[tokio::test]
async fn an_address_in_use_is_one_clear_error() {
    let first = broker(&[]).await;
    let config = BrokerConfig { listen: first.address().to_string(), ..BrokerConfig::default() };
    let refused = Broker::start(config.clone()).await;
    assert!(matches!(&refused, Err(StartError::Listen { .. })), "{refused:?}");
    let mut idle = Client::connect(first.address()).await;
    first.shutdown().await;
    assert_eq!(idle.read().await, None, "connections are closed");
    Broker::start(config).await.unwrap().shutdown().await;
}
