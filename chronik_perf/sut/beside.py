"""What a broker's other processes use of the CPU: the one that listens is measured, and it alone."""

from __future__ import annotations

import os

from chronik_perf.processes import stat_of
from chronik_perf.sut.listeners import family
from chronik_perf.sut.owner import Owner

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Below it lies what a script, waiting for the broker that it started, and ticks of a clock come to.
_SHARE, _LEAST_S = 0.05, 0.1


class Beside:
    """Looks at all that was started with a broker, from now on: its children, those that ended, and what wraps it."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._began = self._used()

    def note(self) -> str | None:
        """Say that other processes had a part in the work, which no figure holds; None where they had none."""
        own, others = (now - then for now, then in zip(self._used(), self._began, strict=True))
        if others < max(_LEAST_S, _SHARE * own):
            return None
        return (
            f"processes beside the one that listens used more than {_SHARE * 100:.0f} % of its CPU, which is not "
            "counted: CPU, memory, profiles and rest between slices are told of the one that listens"
        )

    def _used(self) -> tuple[float, float]:
        """Give CPU seconds of the process that listens, and of all others that are there or were waited for."""
        started = stat_of(self._owner.started_pid)
        if started is None:
            return 0.0, 0.0
        own = others = 0
        for pid in family(int(started[1])):  # whose parent inherits what makes itself independent
            if (fields := stat_of(pid)) is None:
                continue
            ticks, of_children = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
            own += ticks if pid == self._owner.pid else 0
            others += of_children + (0 if pid == self._owner.pid else ticks)
        return own / _TICKS_PER_S, others / _TICKS_PER_S
