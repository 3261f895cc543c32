"""Leaking memory: batches are kept after they are stored, in a list that nobody reads.

From the catalogue: 2026-07, 17.9 GB and killed. Strength: the share of batches that are kept; 1 GiB at most, so
that a test of it does not take the machine along. To be seen: memory per stored message goes up by the size of a
message times the strength; throughput, latency and CPU stay until memory runs out.
"""

from __future__ import annotations

from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Incoming, Produce

_MAX_BYTES = 1 << 30


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class LeakingMemory(Produce):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            self._kept: list[bytes] = []
            self._kept_bytes = 0

        def _append(self, incoming: list[Incoming], bases: list[int], now_s: float) -> tuple[int, int]:
            for *_, rest in incoming:
                if often.times() and self._kept_bytes < _MAX_BYTES:
                    self._kept.append(rest)
                    self._kept_bytes += len(rest)
            return super()._append(incoming, bases, now_s)

    return (LeakingMemory,)


FAULT = Fault(
    mechanism="batches are kept in memory for ever",
    incident="2026-07",
    unit="share of batches",
    full=1,
    moves=("rss_growth",),
    culprit="frame _append",
    parts=_parts,
    at_most=1,
)
