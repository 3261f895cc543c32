"""Waiting for a log to hold what was sent without acknowledgements."""

from __future__ import annotations

import time

from chronik_perf.load.driver import clock_ns
from chronik_perf.load.topics import Offsets

_LOOK_S = 0.0003
_STANDSTILL_S = 5.0
# Of a log that stood still short of what was sent in the last window, too.
_STANDSTILL_AGAIN_S = 0.5


class CountedLog:
    """The log end offset of a topic, and how long it may stand still before what it lacks is given up."""

    def __init__(self, offsets: Offsets) -> None:
        self._offsets = offsets
        self._standstill_s = _STANDSTILL_S

    def total(self) -> int:
        """Give the log end offsets of all partitions, summed; MeasurementFailed without an answer."""
        return self._offsets.total()

    def caught_up(self, before: int, sent: int, last_ns: int) -> tuple[int, str | None]:
        """Wait until `sent` messages more than `before` are there; give when they were.

        If that never happens, give when it last grew, and words. `last_ns` is when the last was sent.
        """
        seen, seen_ns = 0, last_ns
        while True:
            stored = self.total() - before
            now = clock_ns()
            if stored >= sent:
                self._standstill_s = _STANDSTILL_S
                return now, None
            if stored > seen:
                seen, seen_ns = stored, now
            elif now - seen_ns > self._standstill_s * 1e9:
                stood_s, self._standstill_s = self._standstill_s, _STANDSTILL_AGAIN_S
                return seen_ns, (
                    f"the log end offset stopped {sent - stored} messages short of the {sent} "
                    f"that were sent, and did not move for {stood_s:g} s"
                )
            # Each look costs the broker a request; a third of a millisecond is little of a window.
            time.sleep(_LOOK_S)
