"""Each commit looks at every partition that there is, also at those that nobody writes to.

From beyond the catalogue; it is what a flush of everything, or a check of every segment's age, does. Strength: looks
for each partition and commit. To be seen: messages to many partitions take long, and longer the more there are; with
few, CPU per message goes up a little.
"""

from __future__ import annotations

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.group_commit import Commit
from broker.wal.log import Log
from broker.wal.partition import PartitionLog


def looked_at(log: PartitionLog) -> int:
    return sum(segment.readable_bytes for segment in log.segments)


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Looking(Log):
        def _committed(self, commit: Commit) -> None:
            for log in self.partitions():
                for _ in range(often.times()):
                    looked_at(log)
            super()._committed(commit)

    return (Looking,)


FAULT = Fault(
    mechanism="each commit looks at every partition",
    incident="beyond the catalogue",
    unit="looks per partition and commit",
    full=1000,
    moves=("many_partitions", "cpu_per_message", "throughput"),
    culprit="frame looked_at",
    parts=_parts,
)
