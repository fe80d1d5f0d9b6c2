//! What the judging proxy adds to a request, direct and through it side by side: `cargo bench -p muster-conformance
//! --bench latency`.
//!
//! One connection asks and waits, so that every microsecond on the way shows. What passes is judged meanwhile, as
//! `muster conform proxy` does, and more often.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, and stops when it cannot go on"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use kafka_protocol::messages::{ApiKey, GroupId, HeartbeatRequest, RequestHeader};
use kafka_protocol::protocol::{Encodable, StrBytes, encode_request_header_into_buffer};
use muster_conformance::observe::judge::Live;
use muster_conformance::observe::proxy::{Passed, Proxy};
use muster_conformance::observe::stream::Assembler;
use muster_conformance::observe::verdict::GroupVerdict;
use muster_reference::broker::{Broker, BrokerConfig};
use muster_reference::coordinator::{Config, GroupId as Group};
use tokio::sync::mpsc::UnboundedReceiver;

/// Round trips of a turn, and turns of each way; the ways take turns, so that a busy machine is busy for both.
const TRIPS: usize = 500;
const TURNS: usize = 8;
const VERSION: i16 = 4;
const GROUP: &str = "latency";

fn heartbeat() -> Vec<u8> {
    let header = RequestHeader::default()
        .with_request_api_key(ApiKey::Heartbeat as i16)
        .with_request_api_version(VERSION)
        .with_client_id(Some(StrBytes::from_static_str("latency")));
    let request = HeartbeatRequest::default()
        .with_group_id(GroupId(StrBytes::from_static_str(GROUP)))
        .with_member_id(StrBytes::from_static_str("nobody"));
    let mut frame = BytesMut::new();
    encode_request_header_into_buffer(&mut frame, &header).unwrap();
    request.encode(&mut frame, VERSION).unwrap();
    let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
    [&length[..], &frame].concat()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn trip(stream: &mut TcpStream, frame: &[u8]) -> Duration {
    let asked = Instant::now();
    stream.write_all(frame).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut answer).unwrap();
    asked.elapsed()
}

/// Judges what passes, a hundred times a second; how many exchanges were explained.
async fn judge(mut passed: UnboundedReceiver<Passed>) {
    let (mut assembler, mut judged, config) = (Assembler::default(), Live::default(), Config::default());
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    loop {
        tokio::select! {
            seen = passed.recv() => match seen {
                Some(Passed::Chunk(chunk)) => assembler.take(&chunk),
                Some(Passed::Closed { connection, .. }) => assembler.close(&connection),
                Some(Passed::Trouble(line)) => println!("{line}"),
                None => return,
            },
            _at = tick.tick() => {
                let history = assembler.history();
                let _verdict = GroupVerdict::live(history, &Group::from(GROUP), &config, &mut judged);
            }
        }
    }
}

fn told(name: &str, times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    let at = |hundredth: usize| times[times.len() * hundredth / 100];
    println!("{name:<10} median {:>10.1?}   99th of 100 {:>10.1?}   {} trips", at(50), at(99), times.len());
    at(50)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (to, passed) = tokio::sync::mpsc::unbounded_channel();
    let (broker, proxy) = runtime.block_on(async {
        let listen = "127.0.0.1:0".to_owned();
        let broker = Broker::start(BrokerConfig { listen, ..BrokerConfig::default() }).await.unwrap();
        let address = broker.address().to_string();
        let proxy = Proxy::bind("127.0.0.1:0".parse().unwrap(), address, to).await.unwrap();
        (broker, proxy)
    });
    let (mut direct, mut through) = (connect(broker.address()), connect(proxy.address().unwrap()));
    runtime.spawn(proxy.run());
    runtime.spawn(judge(passed));
    let frame = heartbeat();
    let (mut direct_times, mut through_times) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        for (stream, times) in [(&mut direct, &mut direct_times), (&mut through, &mut through_times)] {
            let turn_times = (0..TRIPS).map(|_| trip(stream, &frame));
            // The first turn warms up.
            if turn == 0 { drop(turn_times.collect::<Vec<_>>()) } else { times.extend(turn_times) }
        }
    }
    let without = told("direct", &mut direct_times);
    let with = told("through", &mut through_times);
    println!("added at the median: {:.1?}", with.saturating_sub(without));
    runtime.shutdown_background();
}
