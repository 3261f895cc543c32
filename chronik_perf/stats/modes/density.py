"""How densely values lie: a Gaussian kernel density on the log scale, for pictures and never for a verdict.

The bandwidth is Silverman's rule of thumb, 0.9 A n^(-1/5), where A is the lesser of the SD and the interquartile
range over 1.349 (B. W. Silverman, "Density Estimation for Statistics and Data Analysis", 1986, section 3.4.2). The rule
is made for one hump: over two it takes the gap between them for spread, and smears them into one. So where modes were
found A is the SD within a mode. And n is the effective size, the number over the design effect, as in the test for
modes: slices of one start that keep together are no reason to draw a finer line.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronik_perf.stats.betting.bets import Floats
from chronik_perf.stats.modes.levels import Modes, design_effect

LEAST_BANDWIDTH = 1e-3  # on the log scale: a tenth of a per cent, finer than a slice can be measured
REACH = 3  # bandwidths beyond the outermost values
POINTS = 161
IQR_OF_NORMAL = 1.349  # in SDs


def bandwidth(groups: Sequence[Floats], found: Modes | None) -> float:
    """Give the bandwidth on the log scale for logs that come in groups, one a start; with modes, for one of them."""
    everything = np.concatenate(list(groups))
    if found is not None:
        spread = found.sd
    else:
        low, high = np.quantile(everything, (0.25, 0.75))
        spread = min(float(everything.std()), float(high - low) / IQR_OF_NORMAL)
    effective = everything.size / design_effect(groups)
    rule: float = 0.9 * spread * effective**-0.2
    return max(rule, LEAST_BANDWIDTH)


def density(logs: Floats, width: float, at: Floats | None = None) -> tuple[Floats, Floats]:
    """Give places on the log scale and the density there, which has the area 1; `at` gives the places."""
    if at is None:
        at = np.linspace(float(logs.min()) - REACH * width, float(logs.max()) + REACH * width, POINTS)
    z = (at[:, None] - logs[None, :]) / width
    return at, np.exp(-0.5 * z**2).mean(axis=1) / (width * np.sqrt(2 * np.pi))
