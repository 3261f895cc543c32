"""A buffer before the disk: what is acknowledged lies in the broker's memory until the buffer of its file is full.

From beyond the catalogue. A fault of correctness: a broker that is killed loses what it has acknowledged. Strength: MB
that a buffer takes. To be seen: messages missing after a kill, and none after a stop in good order; syncs take next to
no time, so that latency is down and throughput up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from broker.faults.fault import Fault, Part
from broker.wal.log import Log
from broker.wal.partition import PartitionLog
from broker.wal.record import Record
from broker.wal.segment import Segment


class Buffered(Segment):
    """Written to when `most_bytes` have come, when somebody reads, and when it is finished."""

    most_bytes = 0.0

    def __init__(self, path: Path, fd: int, base_offset: int, header_bytes: int, written_bytes: int) -> None:
        super().__init__(path, fd, base_offset, header_bytes, written_bytes)
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._lock = threading.Lock()  # who reads is the event loop

    def write(self, pieces: list[bytes], size_bytes: int) -> None:
        with self._lock:
            self._held += pieces
            self._held_bytes += size_bytes
            self.written_bytes += size_bytes

    def sync(self) -> None:
        if self._held_bytes >= self.most_bytes:
            self.write_out()
            super().sync()

    def write_out(self) -> None:
        """Write what was held back. Raises OSError."""
        with self._lock:
            self.written_bytes -= self._held_bytes
            super().write(self._held, self._held_bytes)
            self._held, self._held_bytes = [], 0

    def finish(self) -> None:
        self.write_out()
        super().finish()

    def records(self, position: int, *, learn: bool = False) -> Iterator[tuple[Record, bytes]]:
        self.write_out()
        return super().records(position, learn=learn)


def _parts(strength: float) -> tuple[Part, ...]:
    class OwnBuffered(Buffered):
        most_bytes = strength * 1e6

    class BufferedPartition(PartitionLog):
        segment_class = OwnBuffered

    class BufferedLog(Log):
        partition_class = BufferedPartition

    return (BufferedLog,)


FAULT = Fault(
    mechanism="what is acknowledged lies in memory until a buffer is full",
    incident="beyond the catalogue: correctness",
    unit="MB that a buffer takes",
    full=1,
    moves=("crash_lost",),
    culprit="frame sync",
    parts=_parts,
)
