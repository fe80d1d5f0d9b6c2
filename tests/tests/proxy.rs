//! What the proxy does not know goes through it as it is, both ways.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use muster_conformance::observe::proxy::{Passed, Proxy, Traffic};
use muster_conformance::observe::stream::Sink as _;
use muster_conformance::observe::watch::Watch;
use muster_reference::coordinator::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A server that answers `asked` with `answer`, a client through the proxy, and what the proxy tells.
fn through(runtime: &Runtime, asked: &[u8], answer: &[u8]) -> Traffic {
    runtime.block_on(async {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let broker = server.local_addr().unwrap().to_string();
        let (proxy, passed) = Proxy::bind("127.0.0.1:0".parse().unwrap(), broker).await.unwrap();
        // Whether the broker is there is looked at first.
        drop(server.accept().await.unwrap());
        let address = proxy.address().unwrap();
        let running = tokio::spawn(proxy.run());
        let mut client = TcpStream::connect(address).await.unwrap();
        let (mut incoming, _) = server.accept().await.unwrap();
        client.write_all(asked).await.unwrap();
        let mut bytes = vec![0; asked.len()];
        incoming.read_exact(&mut bytes).await.unwrap();
        assert_eq!(bytes, asked, "the request as it was sent");
        incoming.write_all(answer).await.unwrap();
        let mut bytes = vec![0; answer.len()];
        client.read_exact(&mut bytes).await.unwrap();
        assert_eq!(bytes, answer, "the answer as it was sent");
        running.abort();
        passed
    })
}

/// The verdict of a watch over what the proxy told.
fn verdict(mut passed: Traffic) -> String {
    let mut watch = Watch::new(Config::default());
    while let Some(one) = passed.try_recv() {
        match one {
            Passed::Chunk(chunk) => watch.take(&chunk),
            Passed::Closed { connection, .. } => watch.close(&connection),
            Passed::Trouble(line) => panic!("{line}"),
        }
    }
    watch.verdict("what passed".to_owned()).to_string()
}

#[test]
fn an_api_that_is_not_known_goes_through() {
    let runtime = Runtime::new().unwrap();
    // API 4711 v99, correlation id 7, and then bytes that are no header of Kafka's.
    let mut asked = vec![0, 0, 0, 18, 0x12, 0x67, 0, 99, 0, 0, 0, 7];
    asked.extend([0xff; 10]);
    let mut answer = vec![0, 0, 0, 9, 0, 0, 0, 7];
    answer.extend([0xee; 5]);
    let told = verdict(through(&runtime, &asked, &answer));
    assert!(told.ends_with("1 frames of other APIs"), "{told}");
    assert!(!told.contains('?'), "{told}");
}

#[test]
fn what_is_no_kafka_goes_through_and_is_not_judged() {
    let runtime = Runtime::new().unwrap();
    let (hello, answer) = ([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5], [0x16, 3, 3, 0, 2, 9, 9]);
    let told = verdict(through(&runtime, &hello, &answer));
    assert!(told.contains("it is encrypted (TLS)"), "{told}");
    assert!(told.lines().last().unwrap().starts_with("undecided"), "{told}");
}
