//! What the judging proxy adds to a request, direct and through it side by side: `cargo bench -p muster-conformance
//! --bench latency`.
//!
//! One connection asks and waits, so that every microsecond on the way shows: alone, beside the heartbeats of many groups,
//! and beside producers and consumers whose records go through the proxy too. What passes is judged meanwhile, as
//! `muster conform proxy` does, and more often.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, and stops when it cannot go on"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    BrokerId, FetchRequest, GroupId, HeartbeatRequest, ProduceRequest, RequestHeader, TopicName,
};
use kafka_protocol::protocol::{Encodable, Request, StrBytes};
use kafka_protocol::records::{Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType};
use muster_conformance::observe::proxy::{Passed, Proxy, Traffic};
use muster_conformance::observe::stream::Sink as _;
use muster_conformance::observe::watch::Watch;
use muster_reference::broker::{Broker, BrokerConfig};
use muster_reference::coordinator::Config;

/// Round trips of a turn, and turns of each way; the ways take turns, so that a busy machine is busy for both.
const TRIPS: usize = 500;
const TURNS: usize = 40;
const GROUPS: usize = 200;
const TOPIC: &str = "t";
/// Bytes of a record.
const RECORD: usize = 16 * 1024;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn framed<R: Request>(request: &R, version: i16) -> Vec<u8> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_client_id(Some(StrBytes::from_static_str("latency")));
    let mut frame = BytesMut::new();
    header.encode(&mut frame, R::header_version(version)).unwrap();
    request.encode(&mut frame, version).unwrap();
    let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
    [&length[..], &frame].concat()
}

fn heartbeat(group: &str) -> Vec<u8> {
    let request = HeartbeatRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_member_id(StrBytes::from_static_str("nobody"));
    framed(&request, 4)
}

fn produce() -> Vec<u8> {
    let record = Record {
        transactional: false,
        control: false,
        partition_leader_epoch: -1,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        delete_horizon: false,
        offset: 0,
        sequence: -1,
        timestamp: 0,
        key: None,
        value: Some(Bytes::from(vec![b'm'; RECORD])),
        headers: kafka_protocol::indexmap::IndexMap::new(),
    };
    let mut records = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut records, &[record], &options).unwrap();
    let data = PartitionProduceData::default().with_records(Some(records.freeze()));
    let topic = TopicProduceData::default().with_name(TopicName(text(TOPIC))).with_partition_data(vec![data]);
    let request = ProduceRequest::default().with_acks(1).with_timeout_ms(5_000).with_topic_data(vec![topic]);
    framed(&request, 7)
}

fn fetch() -> Vec<u8> {
    let partition = FetchPartition::default().with_partition_max_bytes(1 << 18);
    let topic = FetchTopic::default().with_topic(TopicName(text(TOPIC))).with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_max_wait_ms(10)
        .with_min_bytes(1)
        .with_max_bytes(1 << 18)
        .with_topics(vec![topic]);
    framed(&request, 11)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Asks and waits; the time, and the bytes that went to and fro.
fn trip(stream: &mut TcpStream, frame: &[u8]) -> (Duration, usize) {
    let asked = Instant::now();
    stream.write_all(frame).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut answer).unwrap();
    (asked.elapsed(), frame.len() + answer.len())
}

/// Judges what passes, a hundred times a second.
async fn judge(mut passed: Traffic) {
    let mut watch = Watch::new(Config::default());
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    loop {
        tokio::select! {
            seen = passed.recv() => match seen {
                Some(Passed::Chunk(chunk)) => watch.take(&chunk),
                Some(Passed::Closed { connection, .. }) => watch.close(&connection),
                Some(Passed::Trouble(line)) => println!("{line}"),
                None => return,
            },
            // The member that is not there is refused, and asks on: what is found of it is of no interest here.
            _at = tick.tick() => drop(watch.look()),
        }
    }
}

