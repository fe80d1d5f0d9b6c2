//! Counts of requests, and everything that is measured as Prometheus reads it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::api::Api;
use super::engine::Command;
use super::server::Shared;
use super::watch::WATCHED;
use crate::coordinator::{Client, GroupId, OffsetFetch, Request, Response, TopicName};

/// Requests of one API and version, and how long they took in all.
#[derive(Clone, Copy, Debug, Default)]
struct Requests {
    count: u64,
    total: Duration,
}

/// What connections count.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: Mutex<BTreeMap<(Api, i16), Requests>>,
    pub(super) connections: AtomicU64,
}

impl Metrics {
    pub(super) fn request(&self, header: (Api, i16), took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = requests.entry(header).or_default();
        counted.count += 1;
        counted.total += took;
    }
}

/// Text of one kind of measure.
fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
    let quoted = labels.iter().map(|(label, value)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{label}=\"{value}\"")
    });
    let quoted: Vec<_> = quoted.collect();
    let braces = if quoted.is_empty() { String::new() } else { format!("{{{}}}", quoted.join(",")) };
    let _ = writeln!(text, "{name}{braces} {value}");
}

/// Everything, in the text format of Prometheus, by the names that exporters for Kafka give it.
pub(super) async fn render(shared: &Shared) -> String {
    let mut text = String::new();
    requests(shared, &mut text);
    watched(shared, &mut text);
    let ends = ends(shared, &mut text);
    groups(shared, &ends, &mut text).await;
    text
}

fn requests(shared: &Shared, text: &mut String) {
    let requests = shared.metrics.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let names = ["kafka_network_requestmetrics_requests_total", "kafka_network_requestmetrics_totaltimems"];
    family(text, names[0], "counter", "Requests that were handled.");
    for ((api, version), counted) in &requests {
        let labels = [("request", &*format!("{api:?}")), ("version", &*version.to_string())];
        line(text, names[0], &labels, counted.count);
    }
    family(
        text,
        names[1],
        "summary",
        "Milliseconds from a request to its answer, what it waits for included.",
    );
    let mut by_api: BTreeMap<Api, Requests> = BTreeMap::new();
    for ((api, _), counted) in requests {
        let all = by_api.entry(api).or_default();
        all.count += counted.count;
        all.total += counted.total;
    }
    for (api, counted) in by_api {
        let (api, ms) = (format!("{api:?}"), counted.total.as_secs_f64() * 1000.0);
        line(text, &format!("{}_sum", names[1]), &[("request", &api)], ms);
        line(text, &format!("{}_count", names[1]), &[("request", &api)], counted.count);
    }
    let name = "kafka_server_socketservermetrics_connection_count";
    family(text, name, "gauge", "Connections that are open.");
    line(text, name, &[], shared.metrics.connections.load(Ordering::Relaxed));
}

fn watched(shared: &Shared, text: &mut String) {
    let name = "muster_client_rule_violations_total";
    family(text, name, "counter", "Rules that clients broke.");
    let found = shared.findings.all();
    for rule in &WATCHED {
        let times: u64 =
            found.iter().filter(|violation| violation.rule == *rule).map(|violation| violation.times).sum();
        line(text, name, &[("rule", rule.id())], times);
    }
    let name = "muster_rebalances_total";
    family(text, name, "counter", "Rebalances that are over.");
    for (group, count) in shared.counters.rebalances() {
        line(text, name, &[("consumergroup", group.as_str())], count);
    }
}

fn ends(shared: &Shared, text: &mut String) -> BTreeMap<(TopicName, i32), i64> {
    let topics = shared.topics();
    let ends = topics.iter().flat_map(|(name, topic)| {
        let numbered = (0..).zip(&topic.partitions);
        numbered.map(|(index, partition)| ((name.clone(), index), partition.end))
    });
    let ends: BTreeMap<_, _> = ends.collect();
    let name = "kafka_topic_partition_current_offset";
    family(text, name, "gauge", "The next offset of a partition.");
    for ((topic, partition), end) in &ends {
        line(text, name, &[("topic", topic.as_str()), ("partition", &partition.to_string())], end);
    }
    ends
}

async fn groups(shared: &Shared, ends: &BTreeMap<(TopicName, i32), i64>, text: &mut String) {
    let Some((_, listed)) = shared.look_up(Command::List).await else { return };
    let (mut members, mut committed) = (Vec::new(), Vec::new());
    for listing in listed {
        let group = listing.group;
        let described = shared.look_up(|answer| Command::Describe(group.clone(), answer)).await;
        let count = described.and_then(|(_, group)| group).map_or(0, |group| group.members.len());
        members.push((group.clone(), count));
        committed.extend(offsets(shared, group).await);
    }
    let name = "kafka_consumergroup_members";
    family(text, name, "gauge", "Members of a group.");
    for (group, count) in &members {
        line(text, name, &[("consumergroup", group.as_str())], count);
    }
    let names = ["kafka_consumergroup_current_offset", "kafka_consumergroup_lag"];
    let labelled = |(group, topic, partition): &(GroupId, TopicName, i32)| {
        [
            ("consumergroup", group.to_string()),
            ("topic", topic.to_string()),
            ("partition", partition.to_string()),
        ]
    };
    family(text, names[0], "gauge", "The committed offset of a group for a partition.");
    for (place, offset) in &committed {
        let labels = labelled(place);
        line(text, names[0], &labels.each_ref().map(|(label, value)| (*label, &**value)), offset);
    }
    family(text, names[1], "gauge", "Records of a partition that a group has not committed.");
    for (place, offset) in &committed {
        let Some(end) = ends.get(&(place.1.clone(), place.2)) else { continue };
        let labels = labelled(place);
        let lag = end.saturating_sub(*offset).max(0);
        line(text, names[1], &labels.each_ref().map(|(label, value)| (*label, &**value)), lag);
    }
}

async fn offsets(shared: &Shared, group: GroupId) -> Vec<((GroupId, TopicName, i32), i64)> {
    let asked = OffsetFetch { version: 9, group: group.clone(), topics: None, require_stable: false };
    let answer = shared.ask(Client::default(), Request::OffsetFetch(asked)).await;
    let Some(Response::OffsetFetch(fetched)) = answer else { return Vec::new() };
    let offsets = fetched.topics.into_iter().flat_map(|(topic, offsets)| {
        let group = group.clone();
        offsets.into_iter().map(move |o| ((group.clone(), topic.clone(), o.partition), o.offset))
    });
    offsets.collect()
}
