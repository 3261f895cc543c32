"""Fetches that poll: one that waits for messages looks for them again and again, instead of being told.

From beyond the catalogue. Strength: looks per millisecond of each fetch that waits. To be seen: a broker without any
work uses CPU for each consumer that waits, and a message is delivered with the next look; a load of nothing but
produce stays.
"""

from __future__ import annotations

from broker.faults.fault import Fault, Part
from broker.fetch import Fetch
from broker.protocol.fetch import FetchRequest
from broker.server import Request


def _parts(strength: float) -> tuple[Part, ...]:
    class Polling(Fetch):
        def wait(self, request: Request, wanted: FetchRequest) -> None:
            self.look(request, wanted, self.loop.time() + wanted.max_wait_ms / 1e3)

        def look(self, request: Request, wanted: FetchRequest, ends_s: float) -> None:
            """Answer when there is enough, or the time is up; else look again later."""
            if not request.connection.is_open:
                return
            if self.available_bytes(wanted) < wanted.min_bytes and self.loop.time() < ends_s:
                self.loop.call_later(1e-3 / strength, self.look, request, wanted, ends_s)
            else:
                self.answer(request, wanted)
                request.flush()

    return (Polling,)


FAULT = Fault(
    mechanism="a fetch that waits looks again and again",
    incident="beyond the catalogue",
    unit="looks per ms and waiting fetch",
    full=1,
    moves=("waiting_cpu", "delivery"),
    culprit="frame look",
    parts=_parts,
)
