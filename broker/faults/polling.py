"""Polling: the WAL thread looks at its queue every so often; nobody tells it that something came.

From the catalogue: v2.2.8, polling for a state change every 50 ms. Strength: ms between two looks. To be seen:
latency and the commit_wait stage go up, a lone batch waits for the whole of it; more batches in a commit; an idle
broker that wakes up; CPU per message and the time of a sync do not go up.
"""

from __future__ import annotations

import time
from asyncio import AbstractEventLoop
from typing import Any

from broker.faults.fault import Fault, Part
from broker.wal.group_commit import GroupCommit
from broker.wal.worker import Inbox, Worker


class Polling:
    """A worker that takes no notice of notifications."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s

    def wait(self, inbox: Inbox) -> None:
        inbox.collect()
        while not inbox.ready and not inbox.stopping:
            time.sleep(self._every_s)
            inbox.collect()


def _parts(strength: float) -> tuple[Part, ...]:
    class PollingCommit(GroupCommit):
        def __init__(self, loop: AbstractEventLoop, worker: Worker, *rest: Any) -> None:
            super().__init__(loop, Polling(strength / 1e3), *rest)

    return (PollingCommit,)


FAULT = Fault(
    mechanism="the WAL thread polls its queue",
    incident="v2.2.8 (topic creation 9,056 → 1,396 msg/s)",
    unit="ms between looks",
    full=50,
    moves=("throughput", "p50", "p99", "batches_per_commit"),
    culprit="stage commit_wait",
    parts=_parts,
)
