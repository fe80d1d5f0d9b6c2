//! Kafka's own tools, in their own processes, against the reference broker.

use std::net::SocketAddr;
use std::process::Command;

use super::group::{GROUP, Group, TOPIC};
use super::program::{CONFLUENT, classpath};

/// What a tool prints, without the lines of its logging library.
fn tool(address: SocketAddr, class: &str, args: &str) -> String {
    let mut command = Command::new("java");
    command.args(["-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", &classpath(), class]);
    command.args(["--bootstrap-server", &address.to_string()]).args(args.split_whitespace());
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    let lines = said.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with("SLF4J"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

const GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
const TOPICS: &str = "org.apache.kafka.tools.TopicCommand";
const CONFIGS: &str = "kafka.admin.ConfigCommand";
const OFFSETS: &str = "org.apache.kafka.tools.GetOffsetShell";

/// The columns of a table's rows, the first `count` of each.
fn columns(table: &str, count: usize) -> Vec<Vec<String>> {
    let rows = table.lines().skip(1);
    rows.map(|row| row.split_whitespace().take(count).map(str::to_owned).collect()).collect()
}

#[test]
fn groups_are_listed_described_reset_and_deleted() {
    let mut group = Group::new(2);
    group.create(CONFLUENT);
    group.produce(CONFLUENT, "all-none");
    group.join(CONFLUENT, "reader", &[]);
    group.rests("of one member");
    group.commits_all("by one member");
    let address = group.address();
    let groups = |args: &str| tool(address, GROUPS, args);

    assert_eq!(groups("--list"), format!("{GROUP}\n"));
    let rows = columns(&groups(&format!("--describe --group {GROUP}")), 6);
    assert_eq!(rows, [[GROUP, TOPIC, "0", "3", "3", "0"], [GROUP, TOPIC, "1", "3", "3", "0"]]);
    let members = groups(&format!("--describe --group {GROUP} --members --verbose"));
    let row = &columns(&members, 9)[0];
    assert!(row[1].starts_with("reader-"), "{members}");
    assert_eq!(row[2..5], ["/127.0.0.1", "reader", "2"]);
    assert!(members.contains(&format!("{TOPIC}:0,1")), "{members}");
    let state = groups(&format!("--describe --group {GROUP} --state"));
    assert_eq!(columns(&state, 6)[0][1..], [&*address.to_string(), "(1)", "range", "Stable", "1"], "{state}");

    let refused = groups(&format!("--reset-offsets --group {GROUP} --topic {TOPIC} --to-earliest --execute"));
    assert!(refused.contains("only be reset if the group"), "a group with members is not reset: {refused}");
    group.leave(0);
    let reset = groups(&format!("--reset-offsets --group {GROUP} --topic {TOPIC}:1 --to-offset 1 --execute"));
    assert_eq!(columns(&reset, 4), [[GROUP, TOPIC, "1", "1"]], "{reset}");
    assert_eq!(group.committed(), [3, 1]);
    let deleted = groups(&format!("--delete-offsets --group {GROUP} --topic {TOPIC}:1"));
    assert!(deleted.contains("Successful"), "{deleted}");
    assert_eq!(group.committed(), [3, -1]);
    let deleted = groups(&format!("--delete --group {GROUP}"));
    assert!(deleted.contains("was successful"), "{deleted}");
    assert_eq!(groups("--list"), "");
}

#[test]
fn topics_are_created_described_grown_and_deleted() {
    let group = Group::new(3);
    let address = group.address();
    let topics = |args: &str| tool(address, TOPICS, args);
    assert_eq!(topics("--create --topic fresh --partitions 2"), "Created topic fresh.\n");
    assert!(topics("--create --topic fresh").contains("already exists"));
    assert_eq!(topics("--alter --topic fresh --partitions 3"), "");
    assert_eq!(topics("--list"), "fresh\n");
    let described = topics("--describe --topic fresh");
    assert!(described.contains("PartitionCount: 3\tReplicationFactor: 1"), "{described}");
    assert_eq!(described.matches("Leader: 1\tReplicas: 1\tIsr: 1").count(), 3, "{described}");
    assert_eq!(topics("--delete --topic fresh"), "");
    assert_eq!(topics("--list"), "");
}

#[test]
fn settings_of_topics_are_altered() {
    let mut group = Group::new(2);
    group.create(CONFLUENT);
    let of_topic = format!("--entity-type topics --entity-name {TOPIC}");
    let configs = |args: &str| tool(group.address(), CONFIGS, &format!("{of_topic} {args}"));
    let done = format!("Completed updating config for topic {TOPIC}.\n");
    assert_eq!(configs("--alter --add-config retention.ms=5000,segment.bytes=2097152"), done);
    assert_eq!(configs("--alter --delete-config segment.bytes"), done);
    let described = configs("--describe");
    assert!(
        described.contains("  retention.ms=5000 ") && !described.contains("segment.bytes"),
        "{described}"
    );
    let refused = configs("--alter --add-config retention.ms=soon");
    let why = "Invalid value soon for configuration retention.ms: Not a number of type LONG";
    assert!(refused.contains("InvalidConfigurationException") && refused.contains(why), "{refused}");
    assert!(configs("--describe").contains("  retention.ms=5000 "), "what is refused changes nothing");
}

#[test]
fn settings_and_offsets_are_read() {
    let mut group = Group::new(2);
    group.create(CONFLUENT);
    group.produce(CONFLUENT, "all-none");
    let address = group.address();
    let all = tool(address, CONFIGS, "--describe --entity-type brokers --entity-name 1 --all");
    assert!(all.contains("  num.partitions=2 "), "{all}");
    let all = tool(address, CONFIGS, &format!("--describe --entity-type topics --entity-name {TOPIC} --all"));
    assert!(all.contains("  cleanup.policy=delete "), "{all}");
    let offsets = tool(address, OFFSETS, &format!("--topic {TOPIC}"));
    assert_eq!(offsets, format!("{TOPIC}:0:3\n{TOPIC}:1:3\n"));
    let latest = tool(address, OFFSETS, &format!("--topic {TOPIC} --time max-timestamp"));
    assert_eq!(latest.lines().count(), 2, "{latest}");
    let none = tool(address, OFFSETS, &format!("--topic {TOPIC} --time 99999999999999"));
    assert_eq!(none, "", "no record is of that time");
}
