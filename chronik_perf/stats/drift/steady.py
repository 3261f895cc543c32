"""When a warm-up has ended."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

RECENT = 6
LEAST = 4
TOLERANCE = 0.03  # below the thresholds that people judge by
MAD_TO_SD = 1.4826
MEDIAN_SE = math.sqrt(math.pi / 2)  # of a median, in SDs over the square root of n


def steady(values: Sequence[float]) -> bool:
    """Tell whether recent short-window throughputs no longer rise or fall.

    `values` are throughputs of windows of equal length, oldest first (any unit, above 0); the last six count,
    so that the ramp they come after does not. They are steady if the medians of their older and their newer
    half differ by at most 3 %, or by no more than twice the standard error that their noise gives such a
    difference. The noise is read from successive differences (as von Neumann did, Annals of Mathematical
    Statistics 12, 1941; here by their median absolute deviation), because a ramp hardly touches those. Fewer
    than four values, or any that is not above 0, are not steady.
    """
    x = np.asarray(values, dtype=float)[-RECENT:]
    if x.size < LEAST or not np.all(np.isfinite(x)) or np.any(x <= 0):
        return False
    log = np.log(x)
    half = x.size // 2
    older, newer = log[:half], log[-half:]
    shift = abs(float(np.median(newer) - np.median(older)))
    steps = np.diff(log)
    noise = MAD_TO_SD * float(np.median(np.abs(steps - np.median(steps)))) / math.sqrt(2)
    error = MEDIAN_SE * noise * math.sqrt(2 / half)
    return shift <= max(math.log1p(TOLERANCE), 2 * error)
