"""Fixed ticks: replies do not leave when they are ready but with the next tick of a clock.

From the catalogue: v2.2.8, a handler waits for the next 50 ms tick. Strength: ms between two ticks; the event
loop's timers have whole milliseconds. To be seen: latency and the reply stage go up, throughput is what is in
flight over the tick, with acks=0 unharmed; CPU per message and the time of a sync do not go up.
"""

from __future__ import annotations

import time
from typing import Any

from broker.faults.fault import Fault, Part
from broker.server import Server
from broker.wal.group_commit import Commit


def _parts(strength: float) -> tuple[Part, ...]:
    period_s = strength / 1e3

    class Ticking(Server):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            self._outcomes: list[Commit] = []
            self._tick_is_due = False

        def on_commit(self, commit: Commit) -> None:
            self._outcomes.append(commit)
            self._wait_for_tick()

        def flush(self) -> None:
            self._wait_for_tick()

        def _wait_for_tick(self) -> None:
            if not self._tick_is_due:
                self._tick_is_due = True
                self._loop.call_later(period_s - time.monotonic() % period_s, self.tick)

        def tick(self) -> None:
            self._tick_is_due = False
            super().flush()
            for commit in self._outcomes:
                super().on_commit(commit)
            self._outcomes.clear()

    return (Ticking,)


FAULT = Fault(
    mechanism="replies leave with the next tick of a clock",
    incident="v2.2.8 (acks=1 2.2K beside acks=0 370K)",
    unit="ms between ticks",
    full=50,
    moves=("throughput", "p50", "p99"),
    culprit="stage reply",
    parts=_parts,
)
