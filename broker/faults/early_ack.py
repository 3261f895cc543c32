"""Acknowledgement before the sync: the loop is told of a commit when it is written, and it is synced after.

From the catalogue: a fault of correctness, faster than the disk is. Strength: the share of commits. To be seen:
latency below the time of a sync, and throughput up, on a disk whose sync the same broker reports as slow; the
reply comes while the sync still runs. What the broker counts of its syncs is true, one commit late.
"""

from __future__ import annotations

import time

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.group_commit import Commit, GroupCommit
from broker.wal.partition import PartitionLog, Submission


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Hasty(GroupCommit):
        _synced = (0, 0.0)

        def _commit(self, submissions: list[Submission]) -> None:
            if not submissions or self._error is not None or not often.times():
                super()._commit(submissions)
                return
            commit = Commit(submissions)
            commit.syncs, commit.sync_s = self._synced
            by_log: dict[PartitionLog, list[Submission]] = {}
            for submission in submissions:
                by_log.setdefault(submission.log, []).append(submission)
            try:
                for log, some in by_log.items():
                    log.write(some, self._segment_max_bytes, self._segment_max_age_s, time.monotonic())
            except OSError as error:
                self._error = commit.error = error
            commit.done_at_s = time.perf_counter()
            self._loop.call_soon_threadsafe(self._on_commit, commit)
            if self._error is None:
                self._sync_late(list(by_log))

        def _sync_late(self, logs: list[PartitionLog]) -> None:
            begun_s = time.perf_counter()
            try:
                for log in logs:
                    assert log.writing is not None
                    log.writing.sync()
            except OSError as error:
                self._error = error
            self._synced = (len(logs), time.perf_counter() - begun_s)

    return (Hasty,)


FAULT = Fault(
    mechanism="a commit is acknowledged before it is synced",
    incident="correctness: an acknowledgement faster than the disk",
    unit="share of commits",
    full=1,
    moves=("early_acks", "p50", "throughput"),
    culprit="stage commit_wait",
    parts=_parts,
    at_most=1,
)
