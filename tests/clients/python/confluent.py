"""confluent-kafka, and librdkafka in it."""

import sys

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from told import (ASSIGNOR, BOOTSTRAP, CLIENT_ID, GROUP, HEARTBEAT_MS, INSTANCE, MAX_POLL_MS, PARTITIONS, SESSION_MS, TOPIC,
                  Stop, on_stop, records, rounds, slow, tell)

COMMON = {"bootstrap.servers": BOOTSTRAP, "client.id": CLIENT_ID}


def create():
    admin = AdminClient(COMMON)
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result()
    tell("created")


def produce():
    for name, acks, compression in rounds():
        settings = {**COMMON, "compression.type": compression}
        if acks == "idempotent":
            settings["enable.idempotence"] = True
        else:
            settings["acks"] = acks
        errors = []
        producer = Producer(settings)
        for partition, value in records(name):
            producer.produce(TOPIC, value, partition=partition, on_delivery=lambda error, _: errors.append(error))
        producer.flush()
        assert errors and not any(errors), errors
        tell("produced", round=name)


def consume():
    on_stop()
    strategy = {"cooperative": "cooperative-sticky"}.get(ASSIGNOR, ASSIGNOR)
    settings = {**COMMON, "group.id": GROUP, "partition.assignment.strategy": strategy,
                "auto.offset.reset": "earliest", "enable.auto.commit": False,
                "session.timeout.ms": SESSION_MS, "heartbeat.interval.ms": HEARTBEAT_MS, "max.poll.interval.ms": MAX_POLL_MS}
    if INSTANCE:
        settings["group.instance.id"] = INSTANCE
    consumer = Consumer(settings)
    owned = set()

    def gains(_, partitions):
        owned.update(p.partition for p in partitions)
        tell("owned", partitions=sorted(owned))

    def loses(_, partitions):
        owned.difference_update(p.partition for p in partitions)
        tell("owned", partitions=sorted(owned))

    consumer.subscribe([TOPIC], on_assign=gains, on_revoke=loses, on_lost=loses)
    while not Stop.asked:
        message = consumer.poll(0.1)
        if message is None:
            continue
        if message.error():
            tell("error", error=str(message.error()))
            continue
        tell("consumed", partition=message.partition(), offset=message.offset(), value=message.value().decode())
        slow()
        next_offset = message.offset() + 1
        try:
            consumer.commit(offsets=[TopicPartition(TOPIC, message.partition(), next_offset)], asynchronous=False)
            tell("committed", partition=message.partition(), offset=next_offset)
        except Exception as error:  # A rebalance may refuse it: whoever owns the partition next reads it again.
            tell("refused", error=str(error))
    consumer.close()
    tell("left")


{"create": create, "produce": produce, "consume": consume}[sys.argv[1]]()
