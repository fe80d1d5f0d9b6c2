//! A broker that others mean to harm, and how it does.

#![allow(dead_code, reason = "each of the tests that share this asks some of it")]

use std::time::Duration;

use kafka_protocol::messages::MetadataRequest;
use muster_reference::broker::{Broker, BrokerConfig};
use tokio::time::timeout;

use crate::client::Client;

pub(crate) async fn broker(properties: &[(&str, &str)]) -> Broker {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), 2);
    config.set("group.initial.rebalance.delay.ms", "0").unwrap();
    for (property, value) in properties {
        config.set(property, value).unwrap();
    }
    Broker::start(config).await.unwrap()
}

/// Kilobytes that this process holds.
pub(crate) fn resident_kb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

pub(crate) async fn serves(broker: &Broker) {
    let mut client = Client::connect(broker.address()).await;
    let request = MetadataRequest::default().with_topics(None);
    let answer = timeout(Duration::from_secs(10), client.ask(&request, 12)).await;
    assert_eq!(answer.expect("the broker answers others").topics.len(), 1);
}

/// Whether the broker closes the connection.
pub(crate) async fn closes(client: &mut Client) -> bool {
    matches!(timeout(Duration::from_secs(10), client.read()).await, Ok(None))
}
