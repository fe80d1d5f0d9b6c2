//! Thousands of connections, and a thousand members in one group.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(clippy::disallowed_methods, reason = "a test that measures reads the clock")]

mod client;
#[path = "crowd/mod.rs"]
mod many;

use std::collections::BTreeSet;
use std::time::Duration;

use client::Client;
use kafka_protocol::messages::MetadataRequest;
use muster_reference::broker::{Broker, BrokerConfig};

async fn broker(delay_ms: &str) -> Broker {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert(many::TOPIC.into(), 1000);
    config.set("group.initial.rebalance.delay.ms", delay_ms).unwrap();
    Broker::start(config).await.unwrap()
}

/// What a decision on one member costs must not grow with the group.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_members_rebalance() {
    let broker = broker("2000").await;
    let members = many::connect(broker.address(), "crowd", 1000).await;
    let (members, _) = many::rebalance(members).await;
    let (members, took) = many::rebalance(members).await;
    let generations: BTreeSet<_> = members.iter().map(|member| member.generation).collect();
    assert_eq!(generations, BTreeSet::from([2]), "one generation, and no other rebalance in between");
    let given: BTreeSet<_> = members.iter().map(|member| member.assignment.clone()).collect();
    assert_eq!(given, (0..1000).map(many::assigned).collect(), "each has the partition that it was given");
    assert!(took.after_the_last_join < Duration::from_secs(2), "{took:?}");
    assert!(broker.violations().is_empty(), "{:?}", broker.violations());
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_connections_are_open_at_once() {
    let broker = broker("0").await;
    let mut clients = Vec::new();
    for _ in 0..3000 {
        clients.push(Client::connect(broker.address()).await);
    }
    let request = MetadataRequest::default().with_topics(None);
    for client in &mut clients {
        assert_eq!(client.ask(&request, 12).await.topics.len(), 1);
    }
    broker.shutdown().await;
}
