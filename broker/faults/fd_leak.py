"""A descriptor leak: after a commit the file is opened to look at its length, and not closed.

From beyond the catalogue. Strength: descriptors for each commit that stay. To be seen: open descriptors go up
without end and nothing else moves, until the process may open no more: new connections and new topics then fail.
"""

from __future__ import annotations

import contextlib
import os

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.group_commit import Commit, GroupCommit
from broker.wal.partition import PartitionLog


def look_at(log: PartitionLog) -> int:
    """The length of the file that is written to, in bytes, for the price of a descriptor."""
    assert log.writing is not None
    return os.fstat(os.open(log.writing.path, os.O_RDONLY | os.O_CLOEXEC)).st_size


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class LeakingDescriptors(GroupCommit):
        def _store(self, commit: Commit) -> None:
            super()._store(commit)
            for _ in range(often.times()):
                # The commit itself has what it needs, so it does not fail for want of one more.
                with contextlib.suppress(OSError):
                    look_at(commit.submissions[0].log)

    return (LeakingDescriptors,)


FAULT = Fault(
    mechanism="a descriptor is opened and not closed",
    incident="beyond the catalogue",
    unit="descriptors per commit",
    full=0.02,
    moves=("descriptors",),
    culprit="frame look_at",
    parts=_parts,
)
