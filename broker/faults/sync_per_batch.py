"""A sync per record batch: a commit writes and syncs its batches one after the other.

From the catalogue: BookKeeper 3258 and 3454, more journal syncs than batches need. Strength: syncs for each
batch. To be seen: syncs per batch up, the commit_wait stage and latency up, throughput down; batches per commit
do not go down, CPU per message hardly moves.
"""

from __future__ import annotations

import time

from broker.faults.fault import Fault, Part
from broker.faults.splitting import log_of_small_submissions
from broker.wal.group_commit import Commit, GroupCommit
from broker.wal.partition import PartitionLog


def _parts(strength: float) -> tuple[Part, ...]:
    every_batches = max(round(1 / strength), 1)

    class Syncing(GroupCommit):
        _unsynced_batches = 0

        def _store(self, commit: Commit) -> None:
            now_s = time.monotonic()
            unsynced: dict[PartitionLog, None] = {}
            for submission in commit.submissions:
                log = submission.log
                log.write([submission], self._segment_max_bytes, self._segment_max_age_s, now_s)
                unsynced[log] = None
                self._unsynced_batches += submission.batches
                if self._unsynced_batches >= every_batches:
                    self.sync_batch(commit, unsynced)
            self.sync_batch(commit, unsynced)

        def sync_batch(self, commit: Commit, unsynced: dict[PartitionLog, None]) -> None:
            begun_s = time.perf_counter()
            for log in unsynced:
                assert log.writing is not None
                log.writing.sync()
            commit.sync_s += time.perf_counter() - begun_s
            commit.syncs += len(unsynced)
            unsynced.clear()
            self._unsynced_batches = 0

    return (Syncing, log_of_small_submissions(every_batches))


FAULT = Fault(
    mechanism="every batch is synced by itself",
    incident="BookKeeper 3258, 3454",
    unit="syncs per batch",
    full=1,
    moves=("throughput", "p50", "p99"),
    culprit="stage commit_wait",
    parts=_parts,
    at_most=1,
)
