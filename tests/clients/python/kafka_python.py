"""kafka-python."""

import sys

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, OffsetAndMetadata
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError

from told import (ASSIGNOR, BOOTSTRAP, CLIENT_ID, GROUP, HEARTBEAT_MS, INSTANCE, MAX_POLL_MS, PARTITIONS, SESSION_MS, TOPIC,
                  Stop, on_stop, records, rounds, slow, tell)

COMMON = {"bootstrap_servers": BOOTSTRAP, "client_id": CLIENT_ID}


def create():
    admin = KafkaAdminClient(**COMMON)
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
    admin.close()
    tell("created")


def produce():
    for name, acks, compression in rounds():
        settings = {**COMMON, "compression_type": None if compression == "none" else compression}
        if acks == "idempotent":
            settings["enable_idempotence"] = True
        else:
            settings.update(acks="all" if acks == "all" else int(acks), enable_idempotence=False)
        producer = KafkaProducer(**settings)
        sent = [producer.send(TOPIC, value, partition=partition) for partition, value in records(name)]
        producer.flush()
        for future in sent:
            future.get(10)
        producer.close()
        tell("produced", round=name)


def consume():
    on_stop()
    assignor = CooperativeStickyAssignor if ASSIGNOR == "cooperative" else RangePartitionAssignor
    consumer = KafkaConsumer(
        **COMMON, group_id=GROUP, group_instance_id=INSTANCE, partition_assignment_strategy=[assignor],
        auto_offset_reset="earliest", enable_auto_commit=False, session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=HEARTBEAT_MS, max_poll_interval_ms=MAX_POLL_MS)
    owned = set()

    class Listener(ConsumerRebalanceListener):
        def on_partitions_assigned(self, assigned):
            owned.update(p.partition for p in assigned)
            tell("owned", partitions=sorted(owned))

        def on_partitions_revoked(self, revoked):
            owned.difference_update(p.partition for p in revoked)
            tell("owned", partitions=sorted(owned))

        def on_partitions_lost(self, lost):
            self.on_partitions_revoked(lost)

    consumer.subscribe([TOPIC], listener=Listener())
    while not Stop.asked:
        for partition, messages in consumer.poll(timeout_ms=100, max_records=10).items():
            for message in messages:
                tell("consumed", partition=message.partition, offset=message.offset, value=message.value.decode())
            slow()
            next_offset = messages[-1].offset + 1
            try:
                consumer.commit({partition: OffsetAndMetadata(next_offset, "", -1)})
                tell("committed", partition=partition.partition, offset=next_offset)
            except KafkaError as error:
                tell("refused", error=repr(error))
    consumer.close()
    tell("left")


{"create": create, "produce": produce, "consume": consume}[sys.argv[1]]()
