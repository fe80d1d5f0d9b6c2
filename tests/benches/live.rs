//! What a look at traffic costs, and what is kept of it, as the history grows: `cargo bench -p muster-conformance --bench
//! live`. Also how long a recording of that length takes to be judged, and a capture.
//!
//! The traffic is made up: groups whose one member heartbeats and commits, and now and then joins anew.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, and stops when it cannot go on"
)]

use std::io::{BufReader, BufWriter};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    ApiKey, GroupId, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse,
    OffsetCommitRequest, OffsetCommitResponse, RequestHeader, ResponseHeader, SyncGroupRequest,
    SyncGroupResponse, TopicName,
};
use kafka_protocol::protocol::{Encodable, Request, StrBytes};
use muster_conformance::observe::recording::{Header, Reader, Writer};
use muster_conformance::observe::stream::{Chunk, Direction, Sink};
use muster_conformance::observe::watch::Watch;
use muster_conformance::report::Conclusion;
use muster_reference::coordinator::Config;

/// Exchanges of a group between two of its joins.
const A_GENERATION: usize = 1_000;
/// Microseconds between exchanges of a group.
const APART_US: i64 = 100_000;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn framed(bytes: &[u8]) -> Bytes {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    Bytes::from([&length[..], bytes].concat())
}

/// Tells an exchange: a request and its answer.
fn exchange<R: Request>(
    to: &mut impl Sink,
    (connection, at_us, id): (&str, i64, i32),
    version: i16,
    request: &R,
    answer: &R::Response,
) where
    R::Response: Encodable,
{
    let key = ApiKey::try_from(R::KEY).unwrap();
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(id)
        .with_client_id(Some(text("live")));
    let mut bytes = BytesMut::new();
    header.encode(&mut bytes, R::header_version(version)).unwrap();
    request.encode(&mut bytes, version).unwrap();
    let chunk = |direction, bytes: &[u8], at_us| Chunk {
        at_us,
        connection: connection.to_owned(),
        direction,
        bytes: framed(bytes),
    };
    to.take(&chunk(Direction::Request, &bytes, at_us));
    bytes.clear();
    let header = ResponseHeader::default().with_correlation_id(id);
    header.encode(&mut bytes, key.response_header_version(version)).unwrap();
    answer.encode(&mut bytes, version).unwrap();
    to.take(&chunk(Direction::Response, &bytes, at_us + 50));
}

/// Of a broker that lets nobody wait for others.
fn config() -> Config {
    Config { group_initial_rebalance_delay_ms: 0, ..Config::default() }
}

/// Partition 0 of `orders`, in the consumer protocol.
fn assignment() -> Bytes {
    Bytes::from_static(b"\0\0\0\0\0\x01\0\x06orders\0\0\0\x01\0\0\0\0\xff\xff\xff\xff")
}

fn join(id: GroupId, member: &str, generation: i32) -> (JoinGroupRequest, JoinGroupResponse) {
    let offer = JoinGroupRequestProtocol::default()
        .with_name(text("range"))
        .with_metadata(Bytes::from(format!("subscription {generation}")));
    let member_id = if generation == 1 { StrBytes::default() } else { text(member) };
    let request = JoinGroupRequest::default()
        .with_group_id(id)
        .with_session_timeout_ms(30_000)
        .with_rebalance_timeout_ms(60_000)
        .with_member_id(member_id)
        .with_protocol_type(text("consumer"))
        .with_protocols(vec![offer.clone()]);
    let listed =
        JoinGroupResponseMember::default().with_member_id(text(member)).with_metadata(offer.metadata);
    let answer = JoinGroupResponse::default()
        .with_generation_id(generation)
        .with_protocol_name(Some(text("range")))
        .with_leader(text(member))
        .with_member_id(text(member))
        .with_members(vec![listed]);
    (request, answer)
}

fn commit(
    id: GroupId,
    member: &str,
    generation: i32,
    offset: i64,
) -> (OffsetCommitRequest, OffsetCommitResponse) {
    let partition = OffsetCommitRequestPartition::default().with_committed_offset(offset);
    let topic = OffsetCommitRequestTopic::default()
        .with_name(TopicName(text("orders")))
        .with_partitions(vec![partition]);
    let request = OffsetCommitRequest::default()
        .with_group_id(id)
        .with_generation_id_or_member_epoch(generation)
        .with_member_id(text(member))
        .with_topics(vec![topic]);
    let topic = OffsetCommitResponseTopic::default()
        .with_name(TopicName(text("orders")))
        .with_partitions(vec![OffsetCommitResponsePartition::default()]);
    let answer = OffsetCommitResponse::default().with_topics(vec![topic]);
    (request, answer)
}

/// The traffic of many groups, an exchange of each at a time.
struct Traffic {
    groups: usize,
    number: usize,
}

