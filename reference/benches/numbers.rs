//! The broker's numbers, side by side in one run on loopback: `cargo bench -p muster-reference --bench numbers`.
//!
//! Every broker runs in a process of its own, so that memory is its own. The mock cluster of librdkafka takes part if
//! `tests/clients/install` has installed confluent-kafka; the load is the same for all, from the same generator.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, and stops when it cannot go on"
)]

#[path = "../tests/client/mod.rs"]
mod client;
#[path = "../tests/crowd/mod.rs"]
mod crowd;
#[path = "numbers/load.rs"]
mod load;
#[path = "numbers/process.rs"]
mod process;

use std::path::Path;
use std::time::{Duration, Instant};

use client::Client;
use kafka_protocol::messages::ApiVersionsRequest;
use process::Process;
use tokio::runtime::Runtime;

/// Committed offsets that are replayed.
const OFFSETS: i32 = 1_000_000;
/// Offsets of one request of these, and partitions of the topic.
const AT_ONCE: i32 = 1000;
const MEMBERS: usize = 1000;
/// Rounds of load, of which the middle one counts.
const ROUNDS: usize = 3;

/// Starts a broker and asks the group coordinator for something; how long that took, the process's start left out.
fn start_and_ask(runtime: &Runtime, data: Option<&Path>) -> (Process, Duration) {
    let broker = Process::serve(data);
    let (asked, address) = (Instant::now(), broker.address());
    runtime.block_on(async {
        let mut client = Client::connect(address).await;
        client.ask(&ApiVersionsRequest::default(), 3).await;
        client.ask(&load::fetch(0), 7).await;
    });
    let took = broker.took_to_start() + asked.elapsed();
    (broker, took)
}

fn line(what: &str, value: &str) {
    println!("{what:<58}{value:>16}");
}

fn start(runtime: &Runtime) {
    let (broker, took) = start_and_ask(runtime, None);
    line("start to first answer, empty", &format!("{took:.1?}"));
    line("memory, idle", &format!("{} kB", broker.resident_kb()));
}

fn members(runtime: &Runtime) {
    let broker = Process::serve(None);
    let connected = runtime.block_on(crowd::connect(broker.address(), MEMBERS));
    let idle_kb = broker.resident_kb();
    let (joined, _) = runtime.block_on(crowd::rebalance(connected));
    let grown_kb = broker.resident_kb().saturating_sub(idle_kb);
    let grown = grown_kb * 1024 / u64::try_from(MEMBERS).unwrap();
    line("memory of a member, after its first rebalance", &format!("{grown} bytes"));
    let mut members = joined;
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        let (again, took) = runtime.block_on(crowd::rebalance(members));
        members = again;
        all.push(took);
    }
    all.sort_by_key(|took| took.after_the_last_join);
    let middle = all[ROUNDS / 2];
    line(
        "rebalance of 1,000 members, from the last JoinGroup",
        &format!("{:.0?}", middle.after_the_last_join),
    );
    line("  from the first JoinGroup", &format!("{:.0?}", middle.in_all));
}

fn commits() {
    let data = tempfile::tempdir().unwrap();
    let mut brokers = vec![
        ("OffsetCommit/s in memory", Process::serve(None)),
        ("OffsetCommit/s synced to disk", Process::serve(Some(data.path()))),
    ];
    match Process::mock() {
        Some(mock) => brokers.push(("OffsetCommit/s, mock cluster of librdkafka", mock)),
        None => println!("no mock cluster: tests/clients/install has not installed confluent-kafka"),
    }
    let mut rates = vec![Vec::new(); brokers.len()];
    for _ in 0..ROUNDS {
        for ((_, broker), rates) in brokers.iter().zip(&mut rates) {
            rates.push(load::commits_per_second(broker.address()));
        }
    }
    for ((what, _), rates) in brokers.iter().zip(&mut rates) {
        rates.sort_by(f64::total_cmp);
        line(what, &format!("{:.0}", rates[ROUNDS / 2]));
    }
}

fn replay(runtime: &Runtime) {
    let data = tempfile::tempdir().unwrap();
    let broker = Process::serve(Some(data.path()));
    runtime.block_on(async {
        let mut client = Client::connect(broker.address()).await;
        for group in 0..OFFSETS / AT_ONCE {
            client.ask(&load::commit(group, 0..AT_ONCE), 7).await;
        }
    });
    broker.stop();
    let (broker, took) = start_and_ask(runtime, Some(data.path()));
    line("start with 1,000,000 offsets to replay, to first answer", &format!("{took:.0?}"));
    line("  memory", &format!("{} kB", broker.resident_kb()));
}

fn main() {
    if process::is_broker() {
        return process::run();
    }
    let runtime = Runtime::new().unwrap();
    // Some of it, if that is named: `cargo bench ... -- members`.
    let named: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    if wanted("start") {
        start(&runtime);
    }
    if wanted("members") {
        members(&runtime);
    }
    if wanted("commits") {
        commits();
    }
    if wanted("replay") {
        replay(&runtime);
    }
}