/// Others who use the proxy meanwhile.
struct Load {
    stop: Arc<AtomicBool>,
    bytes: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
    began: Instant,
}

impl Load {
    fn new() -> Self {
        let (stop, bytes) = (Arc::default(), Arc::default());
        Self { stop, bytes, threads: Vec::new(), began: Instant::now() }
    }

    /// Sends these frames in turn, each on a connection of its own, with a pause between them.
    fn add(&mut self, address: SocketAddr, frames: Vec<Vec<u8>>, pause: Duration) {
        let (stop, bytes) = (Arc::clone(&self.stop), Arc::clone(&self.bytes));
        self.threads.push(thread::spawn(move || {
            let mut streams: Vec<_> = frames.iter().map(|_| connect(address)).collect();
            while !stop.load(Ordering::Relaxed) {
                for (stream, frame) in streams.iter_mut().zip(&frames) {
                    let (_, passed) = trip(stream, frame);
                    bytes.fetch_add(u64::try_from(passed).unwrap(), Ordering::Relaxed);
                    thread::sleep(pause);
                }
            }
        }));
    }

    /// Lets everyone connect and begin.
    fn warm(&mut self) {
        thread::sleep(Duration::from_secs(1));
        self.bytes.store(0, Ordering::Relaxed);
        self.began = Instant::now();
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        let rate =
            self.bytes.load(Ordering::Relaxed) / u64::try_from(self.began.elapsed().as_millis()).unwrap();
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        if rate > 0 {
            println!("  beside {}.{:03} MB a second through the proxy", rate / 1_000, rate % 1_000);
        }
    }
}

fn told(name: &str, times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    let at = |hundredth: usize| times[times.len() * hundredth / 100];
    println!("  {name:<8} median {:>9.1?}   99th of 100 {:>9.1?}   {} trips", at(50), at(99), times.len());
    at(50)
}

fn measure(direct: SocketAddr, through: SocketAddr) {
    let (mut direct, mut through) = (connect(direct), connect(through));
    let frame = heartbeat("latency");
    let (mut direct_times, mut through_times) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        for (stream, times) in [(&mut direct, &mut direct_times), (&mut through, &mut through_times)] {
            let turn_times = (0..TRIPS).map(|_| trip(stream, &frame).0);
            // The first turn warms up.
            if turn == 0 { drop(turn_times.collect::<Vec<_>>()) } else { times.extend(turn_times) }
        }
    }
    let without = told("direct", &mut direct_times);
    let with = told("through", &mut through_times);
    println!("  added at the median: {:.1?}", with.saturating_sub(without));
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (broker, proxy, passed) = runtime.block_on(async {
        let listen = "127.0.0.1:0".to_owned();
        let mut config = BrokerConfig { listen, ..BrokerConfig::default() };
        config.topics.insert(TOPIC.into(), 1);
        let broker = Broker::start(config).await.unwrap();
        let address = broker.address().to_string();
        let (proxy, passed) = Proxy::bind("127.0.0.1:0".parse().unwrap(), address).await.unwrap();
        (broker, proxy, passed)
    });
    let (direct, through) = (broker.address(), proxy.address().unwrap());
    runtime.spawn(proxy.run());
    runtime.spawn(judge(passed));

    println!("a heartbeat, alone");
    measure(direct, through);

    println!("a heartbeat beside those of {GROUPS} groups on as many connections, 1,000 a second");
    let mut load = Load::new();
    load.add(through, (0..GROUPS).map(|n| heartbeat(&format!("g{n}"))).collect(), Duration::from_millis(1));
    load.warm();
    measure(direct, through);
    load.end();

    println!("a heartbeat beside two producers and two consumers of 16 KiB records");
    let mut load = Load::new();
    for _ in 0..2 {
        load.add(through, vec![produce()], Duration::from_millis(2));
        load.add(through, vec![fetch()], Duration::from_millis(1));
    }
    load.warm();
    measure(direct, through);
    load.end();
    runtime.shutdown_background();
}
