"""A lock held across an await: a turn of the event loop appends under a lock that it keeps until it is stored.

From the catalogue: v2.3.0, a lock in the hot path. What comes while a sync runs does not gather for the next
commit, it queues for the lock, one turn after the other. Strength: the share of turns that keep the lock; the
others give it back at once. To be seen: latency up, throughput and batches per commit down on many connections,
a task for every turn; the CPU of a batch and the time of a sync stay. The wait is before the batch is queued, so
that the decode stage has it, which ends when the lock is taken.
"""

from __future__ import annotations

import asyncio
from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Incoming, Produce
from broker.wal.partition import PartitionLog


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Locking(Produce):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            self._turn_lock = asyncio.Lock()
            self._turns: set[asyncio.Task[None]] = set()

        def finish(self, begun_s: float) -> None:
            incoming, self._incoming = self._incoming, []
            if incoming:
                task = asyncio.get_running_loop().create_task(self._locked(incoming, begun_s))
                self._turns.add(task)
                task.add_done_callback(self._turns.discard)

        async def _locked(self, incoming: list[Incoming], begun_s: float) -> None:
            async with self._turn_lock:
                self._incoming = incoming
                super().finish(begun_s)
                for connection in {connection for connection, *_ in incoming}:
                    connection.flush()
                if often.times():
                    for log in {log for _, log, *_ in incoming}:
                        await _emptied(log)

    return (Locking,)


async def _emptied(log: PartitionLog) -> None:
    told = asyncio.Event()
    log.watch(told.set)
    while log.queued_batches:
        told.clear()
        await told.wait()
    log.unwatch(told.set)


FAULT = Fault(
    mechanism="a lock is held across the await of a commit",
    incident="v2.3.0",
    unit="share of turns of the event loop",
    full=1,
    moves=("throughput", "p50", "p99", "tasks_per_batch"),
    culprit="stage decode",
    parts=_parts,
    at_most=1,
)
