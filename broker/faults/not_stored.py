"""Acknowledged and not stored: a batch is answered as if it were in the log, and dropped.

From the catalogue: a fault of correctness, stored ≠ acked. Strength: the share of batches. To be seen: less is
stored than was acknowledged (unstored), a consumer misses messages; latency and CPU go down if anything, which
must not pass for an improvement.
"""

from __future__ import annotations

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Incoming, Produce


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Dropping(Produce):
        def finish(self, begun_s: float) -> None:
            kept: list[Incoming] = []
            for one in self._incoming:
                _, log, reply, *_ = one
                if not often.times():
                    kept.append(one)
                elif reply is not None:
                    reply.base_offset = log.next_offset
                    reply.stored(None)
            self._incoming = kept
            super().finish(begun_s)

    return (Dropping,)


FAULT = Fault(
    mechanism="a batch is acknowledged and dropped",
    incident="correctness: stored ≠ acked",
    unit="share of batches",
    full=0.1,
    moves=("unstored",),
    culprit="frame finish",
    parts=_parts,
    at_most=1,
)
