//! The coordinator by transcript: each file in `tests/transcripts` is a chapter of commands (`> ...`) with what came of
//! them. A line that comes out differently fails the test; `MUSTER_BLESS=1` rewrites the files, to be read before
//! they are committed.

mod transcript;

use std::fs;
use std::path::Path;

use transcript::Script;

fn check(chapter: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/transcripts/{chapter}.txt"));
    let expected = fs::read_to_string(&path).unwrap();
    let actual = Script::default().replay(&expected);
    if std::env::var_os("MUSTER_BLESS").is_some() {
        fs::write(&path, &actual).unwrap();
    }
    assert!(actual.contains("\n  "), "{chapter}: nothing came of any command");
    for (number, (expected, actual)) in expected.lines().zip(actual.lines()).enumerate() {
        assert_eq!(expected, actual, "{}:{}", path.display(), number + 1);
    }
    assert_eq!(expected.lines().count(), actual.lines().count(), "{}: length", path.display());
}

#[test]
fn requests() {
    check("requests");
}

#[test]
fn join() {
    check("join");
}

#[test]
fn sync() {
    check("sync");
}

#[test]
fn heartbeat() {
    check("heartbeat");
}

#[test]
fn leave() {
    check("leave");
}

#[test]
fn commit() {
    check("commit");
}

#[test]
fn fetch_offsets() {
    check("fetch_offsets");
}

#[test]
fn timeouts() {
    check("timeouts");
}

#[test]
fn failover() {
    check("failover");
}

#[test]
fn releases() {
    check("releases");
}
