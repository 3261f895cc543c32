"""Two modes: a coin at start decides for the broker's life whether commits also sync the file's times.

From beyond the catalogue; a race at start-up, the seed of a hash or where memory lies are such coins. Half of the
starts are like the other version, half are slower. Strength: syncs of the file with its times, on top of each
commit of a slow start. To be seen: two modes of throughput and latency from start to start and one within a
start; syncs per commit are 1 or 1 + the strength, CPU per message hardly moves.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.group_commit import Commit, GroupCommit


def sync_times(path: Path) -> None:
    """Touch a file and sync it: the file system's journal has to be written for it."""
    os.utime(path)
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _parts(strength: float) -> tuple[Part, ...]:
    class OfTwoModes(GroupCommit):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            is_slow = os.urandom(1)[0] & 1
            self._more_syncs = Often(strength if is_slow else 0)

        def _store(self, commit: Commit) -> None:
            super()._store(commit)
            begun_s = time.perf_counter()
            for _ in range(self._more_syncs.times()):
                for log in {submission.log for submission in commit.submissions}:
                    assert log.writing is not None
                    sync_times(log.writing.path)
                    commit.syncs += 1
            commit.sync_s += time.perf_counter() - begun_s

    return (OfTwoModes,)


FAULT = Fault(
    mechanism="a coin at start decides whether commits are slow",
    incident="beyond the catalogue",
    unit="further syncs per commit of a slow start",
    full=3,
    moves=("modes", "throughput", "p50", "p99"),
    culprit="stage commit_wait",
    parts=_parts,
)
