//! `muster conform client`: what it says of bad input, and of a client that does nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::process::{Command, Output};

fn conform(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster")).args(["conform", "client"]).args(args).output().unwrap()
}

/// What it said of an error: one line.
fn complaint(args: &[&str]) -> (Option<i32>, String) {
    let done = conform(args);
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(done.stdout.is_empty());
    (done.status.code(), said)
}

#[test]
fn bad_input_is_told_in_one_line() {
    let (code, said) = complaint(&["--", "no-such-program-anywhere"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no-such-program-anywhere"), "{said}");
    let (code, said) = complaint(&["--scenario", "lunch", "--", "true"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("lunch") && said.contains("rebalance"), "{said}");
    let (code, said) = complaint(&["--rule", "be_nice", "--", "true"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("be_nice") && said.contains("backs_off"), "{said}");
    let (code, said) = complaint(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("COMMAND"), "{said}");
}

#[test]
fn a_client_that_does_nothing_is_undecided() {
    let done = conform(&["--scenario", "join", "--json", "--", "true"]);
    assert_eq!(done.status.code(), Some(3));
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["conclusion"], "undecided");
    assert_eq!(told["undecided"][0]["scenario"], "join");
    assert!(told["rules"].as_array().unwrap().iter().all(|rule| rule["standing"] == "never_exercised"));
}

#[test]
fn scenarios_and_rules_are_listed() {
    let done = conform(&["--list"]);
    assert_eq!(done.status.code(), Some(0));
    let said = String::from_utf8(done.stdout).unwrap();
    for listed in ["lost_answer", "heartbeat_errors", "comes_back", "fetches_own_partitions"] {
        assert!(said.contains(listed), "{said}");
    }
}
