"""Whoever asks what topics there are waits until the files of each have been looked for.

From beyond the catalogue; a size or a count that is worked out where it could be kept. Strength: looks for each topic
of an answer. To be seen: telling all topics takes long, and longer with each topic; produce, fetch and CPU under load
stay.
"""

from __future__ import annotations

from pathlib import Path

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.protocol.errors import ErrorCode
from broker.protocol.topics import MetadataRequest
from broker.server import Request
from broker.topics import Topics


def files_of(directory: Path) -> int:
    return sum(1 for _ in directory.rglob("*"))


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Scanning(Topics):
        def _describe(self, request: Request, wanted: MetadataRequest, errors: dict[str, ErrorCode]) -> None:
            for name in list(self._store.topics()) if wanted.topics is None else wanted.topics:
                log = self._log.partition(name, 0)
                for _ in range(often.times() if log is not None else 0):
                    assert log is not None
                    files_of(log.directory.parent)
            super()._describe(request, wanted, errors)

    return (Scanning,)


FAULT = Fault(
    mechanism="the files of each topic are looked for when topics are told",
    incident="beyond the catalogue",
    unit="looks per topic",
    full=5,
    moves=("metadata",),
    culprit="frame files_of",
    parts=_parts,
)
