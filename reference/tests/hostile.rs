//! Clients that mean harm, or do not know better: the broker stays up, stays small, and serves the others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod asks;
mod client;
mod harm;

use std::time::Duration;

use asks::{commit, heartbeat, join, sync};
use client::{Client, frame, framed};
use harm::{broker, closes, resident_kb, serves};
use kafka_protocol::messages::{ApiVersionsRequest, MetadataRequest, OffsetCommitRequest};
use proptest::prelude::*;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn a_length_reserves_no_memory() {
    let broker = broker(&[]).await;
    let before = resident_kb();
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = Client::connect(broker.address()).await;
        // 100 MiB are claimed, the most that is allowed; 4 bytes come.
        client.write(&104_857_600_i32.to_be_bytes()).await;
        client.write(&[0; 4]).await;
        clients.push(client);
    }
    serves(&broker).await;
    let grown = resident_kb().saturating_sub(before);
    assert!(grown < 50_000, "{grown} kB for 50 claims of 100 MiB");
    for length in [-1, i32::MIN, i32::MAX, 104_857_601] {
        let mut client = Client::connect(broker.address()).await;
        client.write(&length.to_be_bytes()).await;
        assert!(closes(&mut client).await, "a frame of {length} bytes");
    }
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_silent_connections_are_closed() {
    let broker = broker(&[("connections.max.idle.ms", "300")]).await;
    let mut silent = Client::connect(broker.address()).await;
    let mut half = Client::connect(broker.address()).await;
    let whole = frame(&heartbeat(1, "m"), 4, 1);
    half.write(&whole[..whole.len() / 2]).await;
    assert!(closes(&mut silent).await && closes(&mut half).await);
    // One that asks and asks, and never reads.
    let mut deaf = Client::connect(broker.address()).await;
    let many = frame(&ApiVersionsRequest::default(), 3, 1).repeat(1000);
    let told = timeout(Duration::from_secs(20), async { while deaf.try_write(&many).await {} }).await;
    assert!(told.is_ok(), "it is closed, and does not fill the broker's memory");
    serves(&broker).await;
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_bounded_and_small() {
    let broker = broker(&[("max.connections", "400")]).await;
    let before = resident_kb();
    let mut clients = Vec::new();
    for _ in 0..400 {
        let mut client = Client::connect(broker.address()).await;
        assert_eq!(client.ask(&ApiVersionsRequest::default(), 3).await.error_code, 0);
        clients.push(client);
    }
    let each = resident_kb().saturating_sub(before) / 400;
    assert!(each < 40, "{each} kB a connection, of both of its ends");
    let mut one_more = Client::connect(broker.address()).await;
    assert!(closes(&mut one_more).await);
    clients.truncate(300);
    tokio::time::sleep(Duration::from_millis(200)).await;
    serves(&broker).await;
    broker.shutdown().await;
}

/// Requests of one connection that are sent at once are answered in order, those that begin together and those that
/// do not.
#[tokio::test(flavor = "multi_thread")]
async fn answers_keep_the_order_of_the_requests() {
    let broker = broker(&[]).await;
    let mut client = Client::connect(broker.address()).await;
    let mut bytes = Vec::new();
    for number in 0..300 {
        match number % 3 {
            0 => bytes.extend(frame(&commit(-1, "", i64::from(number)), 7, number)),
            1 => bytes.extend(frame(&heartbeat(1, "nobody"), 4, number)),
            _ => bytes.extend(frame(&MetadataRequest::default().with_topics(None), 12, number)),
        }
    }
    client.write(&bytes).await;
    for number in 0..300 {
        match number % 3 {
            0 => _ = client.receive::<OffsetCommitRequest>(7, number).await,
            1 => _ = client.receive::<kafka_protocol::messages::HeartbeatRequest>(4, number).await,
            _ => _ = client.receive::<MetadataRequest>(12, number).await,
        }
    }
    assert_eq!(asks::committed(&mut client, 7).await, 297, "the last one counts");
    broker.shutdown().await;
}

fn sessions() -> impl Strategy<Value = Vec<u8>> {
    let right = prop_oneof![
        Just(frame(&join(3, ""), 3, 1)),
        Just(frame(&join(9, "x"), 9, 1)),
        Just(frame(&sync(5, 1, "m"), 5, 1)),
        Just(frame(&heartbeat(1, "m"), 4, 1)),
        Just(frame(&commit(-1, "", 5), 8, 1)),
        Just(frame(&commit(1, "m", 5), 2, 1)),
        Just(frame(&MetadataRequest::default().with_topics(None), 12, 1)),
        Just(frame(&ApiVersionsRequest::default(), 3, 1)),
    ];
    let noise = prop::collection::vec(any::<u8>(), 0..64).prop_map(|bytes| framed(&bytes));
    let changed =
        (right.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        });
    // Four bytes that claim much, somewhere in the body.
    let absurd = (right.clone(), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
        let at = 8 + at.index(bytes.len() - 12);
        bytes[at..at + 4].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff]);
        bytes
    });
    let whole = prop::collection::vec(prop_oneof![3 => right, 3 => changed, 2 => absurd, 1 => noise], 1..8);
    (whole, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(frames, at, is_cut)| {
        let mut bytes = frames.concat();
        if is_cut {
            bytes.truncate(at.index(bytes.len()) + 1);
        }
        bytes
    })
}

/// Whole sessions of right, wrong and absurd requests, drawn anew each time and shrunk when one does harm. Those that
/// once did are in `proptest-regressions`.
#[test]
fn any_session_is_answered_or_closed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let broker = runtime.block_on(broker(&[]));
    let before = resident_kb();
    let cases = std::env::var("MUSTER_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150);
    proptest!(ProptestConfig::with_cases(cases), |(session in sessions())| {
        runtime.block_on(async {
            let mut client = Client::connect(broker.address()).await;
            let _ = client.try_write(&session).await;
            client.end().await;
            // Its answers, until the broker closes too.
            let over = timeout(Duration::from_secs(10), async { while client.read().await.is_some() {} }).await;
            assert!(over.is_ok(), "the connection hangs");
        });
    });
    runtime.block_on(serves(&broker));
    let grown = resident_kb().saturating_sub(before);
    assert!(grown < 60_000, "{grown} kB after {cases} sessions");
    runtime.block_on(broker.shutdown());
}
