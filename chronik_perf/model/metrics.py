"""Every metric, declared once: name, unit, which direction is better, how it is taken, and what it decides.

The CLI, the tests and the reports follow from this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chronik_perf.model.block import Slice, Start
from chronik_perf.model.measured import Measured, Unavailable

Take: TypeAlias = Callable[[Start, str], Measured]
"""Give one start's value of a metric for the workload of that name."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `threshold` is X: relative for the ratio scale, in `unit` for the difference scale.

    `min_commits_beyond` asks for that many commits beyond the percentile before the metric may be judged. `of_slice`
    gives the value of a single slice where it has one, so that a block has a typical pair. `of_process` is one that is
    read from the broker's process, which only perf's own child lets it do.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower"]
    scale: Literal["ratio", "difference"]
    threshold: float
    take: Take
    min_commits_beyond: int = 0
    of_slice: Callable[[Slice], Measured] | None = None
    of_process: bool = False


# Ten lie beyond it. With fewer it is about the slowest, which depends on how many there are.
LEAST_FOR_P99 = 1000
NOT_TIMED = "acks=0 has no acknowledgement to time"
UNTOLD = "no metrics that perf knows were read of the broker"


def _gate(start: Start, workload: str) -> tuple[Slice, ...]:
    return tuple(start.gate_slices(workload))


def _throughput(start: Start, workload: str) -> Measured:
    return _throughput_of(*_gate(start, workload))


def _throughput_of(*slices: Slice) -> Measured:
    window_s = sum(s.load.window_s for s in slices)
    if window_s <= 0:
        return Unavailable("no slice was measured")
    # A ratio of sums: every slice weighs by its time, so a short one cannot pull the figure.
    return sum(s.load.stored for s in slices) / window_s


def _cpu_per_message(start: Start, workload: str) -> Measured:
    return _cpu_of(*_gate(start, workload))


def _cpu_of(*slices: Slice) -> Measured:
    stored = sum(s.load.stored for s in slices)
    if stored == 0:
        return Unavailable("nothing was stored")
    total_s = 0.0
    for s in slices:
        if isinstance(s.broker_cpu_s, Unavailable):
            return s.broker_cpu_s
        total_s += s.broker_cpu_s
    return total_s * 1e6 / stored


def _percentile(which: Literal["p50_ms", "p99_ms"]) -> Take:
    def take(start: Start, workload: str) -> Measured:
        latency = start.latency.get(workload)
        if latency is None:
            return Unavailable(NOT_TIMED)
        return float(getattr(latency, which))

    return take


def _p99_of(one: Slice) -> Measured:
    if one.load.response is None:
        return Unavailable(NOT_TIMED)
    if one.load.response.recorded < LEAST_FOR_P99:
        return Unavailable(f"a slice has fewer than {LEAST_FOR_P99:,} response times")
    return one.load.response.p99_ms


def _rss_growth(start: Start, workload: str) -> Measured:
    slices = _gate(start, workload)
    stored = sum(s.load.stored for s in slices)
    if not slices or stored == 0:
        return Unavailable("nothing was stored")
    grown = 0.0
    for s in slices:
        before, after = s.rss_before_bytes, s.rss_after_bytes
        if isinstance(before, Unavailable):
            return before
        if isinstance(after, Unavailable):
            return after
        grown += after - before
    return grown / stored


def _unstored(start: Start, workload: str) -> Measured:
    slices = _gate(start, workload)
    # acks=0 acknowledges nothing; what the client did not give up counts as sent in good faith.
    return float(sum(abs(s.load.stored - (s.load.acked or s.load.sent - s.load.failed)) for s in slices))


def _telemetry_mean(total: str, count: str, factor: float = 1.0) -> Take:
    def take(start: Start, workload: str) -> Measured:
        slices = _gate(start, workload)
        if not all(total in s.telemetry and count in s.telemetry for s in slices) or not slices:
            read = any(s.telemetry for s in slices)
            return Unavailable(f"the broker's metrics do not have {total}" if read else UNTOLD)
        n = sum(s.telemetry[count] for s in slices)
        if n == 0:
            return Unavailable(f"{count} did not move")
        return sum(s.telemetry[total] for s in slices) * factor / n

    return take


STAGES: tuple[str, ...] = ("decode", "metadata", "append", "commit_wait", "reply")
"""Stages of a produce, in order, as slices' telemetry names them: `stage_<name>_s` and `batches`."""

THROUGHPUT = Metric(
    "throughput", "throughput", "msg/s", "higher", "ratio", 0.05, _throughput, of_slice=_throughput_of
)
CPU_PER_MESSAGE = Metric(
    "cpu_per_message",
    "CPU per stored message",
    "µs",
    "lower",
    "ratio",
    0.05,
    _cpu_per_message,
    of_slice=_cpu_of,
    of_process=True,
)
P50 = Metric("p50", "median response time", "ms", "lower", "ratio", 0.05, _percentile("p50_ms"))
P99 = Metric("p99", "response time p99", "ms", "lower", "ratio", 0.20, _percentile("p99_ms"), 30, _p99_of)
RSS_GROWTH = Metric(
    "rss_growth",
    "memory growth per stored message",
    "B",
    "lower",
    "difference",
    64.0,
    _rss_growth,
    of_process=True,
)
UNSTORED = Metric("unstored", "messages lost or doubled", "msg", "lower", "difference", 0.0, _unstored)
TASKS_PER_BATCH = Metric(
    "tasks_per_batch",
    "tasks spawned per batch",
    "tasks",
    "lower",
    "difference",
    0.0,
    _telemetry_mean("tasks_created", "batches"),
)
BATCHES_PER_COMMIT = Metric(
    "batches_per_commit",
    "batches per commit",
    "batches",
    "higher",
    "difference",
    0.0,
    _telemetry_mean("batches", "commits"),
)
SYNC_MS = Metric(
    "sync_time", "sync time", "ms", "lower", "difference", 0.0, _telemetry_mean("sync_s", "syncs", 1e3)
)


def _early_acks(start: Start, workload: str) -> Measured:
    wait_ms = _telemetry_mean("stage_commit_wait_s", "batches", 1e3)(start, workload)
    sync_ms = SYNC_MS.take(start, workload)
    if isinstance(wait_ms, Unavailable):
        return wait_ms
    return sync_ms if isinstance(sync_ms, Unavailable) else float(wait_ms < sync_ms)


EARLY_ACKS = Metric(
    "early_acks", "acknowledgements before the sync", "starts", "lower", "difference", 0.0, _early_acks
)
"""1 for a start whose batches waited for their commit, in the mean, less than a sync took; else 0."""
STAGE_METRICS: tuple[Metric, ...] = tuple(
    Metric(
        f"stage_{stage}",
        f"stage: {stage.replace('_', ' ')}",
        "ms",
        "lower",
        "difference",
        0.0,
        _telemetry_mean(f"stage_{stage}_s", "batches", 1e3),
    )
    for stage in STAGES
)

METRICS: tuple[Metric, ...] = (
    THROUGHPUT,
    CPU_PER_MESSAGE,
    P99,
    P50,
    RSS_GROWTH,
    UNSTORED,
    EARLY_ACKS,
    TASKS_PER_BATCH,
    BATCHES_PER_COMMIT,
    SYNC_MS,
    *STAGE_METRICS,
)

NEVER_ACCEPTED = frozenset({UNSTORED.name})
"""Those of which no reason makes a regression pass."""
