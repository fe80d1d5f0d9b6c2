//! The broker with a client of its own: kcat (librdkafka), as Debian ships it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use muster_reference::broker::{Broker, BrokerConfig};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// A running kcat, and what it has said so far.
struct Kcat {
    process: Child,
    said: Arc<Mutex<Vec<String>>>,
}

fn kcat(broker: &Broker, args: &[&str]) -> Command {
    let mut command = Command::new("kcat");
    command.arg("-b").arg(broker.address().to_string()).args(args).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn listen<R: AsyncRead + Unpin + Send + 'static>(from: R, said: &Arc<Mutex<Vec<String>>>) {
    let (mut lines, said) = (BufReader::new(from).lines(), Arc::clone(said));
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            said.lock().unwrap().push(line);
        }
    });
}

impl Kcat {
    /// A consumer of the group `g`, with `more` settings.
    fn join(broker: &Broker, more: &[&str]) -> Self {
        let args = [
            &[
                "-u",
                "-f",
                "%p %o %s\n",
                "-X",
                "auto.offset.reset=earliest",
                "-X",
                "heartbeat.interval.ms=200",
            ],
            more,
            &["-G", "g", "t"],
        ];
        let mut process =
            kcat(broker, &args.concat()).spawn().expect("kcat is installed (apt-get install kcat)");
        let said = Arc::default();
        listen(process.stdout.take().unwrap(), &said);
        listen(process.stderr.take().unwrap(), &said);
        Self { process, said }
    }

    /// The lines so far that satisfy a condition.
    fn lines(&self, condition: impl Fn(&str) -> bool) -> Vec<String> {
        self.said.lock().unwrap().iter().filter(|line| condition(line)).cloned().collect()
    }

    fn messages(&self) -> Vec<String> {
        self.lines(|line| line.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Waits until it has said so many lines that satisfy a condition.
    async fn until(&self, count: usize, what: &str, condition: impl Fn(&str) -> bool) {
        for _ in 0..600 {
            if self.lines(&condition).len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what}: {:?}", self.said.lock().unwrap());
    }

    /// Asks it to leave, and waits until it has.
    async fn leave(mut self) {
        let id = self.process.id().unwrap().to_string();
        Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.process.wait()).await.unwrap().unwrap();
    }
}

async fn produce(broker: &Broker, values: &[&str]) {
    for (partition, values) in ["0", "1"].iter().zip(values.chunks(values.len().div_ceil(2))) {
        let mut process = kcat(broker, &["-P", "-t", "t", "-p", partition]).spawn().unwrap();
        let mut stdin = process.stdin.take().unwrap();
        stdin.write_all(values.join("\n").as_bytes()).await.unwrap();
        drop(stdin);
        assert!(process.wait().await.unwrap().success());
    }
}

fn assigned(line: &str) -> bool {
    line.contains("rebalanced") && line.contains("assigned")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_kcats_share_a_group_and_resume() {
    let mut config = BrokerConfig { listen: "127.0.0.1:0".to_owned(), ..BrokerConfig::default() };
    config.topics.insert("t".into(), 2);
    config.set("group.initial.rebalance.delay.ms", "100").unwrap();
    let broker = Broker::start(config).await.unwrap();
    produce(&broker, &["a", "b", "c", "d"]).await;

    // One reads everything, then shares with a second.
    let first = Kcat::join(&broker, &[]);
    first.until(4, "four messages", |line| line.starts_with(|c: char| c.is_ascii_digit())).await;
    let second = Kcat::join(&broker, &[]);
    second.until(1, "the second takes part", assigned).await;
    first.until(2, "the first rebalances", assigned).await;
    let owned = |kcat: &Kcat| kcat.lines(assigned).last().unwrap().matches("t [").count();
    assert_eq!((owned(&first), owned(&second)), (1, 1), "a partition each");
    produce(&broker, &["e", "f"]).await;
    second.until(1, "one message", |line| line.starts_with(|c: char| c.is_ascii_digit())).await;
    first.until(5, "one more message", |line| line.starts_with(|c: char| c.is_ascii_digit())).await;

    // The first leaves: the second has it all, and nothing is read twice.
    first.leave().await;
    second.until(2, "the second takes over", assigned).await;
    assert_eq!(owned(&second), 2);
    produce(&broker, &["g", "h"]).await;
    second.until(3, "both partitions", |line| line.starts_with(|c: char| c.is_ascii_digit())).await;
    assert_eq!(second.messages().len(), 3);
    second.leave().await;

    // Whoever comes later goes on from the committed offsets.
    produce(&broker, &["i", "j"]).await;
    let third = Kcat::join(&broker, &["-c", "2"]);
    third.until(2, "two messages", |line| line.starts_with(|c: char| c.is_ascii_digit())).await;
    let mut messages = third.messages();
    messages.sort();
    assert_eq!(messages, ["0 4 i", "1 4 j"]);
    broker.shutdown().await;
}
