"""A load for a broker, and what the operating system knows of the broker that bears it."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path

from tests.broker import wire
from tests.broker.conftest import Broker
from tests.broker.wire import Wire


def produce(client: Wire, topic: str, batches: int, records: bytes = b"") -> list[tuple[int, int]]:
    """Send batches all at once; the error code and the base offset of each, answered in order."""
    records = records or wire.batch()
    client.send(b"".join(wire.produce(number, topic, records) for number in range(batches)))
    replies = [client.receive() for _ in range(batches)]
    assert [correlation_id for correlation_id, _ in replies] == list(range(batches))
    return [wire.produce_result(body, topic) for _, body in replies]


def produce_spread(client: Wire, topic: str, partitions: int) -> list[tuple[int, int]]:
    """Send one request with a batch for each partition; the error code and the base offset of each."""
    records, name = wire.batch(), wire.text(topic)
    body = struct.pack(">hhii", -1, 1, 30_000, 1) + name + struct.pack(">i", partitions)
    for partition in range(partitions):
        body += struct.pack(">ii", partition, len(records)) + records
    results = client.ask(wire.frame(wire.PRODUCE, 7, 1, body))[4 + len(name) + 4 : -4]
    found = {index: (error, offset) for index, error, offset, *_ in struct.iter_unpack(">ihqqq", results)}
    return [found[partition] for partition in range(partitions)]


def proc(broker: Broker, name: str) -> str:
    return Path(f"/proc/{broker.ready['pid']}/{name}").read_text()


def loop_cpu_s(broker: Broker) -> float:
    """CPU time of the event loop's thread, which is the process's first."""
    return int(proc(broker, "schedstat").split()[0]) / 1e9


def rss_bytes(broker: Broker) -> int:
    return int(proc(broker, "statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(broker: Broker, of: str) -> int:
    """How many descriptors are open of files or sockets whose name has ``of`` in it."""
    found = 0
    for path in Path(f"/proc/{broker.ready['pid']}/fd").iterdir():
        with suppress(FileNotFoundError):  # one that was closed in between
            found += of in str(path.readlink())
    return found


def threads(broker: Broker) -> int:
    return len(os.listdir(f"/proc/{broker.ready['pid']}/task"))


def reads(broker: Broker) -> int:
    """How often the process has called read(2) and its like."""
    return int(next(line.split()[1] for line in proc(broker, "io").splitlines() if line.startswith("syscr")))


def disk_bytes(broker: Broker) -> int:
    """What the data directory takes on the disk."""
    return sum(path.stat().st_blocks * 512 for path in broker.data_dir.rglob("*") if path.is_file())
