//! The broker's numbers, side by side in one run on loopback: `cargo bench -p muster-reference --bench numbers`.
//!
//! Every broker runs in a process of its own, so that memory is its own. The mock cluster of librdkafka and Apache Kafka
//! take part if `tests/clients/install` has installed them; the load is the same for all, from the same generator.

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
#[path = "numbers/kafka.rs"]
mod kafka;
#[path = "numbers/load.rs"]
mod load;
#[path = "numbers/process.rs"]
mod process;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use client::Client;
use kafka_protocol::messages::ApiVersionsRequest;
use process::Process;
use tokio::runtime::Runtime;

/// As in the binary `muster`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Committed offsets that are replayed.
const OFFSETS: i32 = 1_000_000;
/// Offsets of one request of these, and partitions of the topic.
const AT_ONCE: i32 = 1000;
/// Of a group that rebalances.
const MEMBERS: usize = 1000;
/// How often members whose memory is measured say that they live, and how long they wait each time: the default of
/// Kafka's clients.
const HEARTBEATS: usize = 5;
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(3);
/// Members whose memory is measured.
const CROWD: usize = 5000;
/// Rounds of load, of which the middle one counts.
const ROUNDS: usize = 3;
/// Other brokers that run and have the topic `t`: `NAME=HOST:PORT`, with commas between them.
const OTHERS: &str = "MUSTER_BENCH_BROKERS";
/// What was needed for a moment has been given back after so long.
const SETTLES_WITHIN: Duration = Duration::from_secs(3);

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

/// Resident memory of the broker's process, as a share of what members add to it who come in groups of this size: what
/// their connections take, each one of its own, what they take when they have joined and synced, and what they take from
/// then on: a broker gives back what a rebalance took while it answers their heartbeats.
fn memory_of_members(runtime: &Runtime, group_size: usize) {
    let broker = Process::serve(None);
    let settled_kb = || {
        std::thread::sleep(SETTLES_WITHIN);
        // What was freed is given back when something is done.
        runtime.block_on(async {
            let mut client = Client::connect(broker.address()).await;
            for _ in 0..1000 {
                client.ask(&load::fetch(0), 7).await;
            }
        });
        broker.resident_kb()
    };
    let before_kb = settled_kb();
    let mut crowds = Vec::new();
    for number in 0..CROWD / group_size {
        let group = format!("crowd-{number}");
        crowds.extend(runtime.block_on(crowd::connect(broker.address(), &group, group_size)));
    }
    let connected_kb = settled_kb();
    let (mut members, _) = runtime.block_on(crowd::rebalance(crowds));
    let joined_kb = settled_kb();
    for _ in 0..HEARTBEATS {
        std::thread::sleep(HEARTBEAT_INTERVAL);
        runtime.block_on(crowd::heartbeat(&mut members));
    }
    let living_kb = broker.resident_kb();
    let of_one = |from: u64, to: u64| to.saturating_sub(from) * 1024 / u64::try_from(CROWD).unwrap();
    let (joined, living) = (of_one(connected_kb, joined_kb), of_one(connected_kb, living_kb));
    line(&format!("memory of a member, {CROWD} in groups of {group_size}"), &format!("{living} bytes"));
    line("  before its first heartbeat", &format!("{joined} bytes"));
    line("  of its connection", &format!("{} bytes", of_one(before_kb, connected_kb)));
}

fn members(runtime: &Runtime) {
    for group_size in [1000, 100] {
        memory_of_members(runtime, group_size);
    }
    let broker = Process::serve(None);
    let mut members = runtime.block_on(crowd::connect(broker.address(), "crowd", MEMBERS));
    let mut all = Vec::new();
    for round in 0..=ROUNDS {
        let (again, took) = runtime.block_on(crowd::rebalance(members));
        members = again;
        // The first waits for members to come (`group.initial.rebalance.delay.ms`).
        if round > 0 {
            all.push(took);
        }
    }
    all.sort_by_key(|took| took.after_the_last_join);
    let middle = all[ROUNDS / 2];
    line(
        "rebalance of 1,000 members, from the last JoinGroup",
        &format!("{:.0?}", middle.after_the_last_join),
    );
    line("  from the first JoinGroup", &format!("{:.0?}", middle.in_all));
}

/// A broker that is loaded with commits, and what came of it.
struct Loaded {
    name: String,
    address: SocketAddr,
    /// None: it was there already.
    process: Option<Process>,
    /// Seconds of a processor that it had used before it was measured.
    processor_before: f64,
    rates: Vec<f64>,
}

impl Loaded {
    fn new(name: &str, process: Process) -> Self {
        let address = process.address();
        Self {
            name: name.to_owned(),
            address,
            process: Some(process),
            processor_before: 0.0,
            rates: Vec::new(),
        }
    }

    fn other(text: &str) -> Self {
        let (name, address) = text.split_once('=').unwrap();
        Self {
            name: name.to_owned(),
            address: address.parse().unwrap(),
            process: None,
            processor_before: 0.0,
            rates: Vec::new(),
        }
    }
}

fn commits(runtime: &Runtime) {
    let data = tempfile::tempdir().unwrap();
    let mut brokers = vec![
        Loaded::new("in memory", Process::serve(None)),
        Loaded::new("synced to disk", Process::serve(Some(data.path()))),
    ];
    match Process::mock() {
        Some(mock) => brokers.push(Loaded::new("mock cluster of librdkafka", mock)),
        None => println!("no mock cluster: tests/clients/install has not installed confluent-kafka"),
    }
    let flushes =
        [("Apache Kafka, not synced", ""), ("Apache Kafka, synced", "log.flush.interval.messages=1\n")];
    for (name, flush) in flushes {
        match kafka::start(runtime, process::clients(), flush) {
            Some(kafka) => brokers.push(Loaded::new(name, kafka)),
            None => println!("no {name}: tests/clients/install has not installed it"),
        }
    }
    let others = std::env::var(OTHERS).unwrap_or_default();
    brokers.extend(others.split(',').filter(|text| !text.is_empty()).map(Loaded::other));
    // Who is compiled as it runs is given the time for it.
    for broker in &mut brokers {
        load::commits_per_second(broker.address);
        broker.processor_before = broker.process.as_ref().map_or(0.0, Process::processor_seconds);
    }
    for _ in 0..ROUNDS {
        for broker in &mut brokers {
            broker.rates.push(load::commits_per_second(broker.address));
        }
    }
    for Loaded { name, process, processor_before, mut rates, .. } in brokers {
        let all: f64 = rates.iter().sum::<f64>() * load::TIME.as_secs_f64();
        rates.sort_by(f64::total_cmp);
        line(&format!("OffsetCommit/s, {name}"), &format!("{:.0}", rates[ROUNDS / 2]));
        if let Some(process) = process {
            line(
                "  processor time of one",
                &format!("{:.1} µs", (process.processor_seconds() - processor_before) * 1e6 / all),
            );
        }
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
        commits(&runtime);
    }
    if wanted("replay") {
        replay(&runtime);
    }
}
