//! Bytes of all kinds: the sessions of `fuzz/corpus`, and what a seeded generator makes of them. `fuzz/` has the same
//! two targets for libFuzzer.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test that cannot go on stops")]

mod asks;
#[allow(dead_code, reason = "sessions here are bytes, and no connections")]
mod client;
#[path = "fuzz/play.rs"]
mod play;

use std::fs;
use std::path::PathBuf;

use asks::{commit, heartbeat, join, leave, sync};
use client::frame;
use kafka_protocol::messages::{
    ApiVersionsRequest, DescribeGroupsRequest, FindCoordinatorRequest, ListGroupsRequest, MetadataRequest,
};
use play::MEMBER;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Sessions that are made of the corpus, in all; `MUSTER_FUZZ_CASES` asks for more.
const CASES: usize = 4000;
/// Frames that are made of each session that is made.
const FRAMES: usize = 10;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/session")
}

/// The sessions of the corpus, in the order of their names.
fn read() -> Vec<Vec<u8>> {
    let mut files: Vec<_> = fs::read_dir(corpus()).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// What follows the lengths in a session.
fn frames(mut session: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some((length, rest)) = session.split_first_chunk() {
        let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0).min(rest.len());
        let (frame, after) = rest.split_at(length);
        frames.push(frame.to_vec());
        session = after;
    }
    frames
}

/// Sessions that are right, by name.
fn sessions() -> Vec<(&'static str, Vec<u8>)> {
    let ask = |requests: &[Vec<u8>]| requests.concat();
    // A client id of one character, as the member's id has it.
    let c = |mut bytes: Vec<u8>| {
        let at = bytes.windows(6).position(|window| window == [0, 4, b't', b'e', b's', b't']).unwrap();
        bytes.splice(at..at + 6, [0, 1, b'c']);
        let length = i32::try_from(bytes.len() - 4).unwrap();
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        bytes
    };
    let joins = |version: i16, who: i32| c(frame(&join(version, MEMBER), version, who));
    let metadata = MetadataRequest::default().with_topics(None);
    vec![
        (
            "look_around",
            ask(&[
                frame(&ApiVersionsRequest::default(), 3, 0),
                frame(&metadata, 12, 0),
                frame(&FindCoordinatorRequest::default().with_key("g".into()), 2, 0),
                frame(&ListGroupsRequest::default(), 4, 0),
                frame(&DescribeGroupsRequest::default().with_groups(vec![asks::group()]), 5, 0),
            ]),
        ),
        (
            "member_of_old",
            ask(&[
                c(frame(&join(3, ""), 3, 0)),
                c(frame(&sync(3, 1, MEMBER), 3, 0)),
                c(frame(&heartbeat(1, MEMBER), 3, 0)),
                c(frame(&commit(1, MEMBER, 5), 7, 0)),
                c(frame(&leave(2, MEMBER), 2, 0)),
            ]),
        ),
        (
            "member",
            ask(&[
                c(frame(&join(9, ""), 9, 0)),
                joins(9, 0),
                c(frame(&sync(5, 1, MEMBER), 5, 0)),
                c(frame(&heartbeat(1, MEMBER), 4, 0)),
                c(frame(&commit(1, MEMBER, 5), 8, 0)),
                c(frame(&leave(4, MEMBER), 4, 0)),
            ]),
        ),
        (
            "two_members",
            ask(&[
                c(frame(&join(3, ""), 3, 0)),
                c(frame(&sync(3, 1, MEMBER), 3, 0)),
                c(frame(&join(3, ""), 3, 1)),
                joins(3, 0),
                c(frame(&sync(3, 2, MEMBER), 3, 0)),
                c(frame(&sync(3, 2, MEMBER), 3, 1)),
                c(frame(&leave(2, MEMBER), 2, 1)),
            ]),
        ),
        (
            "offsets",
            ask(&[
                frame(&commit(-1, "", 5), 8, 0),
                frame(&commit(-1, "", 6), 2, 1),
                frame(&asks::fetch(), 7, 0),
            ]),
        ),
    ]
}

#[test]
fn the_corpus_has_every_kind_of_session() {
    for (name, bytes) in sessions() {
        let path = corpus().join(name);
        if std::env::var_os("MUSTER_BLESS").is_some() {
            fs::create_dir_all(corpus()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "{}", path.display());
    }
}

/// Changes a session as a fuzzer does: bytes, lengths, frames that go, come twice or change places.
fn change(session: &mut Vec<u8>, other: &[u8], random: &mut TestRng) {
    let below = |random: &mut TestRng, most: usize| {
        usize::try_from(random.next_u64() % u64::try_from(most.max(1)).unwrap()).unwrap()
    };
    let at = below(random, session.len());
    let Some(byte) = session.get_mut(at) else { return session.extend_from_slice(other) };
    match below(random, 7) {
        0 => *byte = random.next_u64().to_be_bytes()[0],
        1 => *byte ^= 1 << below(random, 8),
        2 => *byte = [0, 1, 0x7f, 0x80, 0xff][below(random, 5)],
        3 => {
            let claim =
                [[0x7f, 0xff, 0xff, 0xff], [0xff; 4], [0, 0, 0, 0], [0x80, 0, 0, 0]][below(random, 4)];
            let end = session.len().min(at + 4);
            session[at..end].copy_from_slice(&claim[..end - at]);
        }
        4 => session.truncate(at),
        5 => _ = session.splice(at..at, other[..below(random, other.len())].iter().copied()),
        _ => _ = session.drain(at..(at + below(random, 16)).min(session.len())),
    }
}

/// The same in each run, from a fixed seed.
#[test]
fn the_corpus_and_what_is_made_of_it_are_answered_or_closed() {
    let cases = std::env::var("MUSTER_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let sessions = read();
    let frames: Vec<_> = sessions.iter().flat_map(|session| frames(session)).collect();
    assert!(sessions.len() >= 5 && frames.len() >= 20, "the corpus is there");
    for session in &sessions {
        play::session(session);
    }
    for frame in &frames {
        play::frame(frame);
    }
    for case in 0..cases {
        let mut session = sessions[case % sessions.len()].clone();
        let other = &sessions[(case + case / sessions.len()) % sessions.len()];
        for _ in 0..=random.next_u64() % 4 {
            change(&mut session, other, &mut random);
        }
        play::session(&session);
        for number in 0..FRAMES {
            let mut frame = frames[(case + number) % frames.len()].clone();
            change(&mut frame, other.get(4..).unwrap_or_default(), &mut random);
            play::frame(&frame);
        }
    }
}
