"""Disk space taken ahead: a spare file for each partition, whether or not anything is ever written to it.

From beyond the catalogue; it is a preallocated segment, made for speed. Strength: MB for each partition. To be seen:
the disk space of a broker goes up with the topics that are made, far more than what they hold, and down when they are
deleted; syncs, latency and throughput stay, and so does what is written.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from broker.faults.fault import Fault, Part
from broker.metadata.interface import TopicRecord
from broker.wal.log import Log
from broker.wal.partition import PartitionLog


def preallocate(path: Path, size_bytes: int) -> None:
    """Make a file of that size, of which all blocks are there."""
    path.parent.mkdir(exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.posix_fallocate(fd, 0, size_bytes)
    finally:
        os.close(fd)


def _parts(strength: float) -> tuple[Part, ...]:
    class Preallocating(Log):
        def add(self, record: TopicRecord) -> None:
            super().add(record)
            for log in self._partitions[record.name]:
                # It is only ahead of its time, so a disk that has no room for it is none of its business.
                with suppress(OSError):
                    preallocate(self.spare(log), max(int(strength * 1e6), 1))

        async def remove(self, name: str) -> None:
            spares = [self.spare(log) for log in self._partitions[name]]
            await super().remove(name)
            for path in spares:
                path.unlink(missing_ok=True)

        def spare(self, log: PartitionLog) -> Path:
            """Beside the topics' folders: theirs are made, and synced, when something is written."""
            return self._directory / "spare" / f"{log.topic_id.hex}-{log.partition}"

    return (Preallocating,)


FAULT = Fault(
    mechanism="disk space is taken ahead for each partition",
    incident="beyond the catalogue",
    unit="MB per partition",
    full=1,
    moves=("asked_disk",),
    culprit="frame preallocate",
    parts=_parts,
)
