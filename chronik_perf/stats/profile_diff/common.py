"""What all functions of a start have in common: the speed of its core, above all, and the luck of its memory.

On a shared machine a core is half as fast in one start as in another, and every function takes twice the time there. A
function that grew by a fifth does not show beside that; beside all others of its start it does. So each start has a
factor, the weighted median over functions of how their cost there compares with their mean over all starts, which no
change of a few functions moves (the idea of size factors, as of Anders and Huber, Genome Biology 11:R106, 2010, and of
Robinson and Oshlack, Genome Biology 11:R25, 2010, which take most genes for unchanged).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chronik_perf.stats.profile_diff.starts import Floats, Starts
from chronik_perf.stats.welch import welch_reach

# Fewer functions, or fewer samples of each, tell nothing of all.
LEAST_FUNCTIONS = 10
LEAST_A_START = 5.0
# Relative variance of a function's cost from start to start, beside sampling's: a large one is not known better.
OWN_CV2 = 0.01
# Of one degree of freedom; and how much more than that of a mean the variance of a median is.
CHI2_MEDIAN = 0.455
MEDIAN_OVER_MEAN = math.pi / 2
# What differs between the sides themselves may be a change of the whole program, which is not to be taken away.
SIDES_DIFFER = 0.05


@dataclass(frozen=True, slots=True)
class Common:
    """Each start's factor, their geometric mean being 1, and `cv2`, the relative variance with which one is known."""

    factors: Floats
    cv2: float


def common_factors(own: npt.NDArray[np.int64], starts: Starts) -> Common | None:
    """Learn the factors from functions' own samples (a row each, a column a start).

    None where too little is known for them, and where the sides' factors differ by more than chance (Welch's t-test).
    """
    told = own[own.mean(axis=1) >= LEAST_A_START]
    if len(told) < LEAST_FUNCTIONS:
        return None
    values = (told + 0.5) * starts.us
    log_ratios = np.log(values) - np.log(values.mean(axis=1, keepdims=True))
    weights = 1 / (1 / (told + 0.5) + OWN_CV2)
    logs = np.array(
        [_weighted_median(r, w) for r, w in zip(log_ratios.T, weights.T, strict=True)], dtype=np.float64
    )
    if _differ(logs[: starts.base], logs[starts.base :]):
        return None
    # How functions really scatter about it, as the median of a chi-squared variable has it.
    scatter = float(np.median((log_ratios - logs) ** 2 * weights)) / CHI2_MEDIAN
    cv2 = MEDIAN_OVER_MEAN * scatter * float(np.mean(1 / weights.sum(axis=0)))
    return Common(np.exp(logs - logs.mean()), cv2)


def _differ(base: Floats, candidate: Floats) -> bool:
    return abs(float(candidate.mean() - base.mean())) > welch_reach(base, candidate, 1 - SIDES_DIFFER / 2)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    cumulated = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulated, cumulated[-1] / 2)])
