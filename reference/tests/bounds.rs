//! Memory is bounded, whatever it is that many clients fill it with.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod asks;
mod client;
mod harm;

use std::time::Duration;

use asks::{commit, join, joined, sync, text};
use client::Client;
use harm::{broker, resident_kb, serves};
use kafka_protocol::messages::{DeleteGroupsRequest, DescribeGroupsRequest};
use muster_reference::broker::{Broker, BrokerConfig};
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn memory_of_groups_is_bounded() {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), 2);
    config.max_memory = 100_000;
    let broker = Broker::start(config).await.unwrap();
    let mut client = Client::connect(broker.address()).await;
    let mut codes = Vec::new();
    for number in 0..1000 {
        let group = kafka_protocol::messages::GroupId(text(&format!("g{number}")));
        let answer = client.ask(&commit(-1, "", 1).with_group_id(group), 7).await;
        codes.push(answer.topics[0].partitions[0].error_code);
    }
    let accepted = codes.iter().filter(|code| **code == 0).count();
    assert!((100..900).contains(&accepted), "{accepted} of 1000 commits fit");
    assert_eq!(codes.last(), Some(&16), "NOT_COORDINATOR");
    assert_eq!(client.ask(&join(3, ""), 3).await.error_code, 16);
    serves(&broker).await;
    broker.shutdown().await;
}

/// In a group that is full whoever comes is told so, keeps nothing here, and disturbs nobody.
#[tokio::test(flavor = "multi_thread")]
async fn members_are_bounded_by_thousands() {
    let most = 2000;
    let broker = broker(&[("group.max.size", "2000"), ("group.initial.rebalance.delay.ms", "60000")]).await;
    let mut client = Client::connect(broker.address()).await;
    // Of the last version that is not answered with an id first: those that are taken are parked, so that each needs a
    // connection of its own, and those that are refused are answered.
    let mut parked = Vec::new();
    for _ in 0..most {
        let mut member = Client::connect(broker.address()).await;
        member.send(&join(3, "").with_rebalance_timeout_ms(600_000), 3).await;
        parked.push(member);
    }
    let size = async |client: &mut Client| {
        let request = DescribeGroupsRequest::default().with_groups(vec![asks::group()]);
        client.ask(&request, 5).await.groups[0].members.len()
    };
    while size(&mut client).await < most {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let before = resident_kb();
    for _ in 0..3000 {
        let refused = client.ask(&join(3, ""), 3).await;
        assert_eq!(refused.error_code, 81, "GROUP_MAX_SIZE_REACHED");
    }
    assert_eq!(size(&mut client).await, most);
    let grown = resident_kb().saturating_sub(before);
    assert!(grown < 20_000, "{grown} kB for 3000 who were refused");
    serves(&broker).await;
    broker.shutdown().await;
}

/// Ids that are given out and never used count for as long as their sessions last, and so do texts of any length: the
/// memory of groups is bounded, whatever fills it.
#[tokio::test(flavor = "multi_thread")]
async fn ids_names_and_assignments_are_bounded() {
    let long = "x".repeat(30_000);
    let named = |number: usize, length: usize| {
        let group = kafka_protocol::messages::GroupId(text(&format!("g{number}{}", &long[..length])));
        join(4, "").with_session_timeout_ms(1_800_000).with_group_id(group)
    };
    for length in [0, 30_000] {
        let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
        config.topics.insert("t".into(), 2);
        config.max_memory = 2_000_000;
        let broker = Broker::start(config).await.unwrap();
        let mut client = Client::connect(broker.address()).await;
        let mut codes = Vec::new();
        for number in 0..3000 {
            codes.push(client.ask(&named(number, length), 4).await.error_code);
        }
        // What is there is weighed again, and found to be too much.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        for number in 0..3000 {
            codes.push(client.ask(&named(number, length), 4).await.error_code);
        }
        let given = codes.iter().filter(|code| **code == 79).count();
        let fit = 2_000_000 / (512 + 384 + length);
        assert!(given <= fit && given > fit / 4, "{given} ids in groups of names of {length} bytes");
        assert_eq!(codes.last(), Some(&16), "NOT_COORDINATOR");
        serves(&broker).await;
        broker.shutdown().await;
    }
}

/// The leader's SyncGroup is refused where there is no room for what it assigns, and taken from it when there is.
#[tokio::test(flavor = "multi_thread")]
async fn assignments_are_bounded() {
    let mut config = BrokerConfig::for_tests();
    config.topics.insert("t".into(), 2);
    config.max_memory = 100_000;
    let broker = Broker::start(config).await.unwrap();
    let mut client = Client::connect(broker.address()).await;
    let member = joined(&mut client, 5).await.member_id.to_string();
    let others = (0..1000).map(|number| kafka_protocol::messages::GroupId(text(&format!("g{number}"))));
    let others: Vec<_> = others.collect();
    for group in &others {
        client.ask(&commit(-1, "", 1).with_group_id(group.clone()), 7).await;
    }
    assert_eq!(client.ask(&sync(3, 1, &member), 3).await.error_code, 16, "NOT_COORDINATOR");
    client.ask(&DeleteGroupsRequest::default().with_groups_names(others), 1).await;
    // What is there is weighed again.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let taken = client.ask(&sync(3, 1, &member), 3).await;
    assert_eq!((taken.error_code, &*taken.assignment), (0, &b"a"[..]));
    serves(&broker).await;
    broker.shutdown().await;
}

/// Each may send a request of 100 MiB; all together may not.
#[tokio::test(flavor = "multi_thread")]
async fn parts_of_requests_are_bounded_together() {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), 2);
    config.max_memory = 20_000_000;
    let broker = Broker::start(config).await.unwrap();
    let before = resident_kb();
    let part = vec![0; 1_000_000];
    let mut clients = Vec::new();
    for _ in 0..60 {
        let mut client = Client::connect(broker.address()).await;
        client.write(&100_000_000_i32.to_be_bytes()).await;
        // It may be closed already.
        client.try_write(&part).await;
        clients.push(client);
    }
    serves(&broker).await;
    let grown = resident_kb().saturating_sub(before);
    assert!(grown < 60_000, "{grown} kB of 60 MB that were sent");
    let mut closed = 0;
    for client in &mut clients {
        closed += usize::from(matches!(timeout(Duration::from_millis(20), client.read()).await, Ok(None)));
    }
    assert!((30..60).contains(&closed), "{closed} of 60 are closed, the others may go on");
    broker.shutdown().await;
}
