//! The Java program of this repository, run with Kafka's jars.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use muster_conformance::kafka::{Version, classpath};

/// The answers to these lines, in their order.
pub(super) fn answers(lines: &[String]) -> Vec<String> {
    let version: Version = "4.3.1".parse().expect("a version");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("assignors/Assignors.java");
    let mut java = Command::new("java")
        .args(["-XX:TieredStopAtLevel=1", "-cp", &classpath(&version).expect("Maven Central")])
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Java");
    let mut input = java.stdin.take().expect("a pipe");
    let text = lines.join("\n") + "\n";
    let writer = thread::spawn(move || input.write_all(text.as_bytes()));
    let output = java.wait_with_output().expect("an end");
    writer.join().expect("no panic").expect("it reads to the end");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}
