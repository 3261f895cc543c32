"""Drift within a start: throughput that decays, latency or memory that creeps, while one broker process is loaded.

For each start a slope against the seconds of load that the process has had by then: the median of the slopes of all
pairs of slices (Theil 1950; Sen, Journal of the American Statistical Association 63, 1968), which no single slice can
turn. A neighbour's burst meets both sides, so the difference of the sides is taken slice beside slice first, and its
slope after; what a side did alone is told beside it. Judged are the differences over blocks, by the bets of
`betting`: within a block either start may have had either slope, if the versions do not differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from chronik_perf.stats.betting.bets import Floats
from chronik_perf.stats.betting.ends import last_interval
from chronik_perf.stats.drift.steady import MAD_TO_SD, MEDIAN_SE

LEAST_SLICES = 3
# What a slope is bet in: a change by this much over the load of one start. For ratios a twentieth, as the gates' X.
OVER_A_START = 0.05
# A warm-up that was not over ends, and a leak goes on: of its slope at least this part is left in a start's later half.
STILL_THERE = 0.5


@dataclass(frozen=True, slots=True)
class Drift:
    """Slopes of both sides and of their difference per second of load, on the scale they were given in.

    `low` and `high` hold the difference (candidate - base) at the error asked for, at whatever block one stops;
    infinite where too few blocks say anything. `later` is the difference in the later half of a start, give or
    take `later_error`.
    """

    base: float
    candidate: float
    difference: float
    low: float
    high: float
    later: float
    later_error: float
    blocks: int
    load_s: float  # of the median start

    @property
    def proven(self) -> bool:
        """Tell whether the sides are proven to drift apart."""
        return self.low > 0 or self.high < 0

    @property
    def later_half(self) -> Literal["settles", "goes on", "open"]:
        """Say whether most of it is gone in the later half of a start, as of a warm-up, or goes on, as of a leak.

        A rough answer, by twice the standard error: it decides nothing.
        """
        towards = math.copysign(1.0, self.difference)
        if self.later * towards + self.later_error < STILL_THERE * abs(self.difference):
            return "settles"
        return "goes on" if self.later * towards - self.later_error > 0 else "open"

    @property
    def smallest_seen(self) -> float:
        """Give the smallest difference of slopes that would have been told, about: half of the interval's width."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Pairs:
    """One block: seconds of load before the middle of each pair of slices (mean of both sides), and both values.

    All of shape (pairs,), in the order in which they were measured; values on the scale of the test.
    """

    load_s: Floats
    base: Floats
    candidate: Floats


def theil_sen(t_s: Floats, values: Floats) -> float:
    """Give the median of the slopes of all pairs of points; NaN where all are of one moment."""
    i, j = np.triu_indices(t_s.size, 1)
    run = t_s[j] - t_s[i]
    apart = run != 0
    if not apart.any():
        return float("nan")
    return float(np.median((values[j] - values[i])[apart] / run[apart]))


def slopes(blocks: list[Pairs]) -> tuple[Floats, Floats]:
    """Give the slopes per second of load of both sides, one a block.

    Both lie about the middle of the two sides' own slopes, apart by the slope of the difference: so exchanging the
    sides exchanges the slopes, and a burst that met both is in neither.
    """
    own = np.asarray([(theil_sen(b.load_s, b.base), theil_sen(b.load_s, b.candidate)) for b in blocks])
    apart = np.asarray([theil_sen(b.load_s, b.candidate - b.base) for b in blocks])
    middle = own.mean(axis=1)
    return middle - apart / 2, middle + apart / 2


def drift(blocks: list[Pairs], error: float, scale: float | None = None) -> Drift | None:
    """Judge whether the two sides drift apart within a start; None without a block that has three pairs of slices.

    `error` is two-sided. `scale` is a change over the load of one start that matters, on the scale of the values
    (default: a twentieth, for logarithms); it must not depend on the values.
    """
    blocks = [b for b in blocks if b.load_s.size >= LEAST_SLICES and np.ptp(b.load_s) > 0]
    if not blocks:
        return None
    base, candidate = slopes(blocks)
    later, later_error = _later(blocks)
    loads = np.asarray([float(b.load_s.max()) for b in blocks])
    # How long the load of a start is does not depend on how it went.
    rates = (OVER_A_START if scale is None else scale) / loads
    low, high = last_interval(base, candidate, rates, error)
    return Drift(
        base=float(np.median(base)),
        candidate=float(np.median(candidate)),
        difference=float(np.median(candidate - base)),
        low=float(low),
        high=float(high),
        later=later,
        later_error=later_error,
        blocks=len(blocks),
        load_s=float(np.median(loads)),
    )


def _later(blocks: list[Pairs]) -> tuple[float, float]:
    """Give the median slope of the difference in the later half of the starts, and about twice its standard error."""
    late = [(b, b.load_s >= np.median(b.load_s)) for b in blocks]
    each = np.asarray([theil_sen(b.load_s[k], (b.candidate - b.base)[k]) for b, k in late])
    each = each[np.isfinite(each)]
    if each.size < 2:
        return float("nan"), float("nan")
    middle = float(np.median(each))
    sd = MAD_TO_SD * float(np.median(np.abs(each - middle)))
    return middle, 2 * MEDIAN_SE * sd / math.sqrt(each.size)
