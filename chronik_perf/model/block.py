"""Block, Start, Slice: the nested units of measurement. The start is the unit; slices only narrow its noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chronik_perf.model.measured import Measured
from chronik_perf.model.target import Side

OPEN_ON = "descriptors on "
"""Begins the names of those figures of a process that say what its descriptors are open on."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Latencies of one window or of several merged: an HdrHistogram (V2, compressed, base64, in µs) and its digest.

    `recorded` counts what the histogram holds; it must agree with what was acknowledged. `percentiles` are
    (percentile, milliseconds) pairs in rising order, for pictures.
    """

    hdr: str
    recorded: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    percentiles: tuple[tuple[float, float], ...] = ()

    @property
    def mean_ms(self) -> float | None:
        """Mean of what was recorded, by straight lines between its percentiles; None where there are none."""
        if len(self.percentiles) < 2:
            return None
        steps = zip(self.percentiles, self.percentiles[1:], strict=False)
        area = sum((upper - lower) * (low_ms + high_ms) / 2 for (lower, low_ms), (upper, high_ms) in steps)
        return area / (self.percentiles[-1][0] - self.percentiles[0][0])


@dataclass(frozen=True, slots=True)
class LoadWindow:
    """What one load process did between its first send and its last acknowledgement.

    Times are CLOCK_MONOTONIC nanoseconds. For acks=0 the window ends when the log end offset has caught up.
    `stored` is the difference of the log end offsets read before the first send and after the last
    acknowledgement, summed over partitions. `generator_cpu_s` is the load process's own CPU in the window.
    `response` are closed-loop response times or, in an open loop, response times from the intended send;
    `service` (open loop only) are those from the actual send. A window may consist of bursts with pauses between, in
    which nothing was in flight: `paused_s` is their sum, and no rate divides by it.
    """

    first_send_ns: int
    last_ack_ns: int
    sent: int
    acked: int
    failed: int
    stored: int
    generator_cpu_s: float
    response: Latency | None
    service: Latency | None = None
    errors: tuple[str, ...] = ()
    paused_s: float = 0.0

    @property
    def window_s(self) -> float:
        """Seconds between the two time stamps, pauses left out; the one denominator of every rate."""
        return (self.last_ack_ns - self.first_send_ns) / 1e9 - self.paused_s

    @property
    def generator_busy(self) -> float:
        """Share of one core that the generator used in the window, 0 to 1 (more if it had several)."""
        return self.generator_cpu_s / self.window_s if self.window_s > 0 else 0.0


OwnKind: TypeAlias = Literal["counter", "gauge"]


@dataclass(frozen=True, slots=True)
class OwnMetric:
    """A Prometheus metric that a perf.toml names, over one slice: what a counter gained, a gauge's value after it."""

    kind: OwnKind
    value: Measured


@dataclass(frozen=True, slots=True)
class Slice:
    """One window of load on one broker process, begun and ended with nothing in flight.

    `broker_cpu_s` runs from before the first send until the broker was quiet again (scheduler's clock);
    `quiet_s` is how long that took after the last acknowledgement. `telemetry` holds differences of the
    broker's own counters over the slice, by the sampler's names, and `own` what its perf.toml asks for, by its names.
    """

    workload: str
    load: LoadWindow
    broker_cpu_s: Measured
    quiet_s: Measured
    rss_before_bytes: Measured
    rss_after_bytes: Measured
    telemetry: dict[str, float] = field(default_factory=dict)
    own: dict[str, OwnMetric] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """One broker process from start to stop, and all slices that it served.

    Of a broker that ran already it is what the process served in one block: no `seed` and no `ready_s` are known, and
    `data_dir` is empty. `latency` maps a workload's name to the merged latencies of this start's gate slices. `notes`
    are sentences for people (unsteady warm-up, killed after the grace period). `environment` is all that the process
    saw of it but its seed, secrets replaced.
    """

    side: Side
    target: str
    seed: int | None  # PYTHONHASHSEED of the process
    order: int  # 0 if started first in its block
    port: int
    data_dir: str  # name of the folder, relative
    ready_s: Measured
    config: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)  # empty in documents from before it was kept
    slices: tuple[Slice, ...] = ()
    latency: dict[str, Latency] = field(default_factory=dict)
    steady: dict[str, bool] = field(default_factory=dict)  # by workload
    # At its end: threads, descriptors, context switches, ... and how many descriptors are OPEN_ON each kind of thing.
    process: dict[str, Measured] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def gate_slices(self, workload: str) -> Iterator[Slice]:
        """Give the slices of one workload; they count for verdicts. Evidence is taken outside of slices."""
        return (s for s in self.slices if s.workload == workload)


@dataclass(frozen=True, slots=True)
class Canaries:
    """Three measurements that no version of a broker can touch; when they move, the machine did."""

    fdatasync_ms: Measured
    cpu_loop_ms: Measured
    loopback_us: Measured


@dataclass(frozen=True, slots=True)
class Block:
    """Both versions, each started afresh, measured by slices in random order.

    A block that is `discarded` (the reason is the text) is kept and shown, and counts for no estimate.
    """

    index: int  # from 1, as a display counts
    base: Start
    candidate: Start
    canaries_before: Canaries
    canaries_after: Canaries
    interleaved: bool = True  # False: whole starts alternated, because quiet never came
    notes: tuple[str, ...] = ()
    discarded: str | None = None

    def side(self, side: Side) -> Start:
        """Give the start of one side."""
        return self.base if side == "base" else self.candidate
