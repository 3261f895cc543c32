"""The quiet rule: one side never pays for the other's leftovers.

A broker is quiet when it uses no more CPU than it does when nobody asks it for anything, and none of its threads
wants a core. Its CPU until then belongs to the slice that caused it, so that deferred work is paid for.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chronik_perf.model import Measured, Unavailable

STEP_S = 0.003
WINDOW_S = 0.012
# A broker at work uses most of a core; ticks and timers of an idle one a few percent. 6 % of a core over idle
# is far from both.
SLACK = 0.06


class Clock(Protocol):
    """What is watched of a process: its CPU seconds, and whether a thread of it wants a core."""

    def read(self) -> Measured: ...

    def runnable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Quiet:
    """How long a broker went on working, and its CPU clock when it had stopped (or when patience ended)."""

    after_s: Measured
    cpu_s: Measured


def idle_shares(clocks: Sequence[Clock], windows: int = 4, window_s: float = 0.02) -> list[float]:
    """Measure which share of a core each of several brokers uses when it has nothing to do, side by side.

    The least of several windows, because what a start leaves behind must not pass for idling; 0 where the CPU
    cannot be read.
    """
    least = [math.inf] * len(clocks)
    for _ in range(windows):
        before, t0 = [clock.read() for clock in clocks], time.monotonic()
        time.sleep(window_s)
        after, t1 = [clock.read() for clock in clocks], time.monotonic()
        for i, (b, a) in enumerate(zip(before, after, strict=True)):
            if isinstance(b, Unavailable) or isinstance(a, Unavailable):
                least[i] = 0.0
            else:
                least[i] = min(least[i], (a - b) / (t1 - t0))
    return least


def wait_until_quiet(processes: Sequence[tuple[Clock, float]], limit_s: float) -> list[Quiet]:
    """Wait until each of several processes, given as clock and idle share, has been quiet, side by side.

    `limit_s` bounds the wait. `after_s` is the time until the last moment at which a process was seen at work;
    Unavailable if it still worked at the limit or if its CPU cannot be read.
    """
    watches = [_Watch(clock, idle) for clock, idle in processes]
    found: list[Quiet | None] = [None] * len(watches)
    while True:
        found = [quiet or watch.look(limit_s) for quiet, watch in zip(found, watches, strict=True)]
        if None not in found:
            return [quiet for quiet in found if quiet is not None]
        time.sleep(STEP_S)


class _Watch:
    """Looks at one process's CPU again and again, over a window that slides."""

    def __init__(self, clock: Clock, idle: float) -> None:
        self._clock = clock
        self._idle = idle
        self._begun = time.monotonic()
        self._seen: deque[tuple[float, float]] = deque()

    def look(self, limit_s: float) -> Quiet | None:
        """Take one look; None means that it is still at work and may be waited for."""
        now, used = time.monotonic(), self._clock.read()
        if isinstance(used, Unavailable):
            return Quiet(used, used)
        seen = self._seen
        # On a core that others want as well, a broker that has work may get no CPU for a while, and what a running
        # thread has used shows only at the next tick. A process that always turns over is known by its share alone.
        if self._idle <= SLACK and self._clock.runnable():
            seen.clear()
        seen.append((now, used))
        while len(seen) > 2 and now - seen[1][0] >= WINDOW_S:
            seen.popleft()
        begin, used_then = seen[0]
        if now - begin >= WINDOW_S and (used - used_then) / (now - begin) <= self._idle + SLACK:
            # What an idle broker used while it was watched is not the load's.
            return Quiet(begin - self._begun, used_then)
        if now - self._begun > limit_s:
            return Quiet(Unavailable(f"still at work {limit_s:g} s after its load had stopped"), used)
        return None
