"""How far two means may lie apart by chance, if nothing is known but their values."""

from __future__ import annotations

import math

import scipy

from chronik_perf.stats.betting.bets import Floats


def welch_reach(base: Floats, candidate: Floats, quantile: float) -> float:
    """Give how far the interval of two means' difference reaches by their values alone (Welch, Biometrika 34, 1947)."""
    each = [float(x.var(ddof=1)) / x.size for x in (base, candidate)]
    total = sum(each)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(v**2 / (x.size - 1) for v, x in zip(each, (base, candidate), strict=True))
    return float(scipy.special.stdtrit(freedom, quantile)) * math.sqrt(total)
