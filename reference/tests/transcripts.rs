//! The coordinator by transcript: each file in `tests/transcripts` is a chapter of commands (`> ...`) with what came of
//! them. A line that comes out differently fails the test; `MUSTER_BLESS=1` rewrites the files, to be read before
//! they are committed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod transcript;

use std::fs;
use std::path::{Path, PathBuf};

use transcript::Script;

fn path(chapter: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/transcripts/{chapter}.txt"))
}

fn check(chapter: &str) {
    let path = path(chapter);
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

macro_rules! chapters {
    ($( $chapter:ident )*) => {
        #[cfg(feature = "mutations")]
        const CHAPTERS: &[&str] = &[ $( stringify!($chapter), )* ];

        $(
            #[test]
            fn $chapter() {
                check(stringify!($chapter));
            }
        )*
    };
}

chapters! {
    requests join sync heartbeat leave commit fetch_offsets static_membership transactions administration
    retention timeouts failover releases
}

/// Each deliberate defect makes at least one chapter come out differently.
#[cfg(feature = "mutations")]
#[test]
fn every_mutation_is_noticed() {
    use muster_reference::coordinator::Mutation;

    for mutation in Mutation::ALL {
        let differs = |chapter: &&&str| {
            let expected = fs::read_to_string(path(chapter)).unwrap();
            let mut script = Script::default();
            script.mutation = Some(*mutation);
            script.replay(&expected) != expected
        };
        assert!(CHAPTERS.iter().any(|chapter| differs(&chapter)), "{mutation} is not noticed");
    }
}
