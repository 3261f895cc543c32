"""A snapshot now and then: every two seconds in which something was appended, the event loop writes down all it knows.

From the catalogue: v2.2.8 took snapshots in its hot path. Strength: thousands of entries in each. To be seen: all that
is asked waits until it is done, so that throughput is down and a few messages have a response time far beyond p99;
CPU per message is up, and a broker that nobody asks for anything uses none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from broker.faults.fault import Fault, Part
from broker.metadata.interface import TopicRecord
from broker.wal.log import Log
from broker.wal.partition import PartitionLog

_EVERY_S = 2.0


def _parts(strength: float) -> tuple[Part, ...]:
    class Snapshotting(Log):
        def open(self, topics: Iterable[TopicRecord]) -> None:
            super().open(topics)
            self._changed = False
            self._entries = [
                {"topic": f"topic-{n}", "partition": 0, "offset": n} for n in range(round(strength * 1e3))
            ]
            self._loop.call_later(_EVERY_S, self.look)

        def submit(self, log: PartitionLog) -> None:
            super().submit(log)
            self._changed = True

        def look(self) -> None:
            if self._changed:
                self._changed = False
                self.snapshot()
            self._loop.call_later(_EVERY_S, self.look)

        def snapshot(self) -> None:
            path = self._directory / "snapshot"
            new = path.with_suffix(".new")
            with new.open("w") as file:
                file.write(json.dumps(self._entries))
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)

    return (Snapshotting,)


FAULT = Fault(
    mechanism="every two seconds the event loop writes a snapshot",
    incident="v2.2.8 (snapshots)",
    unit="thousands of entries in each",
    full=200,
    moves=("cpu_per_message", "throughput"),
    culprit="frame snapshot",
    parts=_parts,
)
