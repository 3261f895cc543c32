"""Two normal components of one SD, fitted to values by expectation and maximization.

Dempster, Laird, Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm", JRSS B 39, 1977.
"""

from __future__ import annotations

import math

import numpy as np

from chronik_perf.stats.betting.bets import Floats

EM_STEPS = 100


def two_components(x: Floats) -> tuple[float, float, float, float]:
    """Fit both to values of any shape with at least two; give both means, the SD, and the weight of the lower."""
    ordered = np.sort(x)
    n = np.arange(1, ordered.size)
    sums, squares = np.cumsum(ordered), float(np.sum(ordered**2))
    # Begin with the cut that leaves the least variance within (Fisher, JASA 53, 1958).
    between = sums[:-1] ** 2 / n + (sums[-1] - sums[:-1]) ** 2 / (ordered.size - n)
    k = int(np.argmax(between)) + 1
    low, high = float(ordered[:k].mean()), float(ordered[k:].mean())
    variance = max((squares - float(between[k - 1])) / ordered.size, 1e-12)
    weight = k / ordered.size
    for _ in range(EM_STEPS):
        odds = math.log(weight / (1 - weight)) + ((x - high) ** 2 - (x - low) ** 2) / (2 * variance)
        chance = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
        total = float(chance.sum())
        if not 1e-9 < total < x.size - 1e-9:
            break
        before = low
        weight = total / x.size
        low = float(chance @ x) / total
        high = float((1 - chance) @ x) / (x.size - total)
        variance = float(chance @ (x - low) ** 2 + (1 - chance) @ (x - high) ** 2) / x.size
        variance = max(variance, 1e-12)
        if abs(low - before) < 1e-9:
            break
    return low, high, math.sqrt(variance), weight
