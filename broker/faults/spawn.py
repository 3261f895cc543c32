"""A task for every batch: noting an offset is handed to a task that serialises it and takes a lock.

From the catalogue: v2.2.7, one task spawned per batch. Strength: tasks for each batch. To be seen: tasks per
batch go up by exactly that, CPU per message somewhat; commits and syncs stay.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Incoming, Produce
from broker.protocol.produce import NO_OFFSET


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Spawning(Produce):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            self._propose_lock = asyncio.Lock()
            self._proposed = ""
            # The loop itself only holds its tasks weakly.
            self._proposals: set[asyncio.Task[None]] = set()

        def _append(self, incoming: list[Incoming], bases: list[int], now_s: float) -> tuple[int, int]:
            appended = super()._append(incoming, bases, now_s)
            loop = asyncio.get_running_loop()
            for (_, log, *_), base in zip(incoming, bases, strict=True):
                for _ in range(often.times() if base != NO_OFFSET else 0):
                    task = loop.create_task(self.propose(log.topic, log.partition, base))
                    self._proposals.add(task)
                    task.add_done_callback(self._proposals.discard)
            return appended

        async def propose(self, topic: str, partition: int, base: int) -> None:
            text = json.dumps({"topic": topic, "partition": partition, "offset": base})
            async with self._propose_lock:
                self._proposed = text

    return (Spawning,)


FAULT = Fault(
    mechanism="a task is spawned for every batch",
    incident="v2.2.7",
    unit="tasks per batch",
    full=2,
    moves=("tasks_per_batch", "cpu_per_message"),
    culprit="frame propose",
    parts=_parts,
)
