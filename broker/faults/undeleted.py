"""Files of deleted topics that stay open: one descriptor of a partition's segment is not closed, and its space stays.

From beyond the catalogue; it is a reader that was forgotten. Strength: the share of partitions that something was
written to. To be seen: descriptors that stay when topics come and go, each of a file that has no name any more, and
whose blocks the disk gets back when the broker ends; a load that keeps its topics shows nothing.
"""

from __future__ import annotations

import os

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.log import Log


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Undeleted(Log):
        async def remove(self, name: str) -> None:
            for log in self._partitions[name]:
                for segment in log.segments[-1:]:
                    for _ in range(often.times()):
                        os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
            await super().remove(name)

    return (Undeleted,)


FAULT = Fault(
    mechanism="the file of a deleted topic's partition stays open",
    incident="beyond the catalogue",
    unit="share of partitions",
    full=1,
    moves=("deleted_left",),
    culprit="frame remove",
    parts=_parts,
    at_most=1,
)
