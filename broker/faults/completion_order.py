"""Replies in the order of completion: one that is ready overtakes those that were asked for before it.

From the catalogue: v1.3.60, clients see mismatched correlation ids. Strength: the share of flushes. To be seen:
clients that hang up or fail where requests of different speed share a connection, such as a consumer's; a load
of nothing but produce completes in order and shows nothing.
"""

from __future__ import annotations

from collections import deque

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.faults.often import Often


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Overtaking(Connection):
        def flush(self) -> None:
            if often.times():
                self.replies = deque(sorted(self.replies, key=lambda reply: reply.encoded is None))
            super().flush()

    return (Overtaking,)


FAULT = Fault(
    mechanism="replies are written in the order of completion",
    incident="v1.3.60",
    unit="share of flushes",
    full=1,
    moves=("misordered",),
    culprit="frame flush",
    parts=_parts,
    at_most=1,
)
