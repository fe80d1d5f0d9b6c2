//! rdkafka.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{Value, json};

fn told(name: &str, otherwise: &str) -> String {
    env::var(format!("MUSTER_{name}"))
        .ok()
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| otherwise.to_owned())
}

fn tell(event: Value) {
    println!("{event}");
}

fn common() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", told("BOOTSTRAP", "localhost:9092"));
    config.set("client.id", told("CLIENT_ID", "client"));
    config
}

/// librdkafka creates a topic that is asked for, with the broker's number of partitions.
fn create(topic: &str) -> Result<(), Box<dyn Error>> {
    let producer: rdkafka::producer::BaseProducer = common().create()?;
    producer.client().fetch_metadata(Some(topic), Duration::from_secs(10))?;
    tell(json!({"event": "created"}));
    Ok(())
}

fn produce(topic: &str) -> Result<(), Box<dyn Error>> {
    let (partitions, count): (i32, i32) = (told("PARTITIONS", "1").parse()?, told("COUNT", "1").parse()?);
    for round in told("ROUNDS", "all-none").split(',') {
        let (acks, compression) = round.split_once('-').ok_or("a round is acks-compression")?;
        let mut config = common();
        config.set("compression.type", compression);
        if acks == "idempotent" {
            config.set("enable.idempotence", "true")
        } else {
            config.set("acks", acks)
        };
        let producer: ThreadedProducer<DefaultProducerContext> = config.create()?;
        for partition in 0..partitions {
            for number in 0..count {
                let value = format!("{round}/{partition}/{number}");
                let record: BaseRecord<'_, (), str> =
                    BaseRecord::to(topic).partition(partition).payload(&value);
                producer.send(record).map_err(|(error, _)| error)?;
            }
        }
        producer.flush(Duration::from_secs(20))?;
        tell(json!({"event": "produced", "round": round}));
    }
    Ok(())
}

/// Tells what is owned, before the library goes on.
#[derive(Default)]
struct Owner(Mutex<BTreeSet<i32>>);

impl Owner {
    fn change(&self, partitions: &TopicPartitionList, gains: bool) {
        let mut owned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for element in partitions.elements() {
            if gains {
                owned.insert(element.partition())
            } else {
                owned.remove(&element.partition())
            };
        }
        tell(json!({"event": "owned", "partitions": *owned}));
    }
}

impl ClientContext for Owner {}

impl ConsumerContext for Owner {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &rdkafka::consumer::Rebalance<'_>) {
        if let rdkafka::consumer::Rebalance::Revoke(partitions) = rebalance {
            self.change(partitions, false);
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &rdkafka::consumer::Rebalance<'_>) {
        if let rdkafka::consumer::Rebalance::Assign(partitions) = rebalance {
            self.change(partitions, true);
        }
    }
}

fn consume(topic: &str) -> Result<(), Box<dyn Error>> {
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&stop))?;
    let assignor = told("ASSIGNOR", "range");
    let mut config = common();
    config.set("group.id", told("GROUP", "g"));
    config.set(
        "partition.assignment.strategy",
        if assignor == "cooperative" { "cooperative-sticky" } else { &assignor },
    );
    config.set("auto.offset.reset", "earliest").set("enable.auto.commit", "false");
    config.set("session.timeout.ms", told("SESSION_MS", "10000"));
    config.set("heartbeat.interval.ms", told("HEARTBEAT_MS", "1000"));
    config.set("max.poll.interval.ms", told("MAX_POLL_MS", "300000"));
    if let Ok(instance) = env::var("MUSTER_INSTANCE") {
        config.set("group.instance.id", instance);
    }
    let consumer: BaseConsumer<Owner> = config.create_with_context(Owner::default())?;
    consumer.subscribe(&[topic])?;
    let slow = Duration::from_millis(told("SLOW_MS", "0").parse()?);
    let mut processed = 0;
    while !stop.load(Ordering::Relaxed) {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let (partition, offset) = match message {
            Ok(message) => {
                let value = String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned();
                tell(
                    json!({"event": "consumed", "partition": message.partition(), "offset": message.offset(), "value": value}),
                );
                (message.partition(), message.offset() + 1)
            }
            Err(error) => {
                tell(json!({"event": "refused", "error": error.to_string()}));
                continue;
            }
        };
        // The fifth record takes long, if it is to.
        processed += 1;
        if processed == 5 {
            std::thread::sleep(slow);
        }
        match commit(&consumer, topic, partition, offset) {
            Ok(()) => tell(json!({"event": "committed", "partition": partition, "offset": offset})),
            // A rebalance may refuse it: whoever owns the partition next reads it again.
            Err(error) => tell(json!({"event": "refused", "error": error.to_string()})),
        }
    }
    drop(consumer);
    tell(json!({"event": "left"}));
    Ok(())
}

fn commit(
    consumer: &BaseConsumer<Owner>,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<(), KafkaError> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(offset))?;
    consumer.commit(&list, CommitMode::Sync)
}

fn main() -> Result<(), Box<dyn Error>> {
    let topic = told("TOPIC", "t");
    match env::args().nth(1).as_deref() {
        Some("create") => create(&topic),
        Some("produce") => produce(&topic),
        _ => consume(&topic),
    }
}
