"""Garbage collection pressure: each batch leaves objects that refer to each other in a ring.

From beyond the catalogue. Only the cyclic collector frees them, and it walks all that lives to do so. Strength:
rings for each batch. To be seen: CPU per message goes up, p99 by the pauses; memory does not grow, commits, syncs
and tasks stay.
"""

from __future__ import annotations

from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce


def litter(rings: int) -> None:
    for number in range(rings):
        ring: dict[str, Any] = {"number": number}
        ring["itself"] = [ring]


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Littering(Produce):
        def _take(self, *batch: Any) -> None:
            litter(often.times())
            super()._take(*batch)

    return (Littering,)


FAULT = Fault(
    mechanism="each batch leaves garbage that only the cyclic collector frees",
    incident="beyond the catalogue",
    unit="rings of objects per batch",
    full=300,
    moves=("cpu_per_message", "throughput"),
    culprit="frame litter",
    parts=_parts,
)
