//! OffsetCommit from 16 connections with 64 requests on their way on each, by a thread for each connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::{
    FindCoordinatorRequest, GroupId, OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, TopicName,
};
use kafka_protocol::protocol::{Decodable, StrBytes};

use crate::client;

const CONNECTIONS: i32 = 16;
const DEPTH: usize = 64;
/// How long a round of load lasts.
pub(crate) const TIME: Duration = Duration::from_millis(1500);
const VERSION: i16 = 7;

fn group(number: i32) -> GroupId {
    GroupId(StrBytes::from_string(format!("group-{number}")))
}

pub(crate) fn topic() -> TopicName {
    TopicName(StrBytes::from_static_str("t"))
}

/// Commits offset 7 of these partitions, from outside the group.
pub(crate) fn commit(number: i32, partitions: Range<i32>) -> OffsetCommitRequest {
    let offsets = partitions.map(|partition| {
        OffsetCommitRequestPartition::default()
            .with_partition_index(partition)
            .with_committed_offset(7)
            .with_committed_metadata(Some(StrBytes::default()))
    });
    let topic = OffsetCommitRequestTopic::default().with_name(topic()).with_partitions(offsets.collect());
    OffsetCommitRequest::default().with_group_id(group(number)).with_topics(vec![topic])
}

pub(crate) fn fetch(number: i32) -> OffsetFetchRequest {
    let topic = OffsetFetchRequestTopic::default().with_name(topic()).with_partition_indexes(vec![0]);
    OffsetFetchRequest::default().with_group_id(group(number)).with_topics(Some(vec![topic]))
}

pub(crate) fn find_coordinator() -> FindCoordinatorRequest {
    FindCoordinatorRequest::default().with_key(group(0).0)
}

/// A connection that counts the answers it has read.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 64 * 1024], filled: 0 }
    }

    /// Reads whole answers, one at least; how many.
    fn read(&mut self) -> usize {
        loop {
            let arrived = self.stream.read(&mut self.buffer[self.filled..]).unwrap();
            assert!(arrived > 0, "the broker closed the connection");
            self.filled += arrived;
            let (mut at, mut count) = (0, 0);
            while let Some(length) = self.buffer[at..self.filled].first_chunk().copied() {
                let next = at + 4 + usize::try_from(i32::from_be_bytes(length)).unwrap();
                if next > self.filled {
                    break;
                }
                (at, count) = (next, count + 1);
            }
            if count > 0 {
                self.buffer.copy_within(at..self.filled, 0);
                self.filled -= at;
                return count;
            }
        }
    }
}

/// The commit is accepted, and not merely answered.
fn check(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut answer).unwrap();
    let mut answer = Bytes::from(answer).slice(4..);
    let answer = OffsetCommitResponse::decode(&mut answer, VERSION).unwrap();
    assert_eq!(answer.topics[0].partitions[0].error_code, 0);
}

fn work(address: SocketAddr, number: i32) -> usize {
    let request = client::frame(&commit(number, 0..1), VERSION, 1);
    check(address, &request);
    let requests = request.repeat(DEPTH);
    let one = request.len();
    let mut connection = Connection::connect(address);
    let (started, mut answered) = (Instant::now(), 0);
    connection.stream.write_all(&requests).unwrap();
    while started.elapsed() < TIME {
        let count = connection.read();
        answered += count;
        connection.stream.write_all(&requests[..count * one]).unwrap();
    }
    answered
}

pub(crate) fn commits_per_second(address: SocketAddr) -> f64 {
    let workers = (0..CONNECTIONS).map(|number| thread::spawn(move || work(address, number)));
    let workers: Vec<_> = workers.collect();
    let all: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    f64::from(u32::try_from(all).unwrap()) / TIME.as_secs_f64()
}
