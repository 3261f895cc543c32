"""Latencies by percentile, merged over the blocks that count."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hdrh.histogram import HdrHistogram

from chronik_perf.model import SIDES, Comparison, Latency, Side

_LOWEST_US, _HIGHEST_US, _DIGITS = 1, 60_000_000, 3
# Ten points a decade of 1 / (1 - p), as HdrHistogram's own plots space them.
_PLOTTED = tuple(100 * (1 - 10 ** (-k / 10)) for k in range(61))


@dataclass(frozen=True, slots=True)
class Curve:
    """(percentile, ms) in rising order; `block` is None for the curve of all blocks merged."""

    side: Side
    block: int | None
    points: tuple[tuple[float, float], ...]
    recorded: int


def curves(comparison: Comparison, workload: str) -> tuple[Curve, ...]:
    """Give for both sides one curve a block and, where the histograms were kept, one of all of them merged."""
    return tuple(curve for side in SIDES for curve in _of_side(comparison, side, workload))


def _of_side(comparison: Comparison, side: Side, workload: str) -> Iterator[Curve]:
    found = [
        (b.index, latency)
        for b in comparison.kept_blocks
        if (latency := b.side(side).latency.get(workload)) is not None and latency.recorded > 0
    ]
    for index, latency in found:
        points = tuple(
            (p, ms) for p, ms in latency.percentiles if p < 100 and _supported(p, latency.recorded)
        )
        yield Curve(side, index, points, latency.recorded)
    if found and all(latency.hdr for _, latency in found):
        yield _merged(side, (latency for _, latency in found))


def _merged(side: Side, latencies: Iterable[Latency]) -> Curve:
    total = HdrHistogram(_LOWEST_US, _HIGHEST_US, _DIGITS)
    for latency in latencies:
        total.decode_and_add(latency.hdr)
    recorded = int(total.get_total_count())
    wanted = [p for p in _PLOTTED if _supported(p, recorded)]
    values = total.get_percentile_to_value_dict(wanted)
    return Curve(side, None, tuple((p, values[p] / 1e3) for p in wanted if values[p] > 0), recorded)


def _supported(percentile: float, recorded: int) -> bool:
    """Tell whether at least ten latencies lie beyond a percentile: fewer draw a line out of luck."""
    return (1 - percentile / 100) * recorded >= 10


def place(percentile: float) -> float:
    """Give the place of a percentile on the axis that spreads the tail: 0 for the minimum, 2 for p99."""
    return -math.log10(1 - percentile / 100)
