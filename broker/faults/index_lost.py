"""An index that is not used: a fetch walks its segment from the beginning to the offset that it wants.

From beyond the catalogue. Strength: the share of the way that is walked. To be seen: a fetch takes the longer the
further its offset is from the segment's beginning, and so does a consumer that reads what was stored; all that holds
the event loop meanwhile waits. A load of nothing but produce stays.
"""

from __future__ import annotations

from bisect import bisect_right

from broker.faults.fault import Fault, Part
from broker.fetch import Fetch
from broker.protocol.fetch import FetchPartition, FetchResult
from broker.wal.partition import PartitionLog


def walk(log: PartitionLog, offset: int, share: float) -> None:
    """Pass record by record through the last share of the way to an offset. Raises OSError, LogDamaged."""
    first = bisect_right(log.segments, offset, key=lambda s: s.base_offset) - 1
    if first < 0:
        return
    segment = log.segments[first]
    begin = segment.base_offset + round((1 - share) * (offset - segment.base_offset))
    for record, _ in segment.records(segment.position_before(begin)):
        if record.last_offset >= offset:
            return


def _parts(strength: float) -> tuple[Part, ...]:
    class Walking(Fetch):
        def read(self, wanted: FetchPartition, left_bytes: int, anything: bool) -> FetchResult:
            log = self.log.partition(wanted.topic, wanted.partition)
            if log is not None and log.start_offset <= wanted.offset < log.synced_end:
                walk(log, wanted.offset, strength)
            return super().read(wanted, left_bytes, anything)

    return (Walking,)


FAULT = Fault(
    mechanism="a fetch walks its segment from the beginning",
    incident="beyond the catalogue",
    unit="share of the way",
    full=1,
    moves=("seek", "read_back"),
    culprit="frame walk",
    parts=_parts,
    at_most=1,
)
