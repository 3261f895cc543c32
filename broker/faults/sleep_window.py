"""A sleep window: before each commit the WAL thread sleeps, so that more may gather.

From the catalogue: v1.3.57 (a commit window of 5, then 100 ms) and the edits of v2.2.7 (1 ms). Strength: ms of
sleep. To be seen: latency and the commit_wait stage go up by it, throughput goes down with acks=1 and not with
acks=0; CPU per message and the time of a sync do not go up.
"""

from __future__ import annotations

import time
from asyncio import AbstractEventLoop
from typing import Any

from broker.faults.fault import Fault, Part
from broker.wal.group_commit import GroupCommit
from broker.wal.worker import Inbox, Worker


class SleepWindow:
    """Another worker, and a sleep after it."""

    def __init__(self, worker: Worker, sleep_s: float) -> None:
        self._worker = worker
        self._sleep_s = sleep_s

    def wait(self, inbox: Inbox) -> None:
        self._worker.wait(inbox)
        if inbox.ready and not inbox.stopping:
            time.sleep(self._sleep_s)
            inbox.collect()


def _parts(strength: float) -> tuple[Part, ...]:
    class SleepingCommit(GroupCommit):
        def __init__(self, loop: AbstractEventLoop, worker: Worker, *rest: Any) -> None:
            super().__init__(loop, SleepWindow(worker, strength / 1e3), *rest)

    return (SleepingCommit,)


FAULT = Fault(
    mechanism="a sleep before each commit",
    incident="v1.3.57, v2.2.7",
    unit="ms of sleep",
    full=5,
    moves=("throughput", "p50", "p99", "batches_per_commit"),
    culprit="stage commit_wait",
    parts=_parts,
)
