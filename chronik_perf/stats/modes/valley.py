"""A valley between two modes, proven by a fall of the density and a rise beyond it, on whatever scale they are.

Hartigans' dip weighs a valley by the share of values that the smaller mode has, so it is blind for a rare one. This
test looks at all intervals between two values: where the density does not rise, the values within lie no more to the
right than uniform ones would, and their mean place tells. (Duembgen and Walther, "Multiscale inference about a
density", Annals of Statistics 36, 2008: the statistic, and its correction for the number of intervals of a size.) It
holds for samples of any size and assumes no shape.
"""

from __future__ import annotations

import math

import numpy as np

from chronik_perf.stats.betting.bets import Floats

# What a rise reaches in 0.5 % of samples from a uniform distribution, by their size: 4,000 and more were drawn of each.
SIZES = (8, 10, 15, 20, 30, 50, 100, 200, 400)
CRITICAL = (1.08, 1.24, 1.48, 1.69, 1.88, 2.05, 2.22, 2.32, 2.40)
MOST_ENDS = 240  # of intervals: more than that many values give every second, third, ... only
LEAST_VALUES = 6


def critical_valley(size: float) -> float:
    """Give the evidence that a sample of that many independent values with one mode exceeds in at most 0.5 %."""
    return float(np.interp(math.log(max(size, SIZES[0])), np.log(SIZES), CRITICAL))


def valley(values: Floats, design_effect: float = 1.0) -> float:
    """Give the evidence for a valley: the lesser one of a fall and of a rise to its right, after the correction.

    `design_effect` says by how much clusters widen the noise of a sum. -inf with too few values.
    """
    x = np.sort(np.asarray(values, dtype=float))
    n = x.size
    if n < LEAST_VALUES or x[0] == x[-1]:
        return -math.inf
    ends = np.unique(np.linspace(0, n - 1, min(n, MOST_ENDS)).astype(int))
    sums = np.r_[0.0, np.cumsum(x - x[0])]
    begin, end = ends[:, None], ends[None, :]
    within = end - begin - 1
    length = x[end] - x[begin]
    valid = (within > 0) & (length > 0)
    inside = sums[end] - sums[begin + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        lean = 2 * (inside - within * (x[begin] - x[0])) / length - within
        z = lean * np.sqrt(3 / np.maximum(within, 1) / design_effect)
        correction = np.sqrt(2 * (1 + np.log(n / np.maximum(within, 1))))
    rises = np.where(valid, z - correction, -math.inf)
    falls = np.where(valid, -z - correction, -math.inf)
    # The best fall that ends at or before a place, and the best rise that begins there or later.
    fall = np.maximum.accumulate(falls.max(axis=0))
    rise = np.maximum.accumulate(rises.max(axis=1)[::-1])[::-1]
    return float(np.max(np.minimum(fall, rise)))
