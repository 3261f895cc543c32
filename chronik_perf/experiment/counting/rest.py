"""When a slowed-down broker has done its work: the quiet rule with windows that suit a program 20 times slower.

Work that was put off belongs to its messages. A broker that is asked to stop in the middle of it may throw it away, at
a cost that has nothing to do with messages: v2.2.7 then cancels thousands of tasks that wait for one lock, each
searched for in a queue.
"""

from __future__ import annotations

from time import monotonic, sleep

from chronik_perf.experiment.quiet import SLACK, Clock
from chronik_perf.model import Measured, Unavailable

_WINDOW_S = 0.2
_CALM_WINDOWS = 2  # one may fall between two turns of work that is put off


def idle_share(clock: Clock) -> float:
    """Measure which share of a core a broker uses before its load; the least of a few windows."""
    return min(_share(clock) for _ in range(3))


def wait_for_rest(clock: Clock, idle: float, patience_s: float) -> Measured:
    """Wait until a process uses no more than its idle share, window after window.

    Gives the seconds until then, or Unavailable if it was still at work when patience ended.
    """
    begun = monotonic()
    calm = 0
    while calm < _CALM_WINDOWS:
        if monotonic() - begun > patience_s:
            return Unavailable(f"still at work {patience_s:g} s after its load had stopped")
        calm = calm + 1 if _share(clock) <= idle + SLACK else 0
    return max(0.0, monotonic() - begun - _CALM_WINDOWS * _WINDOW_S)


def _share(clock: Clock) -> float:
    before, begun = clock.read(), monotonic()
    sleep(_WINDOW_S)
    after = clock.read()
    if isinstance(before, Unavailable) or isinstance(after, Unavailable):
        return 0.0  # it has ended, which others find out
    return (after - before) / (monotonic() - begun)
