"""A blocking call in the event loop: a checkpoint of all offsets is written and synced by the loop itself.

From beyond the catalogue; Kafka keeps such a file, but in a thread of its own. Strength: checkpoints for each
partition and turn of the event loop that appended to it. To be seen: event-loop lag and latency up, throughput
down, bytes written up; the broker's own count of syncs and their time stay, since it is not the log's.
"""

from __future__ import annotations

import os

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.log import Log
from broker.wal.partition import PartitionLog


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Checkpointing(Log):
        def submit(self, log: PartitionLog) -> None:
            super().submit(log)
            for _ in range(often.times()):
                self.checkpoint()

        def checkpoint(self) -> None:
            text = "".join(f"{log.topic} {log.partition} {log.next_offset}\n" for log in self.partitions())
            path = self._directory / "checkpoint"
            new = path.with_suffix(".new")
            with new.open("w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)

    return (Checkpointing,)


FAULT = Fault(
    mechanism="the event loop writes and syncs a checkpoint",
    incident="beyond the catalogue",
    unit="checkpoints per partition and turn of the event loop",
    full=1,
    moves=("throughput", "p50", "p99"),
    culprit="frame checkpoint",
    parts=_parts,
)
