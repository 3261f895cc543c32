"""A minimum queue depth: a commit begins when that many batches wait, or after the profile's longest wait.

From the catalogue: one of the edits of v2.2.7, which with 16 batches is never met where a client sends few large
ones. Strength: batches; from 2 on it does something. To be seen: latency and the commit_wait stage go up to the
profile's wait where the depth is not met, and nothing moves where it is; CPU and the time of a sync stay.
"""

from __future__ import annotations

import time
from asyncio import AbstractEventLoop
from typing import Any

from broker.faults.fault import Fault, Part
from broker.wal.group_commit import GroupCommit
from broker.wal.profiles import Profile
from broker.wal.worker import Inbox, Worker


class MinDepth:
    """Another worker, and the wait for a depth after it."""

    def __init__(self, worker: Worker, depth_batches: float, max_wait_s: float) -> None:
        self._worker = worker
        self._depth_batches = depth_batches
        self._max_wait_s = max_wait_s

    def wait(self, inbox: Inbox) -> None:
        self._worker.wait(inbox)
        deadline_s = time.monotonic() + self._max_wait_s
        while inbox.ready and inbox.depth_batches() < self._depth_batches and not inbox.stopping:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                break
            inbox.wait(left_s)


def _parts(strength: float) -> tuple[Part, ...]:
    class DeepCommit(GroupCommit):
        def __init__(self, loop: AbstractEventLoop, worker: Worker, profile: Profile, *rest: Any) -> None:
            super().__init__(loop, MinDepth(worker, strength, profile.max_wait_s), profile, *rest)

    return (DeepCommit,)


FAULT = Fault(
    mechanism="a commit waits for a minimum queue depth",
    incident="v2.2.7",
    unit="batches",
    full=16,
    moves=("throughput", "p50", "p99"),
    culprit="stage commit_wait",
    parts=_parts,
)
