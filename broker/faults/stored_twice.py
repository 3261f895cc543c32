"""Every message stored twice: each batch is appended a second time, behind itself.

From the catalogue: v1.3.53, two WAL writers on one file. A batch of an idempotent producer is recognised the
second time. Strength: the share of batches. To be seen: more is stored than was acknowledged (unstored), a
consumer gets messages twice, bytes written and batches per commit up.
"""

from __future__ import annotations

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Incoming, Produce


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class StoringTwice(Produce):
        def finish(self, begun_s: float) -> None:
            doubled: list[Incoming] = []
            for one in self._incoming:
                connection, log, _, header, rest = one
                doubled.append(one)
                if often.times():
                    doubled.append((connection, log, None, header, rest))
            self._incoming = doubled
            super().finish(begun_s)

    return (StoringTwice,)


FAULT = Fault(
    mechanism="every batch is stored twice",
    incident="v1.3.53",
    unit="share of batches",
    full=1,
    moves=("unstored",),
    culprit="frame finish",
    parts=_parts,
    at_most=1,
)
