"""Messages in another order than they were sent: what one turn of the event loop has read is stored from its end on.

From beyond the catalogue; it is what a stack in the place of a queue does. A fault of correctness: a client's messages
to a partition keep their order, as Kafka promises. Strength: the share of turns. To be seen: messages that a connection
sent one after the other have offsets that fall; all that is acknowledged is stored, and latency and CPU stay.
"""

from __future__ import annotations

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Stacked(Produce):
        def finish(self, begun_s: float) -> None:
            if self._incoming and often.times():
                self._incoming.reverse()
            super().finish(begun_s)

    return (Stacked,)


FAULT = Fault(
    mechanism="a client's messages are stored in another order than it sent them",
    incident="beyond the catalogue: correctness",
    unit="share of turns of the event loop",
    full=0.1,
    moves=("reordered",),
    culprit="frame finish",
    parts=_parts,
    at_most=1,
)
