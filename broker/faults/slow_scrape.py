"""A slow scrape: whoever asks for the broker's metrics waits until the whole log has been walked for one of them.

From beyond the catalogue. Strength: the share of the log that is walked. To be seen: the page of metrics takes the
longer the more is stored, and its thread holds up the event loop meanwhile; a load that nobody watches stays.
"""

from __future__ import annotations

from collections import Counter

from broker.faults.fault import Fault, Part
from broker.server import Server
from broker.wal.partition import PartitionLog


def sizes_of(log: PartitionLog, share: float) -> Counter[int]:
    """Count records by their size. Raises OSError, LogDamaged."""
    sizes: Counter[int] = Counter()
    last = log.start_offset + round(share * (log.synced_end - log.start_offset))
    for segment in tuple(log.segments):
        for record, _ in segment.records(segment.first_position()):
            if record.base_offset >= last:
                break
            sizes[record.size_bytes] += 1
    return sizes


def _parts(strength: float) -> tuple[Part, ...]:
    class Counting(Server):
        def queued_bytes(self) -> int:
            for log in self._log.partitions():
                sizes_of(log, strength)
            return super().queued_bytes()

    return (Counting,)


FAULT = Fault(
    mechanism="the log is walked whenever metrics are asked for",
    incident="beyond the catalogue",
    unit="share of the log",
    full=1,
    moves=("scrape",),
    culprit="frame sizes_of",
    parts=_parts,
    at_most=1,
)
