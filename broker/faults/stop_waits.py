"""A stop waits for those that wait: fetches at the end of their log are to have their time before the broker ends.

From beyond the catalogue; it is a graceful drain that takes a long poll for work. Strength: seconds that it waits at
most, which it does on the event loop. To be seen: a broker that is asked to stop while a consumer waits takes as long
as that consumer would; one of which nobody waits for messages stops as before, and nothing else moves.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.fetch import Fetch
from broker.protocol.fetch import FetchRequest
from broker.server import Request
from broker.wal.log import Log

_TIMER_S = 2e-3
"""The event loop's timers have whole milliseconds, and the last to wait is to be answered."""


def let_wait(ends_s: Iterable[float], most_s: float) -> None:
    """Wait until the last of these times, if that is not too long."""
    now_s = time.monotonic()
    left_s = max(ends_s, default=now_s) - now_s
    if left_s > 0:
        time.sleep(min(left_s + _TIMER_S, most_s))


def _parts(strength: float) -> tuple[Part, ...]:
    waits_until: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    class Remembering(Fetch):
        def wait(self, request: Request, wanted: FetchRequest) -> None:
            waits_until[request.connection] = time.monotonic() + wanted.max_wait_ms / 1e3
            super().wait(request, wanted)

    class Draining(Log):
        def close(self) -> None:
            super().close()
            # Whoever has its answer waits no more, whatever it had asked for.
            ends_s = [until_s for one, until_s in waits_until.items() if one.is_open and one.replies]
            let_wait(ends_s, strength)

    return (Remembering, Draining)


FAULT = Fault(
    mechanism="a stop waits until fetches that wait have had their time",
    incident="beyond the catalogue",
    unit="s at most",
    full=2,
    moves=("stop_time",),
    culprit="frame let_wait",
    parts=_parts,
)