impl Traffic {
    fn step(&mut self, to: &mut impl Sink) {
        let (turn, group) = (self.number / self.groups, self.number % self.groups);
        self.number += 1;
        let (name, member) = (format!("group-{group}"), format!("live-{group}"));
        let connection = format!("127.0.0.1:{group}");
        let wait = APART_US / i64::try_from(self.groups).unwrap();
        let at_us = i64::try_from(self.number).unwrap() * wait;
        let generation = i32::try_from(turn / A_GENERATION).unwrap() + 1;
        let of = (connection.as_str(), at_us, i32::try_from(turn).unwrap());
        let id = GroupId(text(&name));
        match turn % A_GENERATION {
            0 => {
                let (request, answer) = join(id, &member, generation);
                exchange(to, of, 3, &request, &answer);
            }
            1 => {
                let request = SyncGroupRequest::default()
                    .with_group_id(id)
                    .with_generation_id(generation)
                    .with_member_id(text(&member))
                    .with_assignments(vec![
                        SyncGroupRequestAssignment::default()
                            .with_member_id(text(&member))
                            .with_assignment(assignment()),
                    ]);
                exchange(to, of, 2, &request, &SyncGroupResponse::default().with_assignment(assignment()));
            }
            odd if odd % 2 == 1 => {
                let offset = i64::try_from(turn).unwrap();
                let (request, answer) = commit(id, &member, generation, offset);
                exchange(to, of, 7, &request, &answer);
            }
            _even => {
                let request = HeartbeatRequest::default()
                    .with_group_id(id)
                    .with_generation_id(generation)
                    .with_member_id(text(&member));
                exchange(to, of, 3, &request, &HeartbeatResponse::default());
            }
        }
    }
}

/// Memory that this process has in use, in MiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).unwrap_or(0) / 1_024
}

/// Looks at the next so many exchanges; the time of the looks alone, and of all.
fn looked(watch: &mut Watch, traffic: &mut Traffic, exchanges: usize) -> (Duration, Duration) {
    let began = Instant::now();
    let mut looks = Duration::ZERO;
    for number in 1..=exchanges {
        traffic.step(watch);
        if number % 1_000 == 0 {
            let look = Instant::now();
            let lines = watch.look();
            assert!(lines.is_empty(), "{lines:?}");
            looks += look.elapsed();
        }
    }
    (looks, began.elapsed())
}

struct Recorder<W>(Writer<W>);

impl<W: std::io::Write> Sink for Recorder<W> {
    fn take(&mut self, chunk: &Chunk) {
        self.0.chunk(chunk).unwrap();
    }

    fn close(&mut self, _connection: &str) {}

    fn lost(&mut self, _connection: &str, _why: &str) {}
}

/// A look every 4,096 pieces, as `muster conform trace` does.
struct Reading {
    watch: Watch,
    taken: usize,
}

impl Sink for Reading {
    fn take(&mut self, chunk: &Chunk) {
        self.watch.take(chunk);
        self.taken += 1;
        if self.taken.is_multiple_of(4_096) {
            drop(self.watch.look());
        }
    }

    fn close(&mut self, connection: &str) {
        self.watch.close(connection);
    }

    fn lost(&mut self, connection: &str, why: &str) {
        self.watch.lost(connection, why);
    }
}

fn main() {
    for groups in [1, 100] {
        let mut watch = Watch::new(config());
        let mut traffic = Traffic { groups, number: 0 };
        println!("{groups} groups, a look every 1,000 exchanges");
        for size in [100_000, 400_000, 500_000] {
            let (looks, all) = looked(&mut watch, &mut traffic, size);
            println!(
                "  up to {:>9} exchanges: a look {:>8.1?}, an exchange {:>6.1?} in all; kept {} exchanges, {} MiB resident",
                traffic.number,
                looks / u32::try_from(size / 1_000).unwrap(),
                all / u32::try_from(size).unwrap(),
                watch.history().exchanges.kept(),
                resident()
            );
        }
        let verdict = watch.verdict("made up".to_owned());
        assert_eq!(verdict.conclusion(), Conclusion::Conforms, "{verdict}");
    }
    let header = Header::new("4.3".to_owned(), 0, None);
    let mut recorder =
        Recorder(Writer::new(BufWriter::new(tempfile::NamedTempFile::new().unwrap()), &header).unwrap());
    let mut traffic = Traffic { groups: 10, number: 0 };
    for _ in 0..500_000 {
        traffic.step(&mut recorder);
    }
    let file = recorder.0.into_inner().into_inner().unwrap();
    let bytes = file.as_file().metadata().unwrap().len();
    let began = Instant::now();
    let reader = Reader::new(BufReader::new(file.reopen().unwrap())).unwrap();
    let mut reading = Reading { watch: Watch::new(config()), taken: 0 };
    reader.read_into(&mut reading).unwrap();
    let verdict = reading.watch.verdict("a recording".to_owned());
    assert_eq!(verdict.conclusion(), Conclusion::Conforms, "{verdict}");
    println!(
        "a recording of {} frames, {} MB: judged in {:.1?}, {} MiB resident",
        reading.taken,
        bytes / 1_000_000,
        began.elapsed(),
        resident()
    );
}
