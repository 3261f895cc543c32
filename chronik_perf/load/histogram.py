"""Latencies: counted in whole microseconds while loading, kept as HdrHistograms, never lost in silence."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping

from hdrh.histogram import HdrHistogram

from chronik_perf.model import Latency, MeasurementFailed

LOWEST_US, HIGHEST_US, DIGITS = 1, 60_000_000, 3

# Percentiles for pictures: evenly spaced in 1 / (1 - p), as HdrHistogram's own plots are.
PLOTTED: tuple[float, ...] = (
    0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 92.5, 95.0, 97.5, 98.0, 99.0, 99.5,
    99.75, 99.9, 99.95, 99.99, 99.999, 100.0,
)  # fmt: skip


class Samples:
    """Collects latencies in nanoseconds cheaply and counts them per microsecond later.

    `add` takes the list of one batch and keeps it. Counting waits until the window is over, so that it does
    not cost the load its rate, unless so many are waiting that memory has to be bounded.
    """

    _WAITING_MOST = 4_000_000

    def __init__(self) -> None:
        self._waiting: deque[list[int]] = deque()
        self._n_waiting = 0
        self._counts: Counter[int] = Counter()

    def add(self, batch: list[int]) -> None:
        """Keep a batch of latencies in ns. The list must not be changed afterwards."""
        self._waiting.append(batch)
        self._n_waiting += len(batch)
        while self._n_waiting > self._WAITING_MOST:
            self._count(self._waiting.popleft())

    def counts(self) -> dict[int, int]:
        """Give how many samples fell on each whole microsecond (rounded)."""
        while self._waiting:
            self._count(self._waiting.popleft())
        return dict(self._counts)

    def _count(self, batch: list[int]) -> None:
        self._n_waiting -= len(batch)
        self._counts.update([(ns + 500) // 1000 for ns in batch])


def latency(counts: Mapping[int, int], expected: int) -> tuple[Latency, tuple[str, ...]]:
    """Build a Latency from counts per microsecond, and sentences about what did not fit.

    `record_value` of an HdrHistogram drops what is out of range and returns False. Here such a value is
    clamped and named in a sentence, and a sum that differs from `expected` is MeasurementFailed.
    """
    histogram = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
    clamped = 0
    for us, n in counts.items():
        value = min(max(us, LOWEST_US), HIGHEST_US)
        if us > HIGHEST_US or us < 0:
            clamped += n
        if not histogram.record_value(value, n):
            raise MeasurementFailed(f"a latency of {us} µs did not go into the histogram")
    if histogram.total_count != expected:
        raise MeasurementFailed(
            f"{histogram.total_count} latencies were recorded for {expected} acknowledged messages"
        )
    words = f"{clamped} latencies were outside 0 to {HIGHEST_US // 1_000_000} s and count as its bound"
    return _digest(histogram, histogram.max_value), (words,) if clamped else ()


def merge(latencies: Iterable[Latency]) -> Latency:
    """Merge the histograms of several windows into one, exactly. ValueError if there is none."""
    total: HdrHistogram | None = None
    expected, max_us = 0, 0
    for one in latencies:
        expected += one.recorded
        # A decoded histogram knows its maximum to three digits only.
        max_us = max(max_us, round(one.max_ms * 1e3))
        if total is None:
            total = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
        total.decode_and_add(one.hdr)
    if total is None:
        raise ValueError("no latencies to merge")
    if total.total_count != expected:
        raise MeasurementFailed(f"merging gave {total.total_count} latencies where {expected} were recorded")
    return _digest(total, max_us)


def _digest(histogram: HdrHistogram, max_us: int) -> Latency:
    wanted = sorted({*PLOTTED, 50.0, 99.0, 99.9})
    # The histogram's own percentiles walk all its 17,000 cells; what is occupied is a small part of them.
    low = histogram.get_counts_array_index(histogram.min_value) if histogram.total_count else 0
    high = histogram.get_counts_array_index(histogram.max_value)
    occupied = [(i, n) for i, n in enumerate(histogram.counts[low : high + 1], low) if n]
    total = histogram.total_count
    values: dict[float, float] = {}
    below, at = 0, 0
    for percentile in wanted:
        target = max(1, int(percentile * total / 100 + 0.5))
        while at < len(occupied) and below + occupied[at][1] < target:
            below += occupied[at][1]
            at += 1
        us = 0
        if occupied:
            cell = histogram.get_value_from_index(occupied[min(at, len(occupied) - 1)][0])
            us = histogram.get_highest_equivalent_value(cell)
        values[percentile] = min(us, max_us) / 1e3
    encoded = histogram.encode()
    return Latency(
        hdr=encoded.decode("ascii") if isinstance(encoded, bytes) else encoded,
        recorded=total,
        p50_ms=values[50.0],
        p99_ms=values[99.0],
        p999_ms=values[99.9],
        max_ms=max_us / 1e3,
        percentiles=tuple((p, values[p]) for p in PLOTTED),
    )
