"""Values over time: samples several samplers in a thread while a load runs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

from chronik_perf.model import STAGES, Series, Side
from chronik_perf.sampling import Sampler

INTERVAL_S = 0.1

MEANS: dict[str, tuple[str, str, float]] = {
    "loop_lag_ms": ("loop_lag_s", "loop_lags", 1e3),
    "sync_ms": ("sync_s", "syncs", 1e3),
    "batches_per_commit": ("batches", "commits", 1.0),
    **{f"stage_{stage}_ms": (f"stage_{stage}_s", "batches", 1e3) for stage in STAGES},
}
"""Series that are the ratio of what two counters gained between two samples, times a factor."""

RATES: dict[str, str] = {
    "cpu_s": "cpu_share",
    "messages": "accepted_msgs_per_s",
}
"""Counters whose rate per second has a name of its own; another one's is `<name>_per_s`."""

_PARTS = {name for total, count, _ in MEANS.values() for name in (total, count)}
_ALSO_AS_RATE = {"batches", "commits", "syncs"}


class Recording:
    """Samples of one window. Filled while `record` is open; `series` gives them when it is closed."""

    def __init__(self, samplers: Sequence[Sampler]) -> None:
        self._samplers = samplers
        self._counters = frozenset[str]().union(*(s.counters for s in samplers))
        self._moments: list[tuple[int, dict[str, float]]] = []
        self._unavailable: dict[str, str] = {}

    def take(self) -> None:
        """Sample everything once."""
        values: dict[str, float] = {}
        at_ns = time.monotonic_ns()
        for sampler in self._samplers:
            values.update(sampler.sample())
            self._unavailable.update(sampler.unavailable)
        self._moments.append((at_ns, values))

    def series(
        self, side: Side, workload: str, first_send_ns: int | None = None, last_ack_ns: int | None = None
    ) -> Series:
        """Give what was recorded; times count from the first send (or from the first sample).

        States are given as sampled, counters as what they gained a second since the sample before, which the
        first moment of all does not have.
        """
        origin_ns = first_send_ns if first_send_ns is not None else (self._moments or [(0, {})])[0][0]
        names = {name for _, values in self._moments for name in values}
        columns: dict[str, tuple[float | None, ...]] = {}
        for name in sorted(names - self._counters):
            columns[name] = tuple(values.get(name) for _, values in self._moments)
        for name in sorted(names & self._counters):
            if name not in _PARTS or name in _ALSO_AS_RATE:
                columns[RATES.get(name, f"{name}_per_s")] = self._gains(name, None, 1.0)
        for name, (total, count, factor) in MEANS.items():
            if {total, count} <= names:
                columns[name] = self._gains(total, count, factor)
        return Series(
            side=side,
            workload=workload,
            t_s=tuple((at_ns - origin_ns) / 1e9 for at_ns, _ in self._moments),
            values={name: column for name, column in columns.items() if any(v is not None for v in column)},
            unavailable={name: why for name, why in self._unavailable.items() if name not in names},
            load_s=None if last_ack_ns is None else (last_ack_ns - origin_ns) / 1e9,
        )

    def _gains(self, total: str, count: str | None, factor: float) -> tuple[float | None, ...]:
        """Give what `total` gained between neighbouring samples over what `count` (None: the clock) did."""
        column: list[float | None] = [None]
        for (before_ns, before), (after_ns, after) in pairwise(self._moments):
            try:
                over = (after_ns - before_ns) / 1e9 if count is None else after[count] - before[count]
                column.append(factor * (after[total] - before[total]) / over)
            except (KeyError, ZeroDivisionError):  # not sampled, or nothing happened in between
                column.append(None)
        return tuple(column)


@contextlib.contextmanager
def record(samplers: Sequence[Sampler], *, interval_s: float = INTERVAL_S) -> Iterator[Recording]:
    """Sample before the block, every `interval_s` in a thread while it runs, and when it is left."""
    recording = Recording(samplers)
    done = threading.Event()

    def watch() -> None:
        due = time.monotonic() + interval_s
        while not done.wait(due - time.monotonic()):
            recording.take()
            # Due times that have passed are left out: a late sample must not be followed by a burst.
            due = max(due + interval_s, time.monotonic())

    thread = threading.Thread(target=watch, name="series", daemon=True)
    recording.take()
    thread.start()
    try:
        yield recording
    finally:
        done.set()
        thread.join()
        recording.take()
