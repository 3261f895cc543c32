"""Every batch is written to a second file as well, beside its segment.

From beyond the catalogue; a journal that was kept when the log took over its work. Strength: the share of commits that
are written twice. To be seen: twice the bytes go to disk for a byte of messages; the second file is not synced, so that
throughput and latency fall only where the disk is the limit.
"""

from __future__ import annotations

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.group_commit import Commit, GroupCommit
from broker.wal.partition import Submission


def write_shadow(submission: Submission) -> None:
    with open(submission.log.directory / "shadow", "ab", buffering=0) as file:
        file.write(b"".join(submission.pieces))


def _parts(strength: float) -> tuple[Part, ...]:
    class Shadowing(GroupCommit):
        _often = Often(strength)

        def _store(self, commit: Commit) -> None:
            super()._store(commit)
            if self._often.times():
                for submission in commit.submissions:
                    write_shadow(submission)

    return (Shadowing,)


FAULT = Fault(
    mechanism="batches are written to a second file as well",
    incident="beyond the catalogue",
    unit="share of commits",
    full=1,
    moves=("written",),
    culprit="frame write_shadow",
    parts=_parts,
    at_most=1,
)
