"""Leaking tasks: tasks are begun that wait for what never comes, and each keeps its batch.

From the catalogue: 2026-07, what is created per piece of work and never freed. Strength: tasks for each batch
that stay; 200,000 at most, so that a test of it does not take the machine along. To be seen: tasks per batch up,
tasks alive and memory per message go up without end; syncs stay.
"""

from __future__ import annotations

import asyncio
from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Incoming, Produce

_MAX_TASKS = 200_000


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class LeakingTasks(Produce):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            self._followers: list[asyncio.Task[None]] = []

        def _append(self, incoming: list[Incoming], bases: list[int], now_s: float) -> tuple[int, int]:
            loop = asyncio.get_running_loop()
            for *_, rest in incoming:
                for _ in range(often.times() if len(self._followers) < _MAX_TASKS else 0):
                    self._followers.append(loop.create_task(self.follow(rest)))
            return super()._append(incoming, bases, now_s)

        async def follow(self, rest: bytes) -> None:
            """Wait for a follower to have it, of which there is none."""
            await asyncio.Event().wait()
            del rest

    return (LeakingTasks,)


FAULT = Fault(
    mechanism="tasks are begun that never end",
    incident="2026-07",
    unit="tasks per batch",
    full=0.2,
    moves=("tasks_per_batch", "rss_growth"),
    culprit="frame follow",
    parts=_parts,
)
