//! `muster serve --data` is killed in the middle of its work, again and again (SIGKILL), while clients produce and
//! commit on several connections. After each start it must have all that it acknowledged, and nothing that was
//! never sent.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(clippy::disallowed_methods, reason = "a test waits, with a limit")]

#[path = "kill/broker.rs"]
mod broker;
#[path = "kill/client.rs"]
mod client;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use broker::Broker;
use client::Client;

/// Kills in all; `MUSTER_KILLS` asks for another number.
const KILLS: u32 = 200;
/// When a broker is killed: so many microseconds after its clients began, at least, and less than so many more.
const EARLIEST: u32 = 500;
const SPREAD: u32 = 30_000;
/// A prime: moments that are so far apart fill the spread evenly, and are the same in each run.
const STRIDE: u32 = 18_541;
/// Half of the connections produce, each to a partition of its own; half commit, each for a group of its own.
const CONNECTIONS: u8 = 6;
/// Requests that are on their way at once on a connection.
const DEPTH: usize = 8;

/// What one connection has sent, and what it was told. Numbers are given in the order of sending.
#[derive(Clone, Debug, Default)]
struct Ledger {
    sent: i64,
    acknowledged: i64,
    /// Of a producer: at which offset which number was acknowledged.
    stored: Vec<(i64, i64)>,
}

#[test]
fn nothing_acknowledged_is_lost_when_it_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let ledgers: Vec<_> = (0..CONNECTIONS).map(|_| Arc::new(Mutex::new(Ledger::default()))).collect();
    let wanted = std::env::var("MUSTER_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let started = Instant::now();
    for kill in 0..wanted {
        let mut broker = Broker::start(data.path());
        check(broker.address, &ledgers);
        let address = broker.address;
        let clients: Vec<_> = ledgers
            .iter()
            .zip(0..)
            .map(|(ledger, index)| (Arc::clone(ledger), index))
            .map(|(ledger, index)| thread::spawn(move || work(address, index, &ledger)))
            .collect();
        let moment = EARLIEST + kill.wrapping_mul(STRIDE) % SPREAD;
        thread::sleep(Duration::from_micros(u64::from(moment)));
        broker.kill();
        for client in clients {
            client.join().unwrap();
        }
    }
    let broker = Broker::start(data.path());
    check(broker.address, &ledgers);
    let acknowledged = check_records(broker.address, &ledgers);
    println!("{wanted} kills, {acknowledged} acknowledged, in {:?}", started.elapsed());
    assert!(acknowledged > 10 * i64::from(wanted), "{wanted} kills, {acknowledged} acknowledged");
}

/// Sends as fast as answers come, until the broker is gone.
fn work(address: SocketAddr, index: u8, ledger: &Mutex<Ledger>) {
    let Some(mut client) = Client::connect(address) else { return };
    let mut waiting = std::collections::VecDeque::new();
    loop {
        while waiting.len() < DEPTH {
            let number = {
                let mut ledger = ledger.lock().unwrap();
                ledger.sent += 1;
                ledger.sent
            };
            let sent = match index % 2 {
                0 => client.send_produce(index, number),
                _ => client.send_commit(index, number),
            };
            if sent.is_none() {
                return;
            }
            waiting.push_back(number);
        }
        let answer = match index % 2 {
            0 => client.produced(),
            _ => client.committed().map(|()| -1),
        };
        let (Some(offset), Some(number)) = (answer, waiting.pop_front()) else { return };
        let mut ledger = ledger.lock().unwrap();
        ledger.acknowledged = number;
        if offset >= 0 {
            ledger.stored.push((offset, number));
        }
    }
}

/// The committed offsets and the ends of the partitions.
fn check(address: SocketAddr, ledgers: &[Arc<Mutex<Ledger>>]) {
    let mut client = Client::connect(address).unwrap();
    for (ledger, index) in ledgers.iter().zip(0..) {
        let ledger = ledger.lock().unwrap();
        if index % 2 == 0 {
            let least = ledger.stored.last().map_or(0, |(offset, _)| offset + 1);
            let end = client.end(index).unwrap();
            assert!((least..=ledger.sent).contains(&end), "partition {index} ends at {end}, {ledger:?}");
        } else {
            let offset = client.offset(index).unwrap().max(0);
            let possible = ledger.acknowledged..=ledger.sent;
            assert!(possible.contains(&offset), "group {index} is at {offset}, not in {possible:?}");
        }
    }
}

/// Every record that was acknowledged is at its offset; gives how much was acknowledged in all.
fn check_records(address: SocketAddr, ledgers: &[Arc<Mutex<Ledger>>]) -> i64 {
    let mut client = Client::connect(address).unwrap();
    let mut acknowledged = 0;
    for (ledger, index) in ledgers.iter().zip(0..) {
        let ledger = ledger.lock().unwrap();
        if index % 2 == 0 {
            let records = client.records(index).unwrap();
            for (offset, number) in &ledger.stored {
                let found = records.get(usize::try_from(*offset).unwrap());
                assert_eq!(found, Some(&number.to_string()), "partition {index}, offset {offset}");
            }
            acknowledged += i64::try_from(ledger.stored.len()).unwrap();
        } else {
            acknowledged += ledger.acknowledged;
        }
    }
    acknowledged
}
