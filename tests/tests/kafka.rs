//! The committed traces on Apache Kafka, as Maven Central publishes it.
use muster_conformance::attempt::{Verdict, judge};
use muster_conformance::kafka::{Kafka, Settings};
use muster_model::trace::Trace;
use std::path::Path;
use std::sync::atomic::AtomicBool;
fn run(version: &str) {
    let version = version.parse().unwrap();
    let kafka = Kafka::start(
        &version,
        &Settings { group_max_size: Some(2), max_wait_ms: 30_000 },
        &AtomicBool::new(false),
    )
    .unwrap();
    let broker = kafka.connect().unwrap();
    let mut bad = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("traces")).unwrap() {
        let path = entry.unwrap().path();
        let trace = Trace::load(&path).unwrap();
        let t = std::time::Instant::now();
        let v = judge(&broker, &trace).unwrap();
        println!("{:30} {:?} {:?}", trace.name, t.elapsed(), v);
        bad += u32::from(!matches!(v, Verdict::Conforms));
    }
    assert_eq!(bad, 0);
}
#[test]
fn kafka_4_3_1() {
    run("4.3.1");
}
#[test]
fn kafka_3_9_2() {
    run("3.9.2");
}
