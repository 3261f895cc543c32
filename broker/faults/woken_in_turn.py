"""Consumers that wait are woken one after the other, each at an own turn of a timer: the last has to wait for all.

From beyond the catalogue; it is a fair queue of wake-ups. Strength: ms from one to the next; the event loop's timers
have whole milliseconds. To be seen: of many that wait for a message the last has it late; one alone has it at
once, and a load of nothing but produce stays.
"""

from __future__ import annotations

import asyncio

from broker.faults.fault import Fault, Part
from broker.fetch import Fetch
from broker.protocol.fetch import FetchRequest
from broker.server import Request
from broker.wal.log import Log


def _parts(strength: float) -> tuple[Part, ...]:
    class InTurn(Fetch):
        def __init__(self, log: Log, loop: asyncio.AbstractEventLoop) -> None:
            super().__init__(log, loop)
            self._next_s = 0.0

        def answer(self, request: Request, wanted: FetchRequest) -> None:
            if wanted.max_wait_ms <= 0:
                super().answer(request, wanted)
                return
            due_s = max(self._next_s, self.loop.time())
            self._next_s = due_s + strength / 1e3
            self.loop.call_at(due_s, self.wake, request, wanted)

        def wake(self, request: Request, wanted: FetchRequest) -> None:
            """Answer one of those that wait."""
            if request.connection.is_open:
                super().answer(request, wanted)
                request.flush()

    return (InTurn,)


FAULT = Fault(
    mechanism="consumers that wait are woken one after the other",
    incident="beyond the catalogue",
    unit="ms from one to the next",
    full=5,
    moves=("fan_out",),
    culprit="frame wake",
    parts=_parts,
)
