"""An O(n) scan of waiters: to tell one that it is stored, all that wait are looked through.

From the catalogue: v2.4.1, acks=1 times out as load grows. Strength: scans for each waiter. To be seen: CPU per
message and the reply stage go up with what is in flight, nothing with acks=0 or a lone sender; syncs and tasks
stay.
"""

from __future__ import annotations

from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.group_commit import Commit
from broker.wal.log import Log
from broker.wal.partition import PartitionLog, Waiter


def matching(waiters: list[Waiter], wanted: Waiter) -> list[Waiter]:
    return [waiter for waiter in waiters if waiter is wanted]


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Scanning(Log):
        def __init__(self, *parts: Any, **callbacks: Any) -> None:
            super().__init__(*parts, **callbacks)
            self._pending: list[Waiter] = []

        def submit(self, log: PartitionLog) -> None:
            if log.filling is not None:
                self._pending += log.filling.waiters
            super().submit(log)

        def _committed(self, commit: Commit) -> None:
            told = [waiter for submission in commit.submissions for waiter in submission.waiters]
            for waiter in told:
                for _ in range(often.times()):
                    matching(self._pending, waiter)
            leaving = set(map(id, told))
            self._pending = [waiter for waiter in self._pending if id(waiter) not in leaving]
            super()._committed(commit)

    return (Scanning,)


FAULT = Fault(
    mechanism="all that wait are scanned for each that is told",
    incident="v2.4.1",
    unit="scans per waiter",
    full=20,
    moves=("cpu_per_message", "throughput", "p50"),
    culprit="frame matching",
    parts=_parts,
)
