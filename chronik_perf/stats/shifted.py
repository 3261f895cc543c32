"""Whether values of two days differ by more than chance makes of one: Mann and Whitney's test, exact where it can be.

It tells drift, on which no verdict rests. Starts of one day are more alike than those of two, which is what is sought.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import scipy

ERROR = 0.01  # of all metrics that are held together


def chance(then: Sequence[float], now: Sequence[float]) -> float:
    """Give the chance of a difference in rank as large as this one, in either direction, if there were none."""
    if len({*then, *now}) == 1:
        return 1.0
    return float(scipy.stats.mannwhitneyu(then, now, alternative="two-sided").pvalue)


def can_tell(then: int, now: int, metrics: int) -> bool:
    """Tell whether so many values could show a difference at all: the least chance is one order out of all orders."""
    return 2 / math.comb(then + now, now) * metrics < ERROR
