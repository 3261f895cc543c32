"""What the broker counts about itself.

The hot path adds plain numbers, once for each turn of the event loop, commit, or write to a client, never once
for each batch; ``metrics`` reads them when it is scraped.

Stages of a produce, in order; their means add up to the time between reading a request and handing its
reply to the socket. All batches of one turn of the event loop pass the first three together, so each is
charged the turn's whole time in them.

``decode``       from the turn's first read to the end of parsing and checking CRCs
``metadata``     giving out offsets and ``update_partition_offset``
``append``       building WAL records and queueing them
``commit_wait``  from being queued until the commit that holds it was synced (acks=0 as well)
``reply``        from then until the reply was handed to the socket, waiting for the event loop and for the
                 replies before it included (acks=0 has none and is not counted)
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Coroutine
from typing import Any

from broker.wal.group_commit import Commit

STAGES = ("decode", "metadata", "append", "commit_wait", "reply")
_LAG_PERIOD_MS = 20
"""Each probe wakes the loop, for some 60 µs of CPU with cold caches: at 10 ms that was most of the cost."""
_TIME_BOUNDS_S = (
    *(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075),
    *(0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0),
)
_BATCH_BOUNDS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 2048)
_BYTE_BOUNDS = tuple(4**power for power in range(4, 14))


class Histogram:
    """Counts by upper bound and a sum, in the unit of what is observed."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def cumulative(self) -> tuple[list[tuple[str, float]], float]:
        """Prometheus buckets (upper bound, count up to it) and the sum."""
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip((*self._bounds, float("inf")), tuple(self._counts), strict=True):
            total += count
            buckets.append(("+Inf" if bound == float("inf") else repr(float(bound)), total))
        return buckets, self._sum


class Telemetry:
    """The numbers. ``clock`` gives seconds; all methods are called from the event loop's thread."""

    clock: Callable[[], float] = staticmethod(time.perf_counter)

    def __init__(self) -> None:
        self.tasks_created = 0
        self.tasks_finished = 0
        self.loop_lag_s = Histogram(_TIME_BOUNDS_S)
        self.batches = 0
        self.messages = 0
        self.batch_bytes = 0
        self.decode_s = 0.0
        self.metadata_s = 0.0
        self.append_s = 0.0
        self.commit_wait_s = 0.0
        self.reply_s = 0.0
        self.replied_batches = 0
        self.committed_batches = 0
        self.commits = 0
        self.failed_commits = 0
        self.syncs = 0
        self.commit_batches = Histogram(_BATCH_BOUNDS)
        self.commit_bytes = Histogram(_BYTE_BOUNDS)
        self.sync_s = Histogram(_TIME_BOUNDS_S)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count the tasks of ``loop`` from now on and begin to measure its lag."""

        def finished(_: object) -> None:
            self.tasks_finished += 1

        def factory(
            loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **options: Any
        ) -> asyncio.Task[Any]:
            task = asyncio.Task(coro, loop=loop, **options)
            self.tasks_created += 1
            task.add_done_callback(finished)
            return task

        def probe(due_s: float) -> None:
            now_s = time.monotonic()
            self.loop_lag_s.observe(max(now_s - due_s, 0.0))
            # The loop's clock has whole milliseconds, so that is what the timer is due at.
            next_due_s = (int(now_s * 1e3) + _LAG_PERIOD_MS) / 1e3
            loop.call_later(_LAG_PERIOD_MS / 1e3, probe, next_due_s)

        loop.set_task_factory(factory)  # type: ignore[arg-type]
        loop.call_soon(probe, time.monotonic())

    def turn(
        self,
        batches: int,
        messages: int,
        size_bytes: int,
        begun_s: float,
        decoded_s: float,
        noted_s: float,
        appended_s: float,
    ) -> None:
        """One turn of the event loop that appended ``batches``: when each of its stages began and ended."""
        self.batches += batches
        self.messages += messages
        self.batch_bytes += size_bytes
        self.decode_s += batches * (decoded_s - begun_s)
        self.metadata_s += batches * (noted_s - decoded_s)
        self.append_s += batches * (appended_s - noted_s)

    def committed(self, commit: Commit) -> None:
        """A commit's outcome has reached the event loop."""
        batches = commit.batches
        self.commits += 1
        self.committed_batches += batches
        self.commit_wait_s += batches * commit.done_at_s - commit.queued_at_sum_s
        self.commit_batches.observe(batches)
        self.commit_bytes.observe(commit.size_bytes)
        if commit.error is None:
            self.syncs += commit.syncs
            self.sync_s.observe(commit.sync_s)
        else:
            self.failed_commits += 1

    def replied(self, batches: int, synced_at_sum_s: float) -> None:
        """The replies to ``batches`` were handed to their socket; sums over them when each was synced."""
        self.replied_batches += batches
        self.reply_s += batches * self.clock() - synced_at_sum_s


class NoTelemetry(Telemetry):
    """Counts nothing and reads no clock: what ``telemetry.enabled=false`` puts in its place."""

    clock = float

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        pass

    def turn(self, *_: float) -> None:
        pass

    def committed(self, commit: Commit) -> None:
        pass

    def replied(self, *_: float) -> None:
        pass
