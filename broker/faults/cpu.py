"""CPU burnt in the hot path: work that nobody needs is done for every batch, on the event loop's thread.

From the catalogue: the general case of all those whose mechanism is wasted work. Strength: µs of CPU for each
batch. To be seen: CPU per message and the decode stage go up by that much, throughput goes down where the event
loop is the limit; commits, syncs and tasks stay.
"""

from __future__ import annotations

import time
from typing import Any

from broker.faults.fault import Fault, Part
from broker.produce import Produce


def burn(cpu_s: float) -> None:
    end_s = time.thread_time() + cpu_s
    while time.thread_time() < end_s:
        pass


def _parts(strength: float) -> tuple[Part, ...]:
    class Burning(Produce):
        def _take(self, *batch: Any) -> None:
            burn(strength / 1e6)
            super()._take(*batch)

    return (Burning,)


FAULT = Fault(
    mechanism="CPU is burnt for every batch",
    incident="any waste of work in the hot path",
    unit="µs of CPU per batch",
    full=200,
    moves=("cpu_per_message", "throughput"),
    culprit="frame burn",
    parts=_parts,
)
