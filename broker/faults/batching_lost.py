"""Batching lost: a commit takes few batches, however many wait.

From the catalogue: librdkafka 2300, smaller batches, and the drift of a flush profile (v1.3.57, v2.2.9). Strength:
1 / the batches that a commit takes at most, so that 1 is a commit for every batch. To be seen: batches per commit
down, commits and syncs per message up, latency up and throughput down; the time of one sync stays.
"""

from __future__ import annotations

import dataclasses
from asyncio import AbstractEventLoop
from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.splitting import log_of_small_submissions
from broker.wal.group_commit import GroupCommit
from broker.wal.profiles import Profile
from broker.wal.worker import Worker


def _parts(strength: float) -> tuple[Part, ...]:
    max_batches = max(round(1 / strength), 1)

    class SmallCommit(GroupCommit):
        def __init__(self, loop: AbstractEventLoop, worker: Worker, profile: Profile, *rest: Any) -> None:
            small = dataclasses.replace(profile, max_commit_batches=max_batches)
            super().__init__(loop, worker, small, *rest)

    return (SmallCommit, log_of_small_submissions(max_batches))


FAULT = Fault(
    mechanism="a commit takes few batches, however many wait",
    incident="v1.3.57, librdkafka 2300",
    unit="1 / batches per commit at most",
    full=1,
    moves=("batches_per_commit", "throughput", "p50", "p99"),
    culprit="stage commit_wait",
    parts=_parts,
    at_most=1,
)
