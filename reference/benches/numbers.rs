//! The broker's numbers, side by side in one run on loopback: `cargo bench -p muster-reference`.
//!
//! OffsetCommit with 16 connections and 64 requests on their way on each, in memory and synced to disk; the start
//! until the first answer; the replay of a million committed offsets; memory.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock"
)]

#[path = "../tests/client/mod.rs"]
mod client;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use client::Client;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::{ApiVersionsRequest, GroupId, OffsetCommitRequest, TopicName};
use kafka_protocol::protocol::StrBytes;
use muster_reference::broker::{Broker, BrokerConfig};

const CONNECTIONS: i32 = 16;
const DEPTH: i32 = 64;
const TIME: Duration = Duration::from_secs(3);
const OFFSETS: i32 = 1_000_000;
/// Offsets of one request of the million.
const AT_ONCE: i32 = 1000;

fn commit(group: i32, partitions: std::ops::Range<i32>) -> OffsetCommitRequest {
    let offsets = partitions.map(|partition| {
        OffsetCommitRequestPartition::default()
            .with_partition_index(partition)
            .with_committed_offset(7)
            .with_committed_metadata(Some(StrBytes::default()))
    });
    let topic = TopicName(StrBytes::from_static_str("t"));
    let topic = OffsetCommitRequestTopic::default().with_name(topic).with_partitions(offsets.collect());
    let group = GroupId(StrBytes::from_string(format!("group-{group}")));
    OffsetCommitRequest::default().with_group_id(group).with_topics(vec![topic])
}

async fn start(data: Option<&Path>) -> Broker {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), AT_ONCE);
    config.data = data.map(Path::to_owned);
    Broker::start(config).await.unwrap()
}

/// Commits until the time is over; how many.
async fn work(address: SocketAddr, group: i32) -> u32 {
    let mut client = Client::connect(address).await;
    let (request, started, mut answered) = (commit(group, 0..1), Instant::now(), 0);
    let bytes: Vec<u8> = (0..DEPTH / 2).flat_map(|_| client::frame(&request, 7, 1)).collect();
    client.write(&bytes).await;
    while started.elapsed() < TIME {
        // Another half goes out, and one comes in.
        client.write(&bytes).await;
        for _ in 0..DEPTH / 2 {
            client.read().await.unwrap();
            answered += 1;
        }
    }
    answered
}

async fn commits(data: Option<&Path>) -> f64 {
    let broker = start(data).await;
    let address = broker.address();
    let started = Instant::now();
    let workers: Vec<_> = (0..CONNECTIONS).map(|group| tokio::spawn(work(address, group))).collect();
    let mut all = 0;
    for worker in workers {
        all += worker.await.unwrap();
    }
    broker.shutdown().await;
    f64::from(all) / started.elapsed().as_secs_f64()
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

async fn replay(data: &Path) {
    let broker = start(Some(data)).await;
    let mut client = Client::connect(broker.address()).await;
    for group in 0..OFFSETS / AT_ONCE {
        client.ask(&commit(group, 0..AT_ONCE), 7).await;
    }
    broker.shutdown().await;
    let started = Instant::now();
    let broker = start(Some(data)).await;
    let mut client = Client::connect(broker.address()).await;
    client.ask(&ApiVersionsRequest::default(), 3).await;
    println!("start with {OFFSETS} offsets to replay:   {:>10.0?}", started.elapsed());
    broker.shutdown().await;
}

#[tokio::main]
async fn main() {
    let started = Instant::now();
    let broker = start(None).await;
    Client::connect(broker.address()).await.ask(&ApiVersionsRequest::default(), 3).await;
    println!("start to first answer, empty:            {:>10.1?}", started.elapsed());
    println!("memory, idle:                            {:>7} MB", resident_mb());
    broker.shutdown().await;
    let data = tempfile::tempdir().unwrap();
    println!("OffsetCommit/s in memory:                {:>10.0}", commits(None).await);
    println!("OffsetCommit/s synced to disk:           {:>10.0}", commits(Some(data.path())).await);
    let data = tempfile::tempdir().unwrap();
    replay(data.path()).await;
}
