"""Waiting for a log to hold what was sent without acknowledgements, or to show what was acknowledged."""

from __future__ import annotations

import time

from chronik_perf.load.driver import clock_ns
from chronik_perf.load.topics import Offsets

_LOOK_S = 0.0003
_STANDSTILL_S = 5.0
# Of a log that stood still short of what was sent in the last window, too.
_STANDSTILL_AGAIN_S = 0.5
# How long a high watermark may be behind what was acknowledged; and of one that never came up, in the next window.
_BEHIND_S, _BEHIND_AGAIN_S = 1.0, 0.02


class CountedLog:
    """The log end offset of a topic, and how long it may stand still before what it lacks is given up."""

    def __init__(self, offsets: Offsets) -> None:
        self._offsets = offsets
        self._standstill_s = _STANDSTILL_S
        self._behind_s = _BEHIND_S

    def total(self) -> int:
        """Give the log end offsets of all partitions, summed; MeasurementFailed without an answer."""
        return self._offsets.total()

    def shown(self, before: int, acked: int) -> int:
        """Give how many messages more than `before` the log shows, when it shows all that were acknowledged, or soon.

        ListOffsets gives the high watermark. At acks=1 the leader of a replicated partition answers before its
        followers have the messages, and the high watermark follows them.
        """
        deadline_ns = clock_ns() + self._behind_s * 1e9
        while (stored := self.total() - before) < acked and clock_ns() < deadline_ns:
            time.sleep(_LOOK_S)
        self._behind_s = _BEHIND_S if stored >= acked else _BEHIND_AGAIN_S
        return stored

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
