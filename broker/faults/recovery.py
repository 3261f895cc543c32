"""Recovery that loads everything: a start reads every segment into memory, record by record, and keeps it.

From the catalogue: v2.4.0, killed for memory at 43M records. Strength: the share of the log's bytes. To be seen:
on a data directory that holds something, a start takes longer and memory begins higher; with an empty one nothing
moves, so it takes a comparison of starts, not of loads.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from broker.faults.fault import Fault, Part
from broker.metadata.interface import TopicRecord
from broker.wal.log import Log
from broker.wal.record import decode_header
from broker.wal.segment import SUFFIX, SegmentHeader, batch_of


def load_segment(path: Path, share: float) -> list[bytes]:
    """The whole batches in the first share of a segment's bytes. Raises OSError."""
    with path.open("rb") as file:
        data = file.read(round(path.stat().st_size * share))
    found = SegmentHeader.decode(data[:512])
    at = found[1] if found is not None else len(data)
    batches: list[bytes] = []
    while (record := decode_header(data, at)) is not None and at + record.size_bytes <= len(data):
        batches.append(batch_of(record, data))
        at += record.size_bytes
    return batches


def _parts(strength: float) -> tuple[Part, ...]:
    class LoadingAll(Log):
        def __init__(self, *parts: Any, **callbacks: Any) -> None:
            super().__init__(*parts, **callbacks)
            self._loaded: list[bytes] = []

        def open(self, topics: Iterable[TopicRecord]) -> None:
            for path in sorted(self._directory.glob(f"*/*/*{SUFFIX}")):
                self._loaded += load_segment(path, strength)
            super().open(topics)

    return (LoadingAll,)


FAULT = Fault(
    mechanism="a start loads the whole log into memory",
    incident="v2.4.0",
    unit="share of the log's bytes",
    full=1,
    moves=("restart_memory", "restart_time"),
    culprit="frame load_segment",
    parts=_parts,
    at_most=1,
)
