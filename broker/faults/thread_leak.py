"""Leaking threads: each topic gets writer threads, which outlive it.

From the catalogue: 2026-07, writer threads created per topic and never freed. Strength: threads for each topic.
To be seen: threads and memory go up with each topic that is created, deleted ones too; throughput, latency and
syncs stay.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.metadata.interface import TopicRecord
from broker.wal.log import Log


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class LeakingThreads(Log):
        def __init__(self, *parts: Any, **callbacks: Any) -> None:
            super().__init__(*parts, **callbacks)
            self._work: SimpleQueue[None] = SimpleQueue()

        def add(self, record: TopicRecord) -> None:
            super().add(record)
            for _ in range(often.times()):
                threading.Thread(target=self.writer, daemon=True).start()

        def writer(self) -> None:
            """Wait for work, which the WAL thread does."""
            while True:
                self._work.get()

    return (LeakingThreads,)


FAULT = Fault(
    mechanism="each topic gets threads that never end",
    incident="2026-07",
    unit="threads per topic",
    full=20,
    moves=("threads",),
    culprit="frame writer",
    parts=_parts,
)
