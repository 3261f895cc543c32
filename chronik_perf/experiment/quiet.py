"""The quiet rule: one side never pays for the other's leftovers.

A broker is quiet when it uses no more CPU than it does when nobody asks it for anything. Its CPU until then
belongs to the slice that caused it, so that deferred work is paid for.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from chronik_perf.model import Measured, Unavailable

STEP_S = 0.003
WINDOW_S = 0.012
# A broker at work uses most of a core; ticks and timers of an idle one a few percent. 6 % of a core over idle
# is far from both.
SLACK = 0.06


@dataclass(frozen=True, slots=True)
class Quiet:
    """How long a broker went on working, and its CPU clock when it had stopped (or when patience ended)."""

    after_s: Measured
    cpu_s: Measured


def idle_share(cpu_s: Callable[[], Measured], over_s: float = 0.06) -> float:
    """Measure which share of a core a broker uses when it has nothing to do."""
    before, t0 = cpu_s(), time.monotonic()
    time.sleep(over_s)
    after, t1 = cpu_s(), time.monotonic()
    if isinstance(before, Unavailable) or isinstance(after, Unavailable):
        return 0.0
    return (after - before) / (t1 - t0)


def wait_until_quiet(cpu_s: Callable[[], Measured], idle: float, limit_s: float) -> Quiet:
    """Wait until a process uses at most its idle share of CPU; `limit_s` bounds the wait.

    `after_s` is the time until the last moment at which it was seen at work; Unavailable if it still worked
    at the limit or if its CPU cannot be read.
    """
    begun = time.monotonic()
    first = cpu_s()
    if isinstance(first, Unavailable):
        return Quiet(first, first)
    seen: deque[tuple[float, float]] = deque([(begun, first)])
    while True:
        time.sleep(STEP_S)
        now, used = time.monotonic(), cpu_s()
        if isinstance(used, Unavailable):
            return Quiet(used, used)
        seen.append((now, used))
        while len(seen) > 2 and now - seen[1][0] >= WINDOW_S:
            seen.popleft()
        span_s = now - seen[0][0]
        if span_s >= WINDOW_S and (used - seen[0][1]) / span_s <= idle + SLACK:
            return Quiet(seen[0][0] - begun, used)
        if now - begun > limit_s:
            return Quiet(Unavailable(f"still at work {limit_s:g} s after its load had stopped"), used)
