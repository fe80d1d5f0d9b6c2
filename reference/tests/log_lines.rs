//! A client that sends what is no request is told of in the log: once, with its address and what was wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod asks;
#[allow(dead_code, reason = "here clients only send")]
mod client;

use std::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use asks::{commit, heartbeat, join};
use client::{Client, frame, framed};
use muster_reference::broker::{Broker, BrokerConfig};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps warnings and worse.
struct Warnings;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("muster")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Four bytes that claim 2^31 - 1 of something, in place of those at `from_end` before the end.
fn claiming(mut bytes: Vec<u8>, from_end: usize) -> Vec<u8> {
    let at = bytes.len() - from_end;
    bytes[at..at + 4].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff]);
    bytes
}

fn cases() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let whole = frame(&heartbeat(1, "m"), 0, 1);
    let mut unknown_version = frame(&heartbeat(1, "m"), 0, 1);
    unknown_version[6..8].copy_from_slice(&99_i16.to_be_bytes());
    // A request of an old version ends with an array: of topics, of protocols.
    let mut topics = commit(-1, "", 1);
    topics.topics.clear();
    let mut protocols = join(3, "");
    protocols.protocols.clear();
    // Tagged fields in tagged fields in ... have no end of their own: a length is all that nests.
    let nested = framed(&[&[0, 12, 0, 4, 0, 0, 0, 1, 0xff, 0xff][..], &[0x7f; 4000][..]].concat());
    vec![
        ("a length below 0", (-1_i32).to_be_bytes().to_vec(), "frame of -1 bytes"),
        ("a length of 2 GiB", i32::MAX.to_be_bytes().to_vec(), "frame of 2147483647 bytes"),
        ("half a request", whole[..whole.len() / 2].to_vec(), "middle of a request"),
        ("an API that there is not", framed(&[0x7f, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff]), "API key 32512"),
        ("a version that there is not", unknown_version, "Heartbeat version 99"),
        ("2^31 topics", claiming(frame(&topics, 7, 1), 4), "malformed OffsetCommit"),
        ("2^31 protocols", claiming(frame(&protocols, 3, 1), 4), "malformed JoinGroup"),
        ("tags without end", nested, "malformed header"),
        ("nothing", framed(&[]), "malformed header"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_one_line_in_the_log() {
    tracing::subscriber::set_global_default(Warnings).unwrap();
    let mut config = BrokerConfig::for_tests();
    config.topics.insert("t".into(), 1);
    let broker = Broker::start(config).await.unwrap();
    for (what, bytes, told) in cases() {
        let mut client = Client::connect(broker.address()).await;
        client.try_write(&bytes).await;
        client.end().await;
        let closed = tokio::time::timeout(Duration::from_secs(10), client.read()).await;
        assert_eq!(closed, Ok(None), "{what}: closed, without an answer");
        // The line is written before the connection is closed, or right after.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let lines = std::mem::take(&mut *LINES.lock().unwrap());
        assert_eq!(lines.len(), 1, "{what}: {lines:?}");
        assert!(lines[0].contains(told) && lines[0].contains("peer=127.0.0.1:"), "{what}: {lines:?}");
    }
    broker.shutdown().await;
}
