"""What the driver tells a client by its environment, and the events that it is told in turn, one JSON object a line."""

import json
import os
import signal
import sys
import time

BOOTSTRAP = os.environ["MUSTER_BOOTSTRAP"]
TOPIC = os.environ.get("MUSTER_TOPIC", "t")
PARTITIONS = int(os.environ.get("MUSTER_PARTITIONS", "1"))
GROUP = os.environ.get("MUSTER_GROUP", "g")
CLIENT_ID = os.environ.get("MUSTER_CLIENT_ID", "client")
INSTANCE = os.environ.get("MUSTER_INSTANCE") or None
ASSIGNOR = os.environ.get("MUSTER_ASSIGNOR", "range")
SESSION_MS = int(os.environ.get("MUSTER_SESSION_MS", "10000"))
HEARTBEAT_MS = int(os.environ.get("MUSTER_HEARTBEAT_MS", "1000"))
MAX_POLL_MS = int(os.environ.get("MUSTER_MAX_POLL_MS", "300000"))
SLOW_MS = int(os.environ.get("MUSTER_SLOW_MS", "0"))
COUNT = int(os.environ.get("MUSTER_COUNT", "1"))


def rounds():
    """Each round of records to produce: its name, acks or 'idempotent', and the compression."""
    for name in os.environ.get("MUSTER_ROUNDS", "all-none").split(","):
        acks, compression = name.split("-")
        yield name, acks, compression


def records(name):
    """Partition and value of each record of a round."""
    for partition in range(PARTITIONS):
        for number in range(COUNT):
            yield partition, f"{name}/{partition}/{number}".encode()


def tell(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


class Slow:
    """How often something was processed: the fifth time takes long, if it is to."""

    times = 0

    @classmethod
    def seconds(cls):
        cls.times += 1
        return SLOW_MS / 1000 if cls.times == 5 else 0


def slow():
    time.sleep(Slow.seconds())


class Stop:
    """Whether the driver wants the client to leave."""

    asked = False


def on_stop(do=None):
    def stop(*_):
        Stop.asked = True
        if do:
            do()

    signal.signal(signal.SIGTERM, stop)
