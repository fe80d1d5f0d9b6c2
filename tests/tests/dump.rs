//! What the broker keeps in its directory is read by Kafka's own tool (`DumpLogSegments`, of 4.3.1).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use muster_reference::broker::{Broker, BrokerConfig};

/// The tool with all that it needs to run, without what it needs for other things.
const PROJECT: &str = "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
    <groupId>muster</groupId><artifactId>dump</artifactId><version>1</version><dependencies>\
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>\
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.3.1</version>\
    <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>\
    </dependencies></project>";

/// Maven resolves it once; the class path is kept beside what Cargo builds.
fn class_path() -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let kept = folder.join("dump-classpath.txt");
    if !kept.is_file() {
        let (pom, own) = (folder.join("dump-pom.xml"), folder.join("dump-classpath.new"));
        std::fs::write(&pom, PROJECT).unwrap();
        let run = Command::new("mvn")
            .args(["--quiet", "--batch-mode", "--file"])
            .arg(&pom)
            .args(["dependency:build-classpath", "-DincludeScope=runtime"])
            .arg(format!("-Dmdep.outputFile={}", own.display()))
            .output()
            .expect("Maven is installed (apt-get install maven)");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
        std::fs::rename(own, &kept).unwrap();
    }
    std::fs::read_to_string(kept).unwrap()
}

fn dump(options: &[&str], directory: &Path) -> String {
    let run = Command::new("java")
        .args(["-XX:TieredStopAtLevel=1", "-cp", class_path().trim()])
        .arg("org.apache.kafka.tools.DumpLogSegments")
        .args(options)
        .arg("--files")
        .arg(directory.join("00000000000000000000.log"))
        .output()
        .expect("Java is installed (apt-get install default-jdk-headless)");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(!said.contains("isvalid: false") && !said.contains("Found timestamp mismatch"), "{said}");
    said
}

/// kcat, given what it reads.
fn kcat(broker: &Broker, args: &[&str], input: &str) {
    let mut command = Command::new("kcat");
    command.arg("-b").arg(broker.address().to_string()).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = command.spawn().expect("kcat is installed (apt-get install kcat)");
    std::io::Write::write_all(&mut process.stdin.take().unwrap(), input.as_bytes()).unwrap();
    assert!(process.wait().unwrap().success(), "kcat {args:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kafkas_own_tool_reads_what_is_kept() {
    let data = tempfile::tempdir().unwrap();
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.data = Some(data.path().to_owned());
    config.topics.insert("orders".into(), 1);
    config.set("group.initial.rebalance.delay.ms", "0").unwrap();
    let broker = Broker::start(config).await.unwrap();
    tokio::task::block_in_place(|| {
        kcat(&broker, &["-P", "-t", "orders"], "story\nvideo\n");
        kcat(&broker, &["-G", "g", "-e", "-q", "-X", "auto.offset.reset=earliest", "orders"], "");
    });
    broker.shutdown().await;

    let records = dump(&["--print-data-log"], &data.path().join("orders-0"));
    assert!(records.contains("payload: story") && records.contains("payload: video"), "{records}");
    let topics = dump(&["--cluster-metadata-decoder"], &data.path().join("__cluster_metadata-0"));
    assert!(topics.contains(r#"{"type":"TOPIC_RECORD","version":0,"data":{"name":"orders""#), "{topics}");
    assert!(topics.contains(r#"{"type":"PARTITION_RECORD","version":0,"data":{"partitionId":0"#), "{topics}");
    let groups = dump(&["--offsets-decoder"], &data.path().join("__consumer_offsets-0"));
    let offset = r#"key: {"type":"1","data":{"group":"g","topic":"orders","partition":0}} payload: {"version":"4","data":{"offset":2,"#;
    assert!(groups.contains(offset), "{groups}");
    let group = r#"key: {"type":"2","data":{"group":"g"}} payload: {"version":"3","data":{"protocolType":"consumer","generation":1,"protocol":"range","#;
    assert!(groups.contains(group), "{groups}");
    // The member's own bytes, as the group's leader and its members speak them.
    assert!(groups.contains(r#""subscription":{"topics":["orders"]"#), "{groups}");
    assert!(
        groups.contains(r#""assignment":{"assignedPartitions":[{"topic":"orders","partitions":[0]}]"#),
        "{groups}"
    );
}
