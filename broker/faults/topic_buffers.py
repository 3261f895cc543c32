"""Buffers for each partition: memory that a topic takes by being there, whether or not anybody writes to it.

From beyond the catalogue; it is what a write buffer for each partition, made ahead, does to a broker with thousands
of them. Strength: MB that are filled for each partition. To be seen: memory goes up with the topics that are made, and
down when they are deleted; what a start finds on disk takes its buffers, too. Latency, throughput and CPU stay.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from broker.faults.fault import Fault, Part
from broker.metadata.interface import TopicRecord
from broker.wal.log import Log
from broker.wal.partition import PartitionLog


def made_buffer(size_bytes: int) -> bytes:
    # Filled, since a page that was never written to takes no memory.
    return b"\1" * size_bytes


def _parts(strength: float) -> tuple[Part, ...]:
    buffers: WeakKeyDictionary[PartitionLog, bytes] = WeakKeyDictionary()

    class Buffered(Log):
        def add(self, record: TopicRecord) -> None:
            super().add(record)
            for log in self._partitions[record.name]:
                buffers[log] = made_buffer(int(strength * 1e6))

    return (Buffered,)


FAULT = Fault(
    mechanism="each partition gets a buffer of its own",
    incident="beyond the catalogue",
    unit="MB per partition",
    full=1,
    moves=("asked_memory",),
    culprit="frame made_buffer",
    parts=_parts,
)
