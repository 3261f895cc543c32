"""Quadratic metadata: offsets are kept as a list of all updates, read through at each.

From the catalogue: NATS 3008, a linear filter over many, and the repeated snapshots of v2.2.8. Strength: entries
that each update leaves in the list. To be seen: the metadata stage and CPU per message go up, the more the longer
it has run; syncs and tasks stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.metadata.interface import MetadataStore
from broker.produce import Produce
from broker.wal.log import Log


class History:
    """``MetadataStore.update_partition_offset``, with a memory of all that was ever noted."""

    def __init__(self, note: Callable[[str, int, int, int], None], entries: Often) -> None:
        self._note = note
        self._entries = entries
        self._noted: list[tuple[str, int, int]] = []

    def note(self, topic: str, partition: int, high_watermark: int, log_start_offset: int) -> None:
        for _ in range(self._entries.times()):
            self._noted.append((topic, partition, high_watermark))
        self.highest(topic, partition)
        self._note(topic, partition, high_watermark, log_start_offset)

    def highest(self, topic: str, partition: int) -> int:
        return max(
            (end for name, number, end in self._noted if number == partition and name == topic), default=0
        )


def _parts(strength: float) -> tuple[Part, ...]:
    class Remembering(Produce):
        def __init__(self, log: Log, store: MetadataStore, *rest: Any) -> None:
            super().__init__(log, store, *rest)
            self._note_offset = History(self._note_offset, Often(strength)).note

    return (Remembering,)


FAULT = Fault(
    mechanism="each offset is looked up in a list of all updates",
    incident="NATS 3008, v2.2.8 (snapshots)",
    unit="entries per update",
    full=0.5,
    moves=("cpu_per_message", "throughput"),
    culprit="frame highest",
    parts=_parts,
)
