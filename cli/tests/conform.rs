//! `muster conform broker` as a person runs it: what it says before, what it leaves behind, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(clippy::disallowed_methods, reason = "a test waits, with a limit")]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

struct Served(Child, String);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn muster() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn serve() -> Served {
    let short =
        ["--set", "group.initial.rebalance.delay.ms=100", "--set", "group.min.session.timeout.ms=500"];
    let mut serve = muster();
    // It tells of every rebalance; a pipe that nobody reads would hold it up once it is full.
    serve.args(["serve", "--listen", "127.0.0.1:0"]).args(short).stderr(Stdio::null());
    let mut child = serve.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split_whitespace().find(|word| word.starts_with("127.0.0.1:")).unwrap().to_owned();
    Served(child, address.trim_end_matches([',', ';']).to_owned())
}

fn conform(served: &Served, out: &Path) -> Command {
    let mut command = muster();
    command.args(["conform", "broker", &served.1, "--initial-rebalance-delay-ms", "100"]);
    command.args(["--min-session-timeout-ms", "500", "--prefix", "audit", "--out"]).arg(out);
    command
}

fn said(output: &Output) -> (String, String) {
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn it_says_what_it_creates_and_writes_what_is_asked_for() {
    let (served, folder) = (serve(), tempfile::tempdir().unwrap());
    let file = |name: &str| folder.path().join(name);
    let reports: Vec<String> = [("junit", "r.xml"), ("html", "r.html"), ("json", "r.json")]
        .map(|(kind, name)| format!("{kind}={}", file(name).display()))
        .to_vec();
    let mut command = conform(&served, &file("out"));
    command.args(["--rule", "reject_heartbeat_of_absent_group", "--strict", "--seed", "7", "--confirm", "2"]);
    for report in &reports {
        command.args(["--report", report]);
    }
    let output = command.args(["--report", "github"]).output().unwrap();
    let (text, errors) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{errors}");
    assert!(errors.contains("creates ") && errors.contains(" a group audit-"), "{errors}");
    assert!(errors.contains(": deleted "), "{errors}");
    assert!(text.contains("ok  reject_heartbeat_of_absent_group"), "{text}");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(file("r.json")).unwrap()).unwrap();
    assert_eq!((&json["systems"][0]["seed"], &json["systems"][0]["strict"]), (&7.into(), &true.into()));
    assert!(std::fs::read_to_string(file("r.xml")).unwrap().starts_with("<?xml"));
    assert!(std::fs::read_to_string(file("r.html")).unwrap().contains("muster/shape.js"));
}

#[test]
fn bad_input_is_one_clear_line() {
    let (served, folder) = (serve(), tempfile::tempdir().unwrap());
    let file = folder.path().join("known.toml");
    std::fs::write(&file, "[[deviation]]\nrule = \"no_such_rule\"\nreason = \"x\"\n").unwrap();
    let file = file.to_str().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["--known", file, "--rule", "require_member_id"], "'no_such_rule' is no rule"),
        (&["--known", "/no/such", "--rule", "require_member_id"], "cannot read /no/such"),
        (&["--command-config", "/no/such"], "cannot read /no/such"),
        (&["--chapter", "nothing"], "nothing"),
        (&["--report", "pdf=x"], "pdf=x"),
    ];
    for (arguments, named) in cases {
        let output = conform(&served, folder.path()).args(arguments).output().unwrap();
        let (_, errors) = said(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        assert!(errors.contains(named), "{errors}");
    }
}

/// Ctrl-C in the middle: it ends soon, undecided, and nothing is left.
#[test]
fn nothing_is_left_after_ctrl_c() {
    let (served, folder) = (serve(), tempfile::tempdir().unwrap());
    let mut judging = conform(&served, folder.path()).spawn().unwrap();
    let mut errors = BufReader::new(judging.stderr.take().unwrap());
    let mut first = String::new();
    errors.read_line(&mut first).unwrap();
    assert!(first.contains("creates "), "{first}");
    thread::sleep(Duration::from_millis(700));
    let asked = Instant::now();
    assert!(Command::new("kill").args(["-INT", &judging.id().to_string()]).status().unwrap().success());
    let status = judging.wait().unwrap();
    let mut rest = String::new();
    errors.read_to_string(&mut rest).unwrap();
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
    assert_eq!(status.code(), Some(3), "{rest}");
    assert!(rest.contains(": deleted ") && !rest.contains("left on"), "{rest}");
}
