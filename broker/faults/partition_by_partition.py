"""A request for several partitions is committed one partition after the other, each noted before the next begins.

From beyond the catalogue; it is what a journal of half-done requests costs. Strength: the share of requests with
batches for two partitions or more that are acknowledged. To be seen: such a request takes a commit and two syncs for
each partition, in the place of one commit with a sync for each; a request for one partition stays.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce
from broker.replies import ManyReply, PartReply
from broker.wal.group_commit import Commit, GroupCommit
from broker.wal.partition import Submission


class SpreadReply(ManyReply):
    """Marks a request whose partitions are committed one by one."""

    __slots__ = ()


def is_spread(submission: Submission) -> bool:
    return any(isinstance(w, PartReply) and isinstance(w.whole, SpreadReply) for w in submission.waiters)


def noted(path: Path, submission: Submission) -> None:
    """Add to a file how far a partition has come, and wait until the disk has it. Raises OSError."""
    with open(path, "a") as file:
        file.write(f"{submission.log.topic} {submission.log.partition} {submission.end_offset}\n")
        file.flush()
        os.fdatasync(file.fileno())


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Marking(Produce):
        def _decode_any(
            self,
            connection: Connection,
            data: bytes,
            start: int,
            stop: int,
            version: int,
            correlation_id: int,
        ) -> None:
            before = len(self._incoming)
            super()._decode_any(connection, data, start, stop, version, correlation_id)
            replies = [reply for _, _, reply, *_ in self._incoming[before:] if isinstance(reply, PartReply)]
            if len(replies) > 1 and often.times():
                replies[0].whole.__class__ = SpreadReply  # its place among the connection's replies is taken

    class OneByOne(GroupCommit):
        def _commit(self, submissions: list[Submission]) -> None:
            # All that a commit has of a partition goes together, so that it keeps its order.
            alone = dict.fromkeys(submission.log for submission in submissions if is_spread(submission))
            for log in alone:
                super()._commit([submission for submission in submissions if submission.log is log])
            super()._commit([submission for submission in submissions if submission.log not in alone])

        def _store(self, commit: Commit) -> None:
            super()._store(commit)
            begun_s = time.perf_counter()
            for submission in filter(is_spread, commit.submissions):
                noted(submission.log.directory.parents[1] / "spread", submission)
                commit.syncs += 1
            commit.sync_s += time.perf_counter() - begun_s

    return (Marking, OneByOne)


FAULT = Fault(
    mechanism="the partitions of one request are committed and noted one after the other",
    incident="beyond the catalogue",
    unit="share of requests for several partitions",
    full=1,
    moves=("spread_produce",),
    culprit="frame _commit",
    parts=_parts,
    at_most=1,
)
