"""aiokafka."""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

from told import (BOOTSTRAP, CLIENT_ID, GROUP, HEARTBEAT_MS, INSTANCE, MAX_POLL_MS, PARTITIONS, SESSION_MS, TOPIC, Slow, Stop, on_stop,
                  records, rounds, tell)

COMMON = {"bootstrap_servers": BOOTSTRAP, "client_id": CLIENT_ID}


async def create():
    admin = AIOKafkaAdminClient(**COMMON)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
    await admin.close()
    tell("created")


async def produce():
    for name, acks, compression in rounds():
        settings = {**COMMON, "compression_type": None if compression == "none" else compression}
        if acks == "idempotent":
            settings["enable_idempotence"] = True
        else:
            settings["acks"] = "all" if acks == "all" else int(acks)
        producer = AIOKafkaProducer(**settings)
        await producer.start()
        sent = [await producer.send(TOPIC, value, partition=partition) for partition, value in records(name)]
        await producer.flush()
        await asyncio.gather(*sent)
        await producer.stop()
        tell("produced", round=name)


async def consume():
    on_stop()
    consumer = AIOKafkaConsumer(
        **COMMON, group_id=GROUP, group_instance_id=INSTANCE,
        partition_assignment_strategy=[RangePartitionAssignor], auto_offset_reset="earliest",
        enable_auto_commit=False, session_timeout_ms=SESSION_MS, heartbeat_interval_ms=HEARTBEAT_MS,
        rebalance_timeout_ms=30000, max_poll_interval_ms=MAX_POLL_MS)

    class Listener(ConsumerRebalanceListener):
        async def on_partitions_assigned(self, assigned):
            tell("owned", partitions=sorted(p.partition for p in assigned))

        async def on_partitions_revoked(self, revoked):
            tell("owned", partitions=[])

    consumer.subscribe([TOPIC], listener=Listener())
    await consumer.start()
    while not Stop.asked:
        for partition, messages in (await consumer.getmany(timeout_ms=100, max_records=10)).items():
            for message in messages:
                tell("consumed", partition=message.partition, offset=message.offset, value=message.value.decode())
            await asyncio.sleep(Slow.seconds())
            next_offset = messages[-1].offset + 1
            try:
                await consumer.commit({partition: next_offset})
                tell("committed", partition=partition.partition, offset=next_offset)
            except KafkaError as error:
                tell("refused", error=repr(error))
    await consumer.stop()
    tell("left")


asyncio.run({"create": create, "produce": produce, "consume": consume}[sys.argv[1]]())
