"""What a block of each commit would tell of where the culprit is, in bits."""

from __future__ import annotations

import numpy as np
import scipy

from chronik_perf.stats.bisection.grid import Floats
from chronik_perf.stats.bisection.posterior import Posterior

# So many blocks are shared by one build, roughly: a commit that was worth one block is often worth more.
BLOCKS_A_BUILD = 4.0
_POINTS = 401


def worth(found: Posterior) -> Floats:
    """Give the mutual information of the culprit and one block of good against each commit, by its number.

    Change and noise are taken at their typical values. It is the capacity's side of probabilistic bisection: the most
    where the culprit is as probably before the commit as after it, and nothing where that is known.
    """
    before = np.clip(np.cumsum(found.per_commit()), 0.0, 1.0)
    change, noise, freedom = found.typical()
    apart = change / noise
    points = np.linspace(-12.0, apart + 12.0, _POINTS)
    absent, there = _student(points, freedom), _student(points - apart, freedom)
    mixed = before[:, None] * there + (1 - before)[:, None] * absent
    told_there = before[:, None] * scipy.special.xlogy(there, there / mixed)
    told_absent = (1 - before)[:, None] * scipy.special.xlogy(absent, absent / mixed)
    told = (told_there + told_absent).sum(axis=1)
    bits = told * (points[1] - points[0]) / np.log(2)
    bits[0] = 0.0
    return np.asarray(np.maximum(bits, 0.0))


def seconds_each(block_s: float, build_s: float, built: frozenset[int], commits: int) -> Floats:
    """Give what a block of each commit costs, with its share of a build where the commit is not built."""
    cost = np.full(commits + 1, block_s + build_s / BLOCKS_A_BUILD)
    cost[sorted(built)] = block_s
    return cost


def _student(x: Floats, freedom: float) -> Floats:
    """Give the density of Student's t distribution."""
    size = (
        scipy.special.gammaln((freedom + 1) / 2)
        - scipy.special.gammaln(freedom / 2)
        - np.log(np.pi * freedom) / 2
    )
    return np.asarray(np.exp(size - (freedom + 1) / 2 * np.log1p(x**2 / freedom)))
