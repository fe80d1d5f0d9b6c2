"""kcat, as Debian ships it: what it prints, as events. It commits by itself."""

import re
import subprocess
import sys

from told import (ASSIGNOR, BOOTSTRAP, CLIENT_ID, GROUP, HEARTBEAT_MS, INSTANCE, SESSION_MS, TOPIC, on_stop, records,
                  rounds, tell)

KCAT = ["kcat", "-b", BOOTSTRAP, "-X", f"client.id={CLIENT_ID}"]
REBALANCED = re.compile(r"% Group .* rebalanced.*?(assign|revoke|lost)")


def create():
    """kcat has no command for it: to ask for a topic creates it, with the broker's number of partitions."""
    subprocess.run([*KCAT, "-L", "-t", TOPIC, "-X", "allow.auto.create.topics=true"], check=True,
                   stdout=subprocess.DEVNULL)
    tell("created")


def produce():
    for name, acks, compression in rounds():
        settings = ["enable.idempotence=true"] if acks == "idempotent" else [f"acks={acks}"]
        by_partition = {}
        for partition, value in records(name):
            by_partition.setdefault(partition, []).append(value)
        for partition, values in by_partition.items():
            command = [*KCAT, "-P", "-t", TOPIC, "-p", str(partition), "-z", compression]
            command += [part for setting in settings for part in ("-X", setting)]
            subprocess.run(command, input=b"\n".join(values), check=True)
        tell("produced", round=name)


def consume():
    settings = {"auto.offset.reset": "earliest", "auto.commit.interval.ms": 200, "session.timeout.ms": SESSION_MS,
                "heartbeat.interval.ms": HEARTBEAT_MS,
                "partition.assignment.strategy": {"cooperative": "cooperative-sticky"}.get(ASSIGNOR, ASSIGNOR)}
    if INSTANCE:
        settings["group.instance.id"] = INSTANCE
    command = [*KCAT, "-u", "-f", "%p %o %s\n"]
    command += [part for item in settings.items() for part in ("-X", "{}={}".format(*item))]
    kcat = subprocess.Popen([*command, "-G", GROUP, TOPIC], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    on_stop(kcat.terminate)
    owned = set()
    for line in kcat.stdout:
        rebalanced = REBALANCED.match(line)
        if rebalanced:
            partitions = {int(number) for number in re.findall(r"\[(\d+)\]", line)}
            owned = owned | partitions if rebalanced[1] == "assign" else owned - partitions
            tell("owned", partitions=sorted(owned))
        elif line[0].isdigit():
            partition, offset, value = line.split(maxsplit=2)
            tell("consumed", partition=int(partition), offset=int(offset), value=value.strip())
        elif "Reached end" not in line:
            tell("refused", error=line.strip())
    kcat.wait()
    tell("left")


{"create": create, "produce": produce, "consume": consume}[sys.argv[1]]()
