"""Every batch is written to a second file as well, beside its segment.

From beyond the catalogue; a journal that was kept when the log took over its work. Strength: the share of commits that
are written twice. To be seen: half as many bytes more go to disk for a byte of messages; a batch waits longer for its
commit, though the second file is not synced.
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
    moves=("written", "throughput", "cpu_per_message", "p50", "p99"),
    culprit="stage commit_wait",
    parts=_parts,
    at_most=1,
)
