"""Puts many comparisons at once before the bets that judge one: the functions of `chronik_perf.stats.betting`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from benchmarks.proof.dataset import Floats
from chronik_perf.stats.betting import log_wealth

FAMILY_ERROR = 0.01
# Comparisons times tests times blocks in one piece; more of them do not fit into a processor's cache.
PIECE = 400_000


@dataclass(frozen=True, slots=True)
class Words:
    """At which block (1, 2, ...) each test first proves its shift below -margin, above it, and inside; else infinity.

    Arrays of shape (comparisons, tests).
    """

    below: Floats
    above: Floats
    inside: Floats

    @property
    def first(self) -> Floats:
        """Give the block of the first word."""
        return np.minimum(np.minimum(self.below, self.above), self.inside)


def words(
    base: Floats,
    candidate: Floats,
    margin: Floats | float,
    one_way: Floats | float,
    *,
    sameness: bool = True,
) -> Words:
    """Judge comparisons at every look; without `sameness` nothing is tried to be proven inside, which is faster.

    `base` and `candidate` have shape (comparisons, tests, blocks); `margin` broadcasts against (tests,), `one_way`,
    the error of one direction of one test, against (comparisons, tests).
    """
    n, tests, blocks = base.shape
    edge = np.broadcast_to(np.asarray(margin, dtype=float), (tests,))[:, None]
    error = np.broadcast_to(np.asarray(one_way, dtype=float), (n, tests))
    step = max(1, PIECE // (tests * blocks))
    parts = [
        _words(base[i : i + step], candidate[i : i + step], edge, error[i : i + step, :, None], sameness)
        for i in range(0, n, step)
    ]
    return Words(*(np.concatenate(p) for p in zip(*parts, strict=True)))


def _words(
    x: Floats, y: Floats, edge: Floats, error: Floats, sameness: bool
) -> tuple[Floats, Floats, Floats]:
    needed = -np.log(error)
    below = _first(log_wealth(x, y, -edge, "below", edge) >= needed)
    above = _first(log_wealth(x, y, edge, "above", edge) >= needed)
    if not sameness:
        return below, above, np.full_like(below, np.inf)
    under = _first(log_wealth(x, y, edge, "below", edge) >= needed)
    over = _first(log_wealth(x, y, -edge, "above", edge) >= needed)
    return below, above, np.maximum(under, over)


def _first(held: np.ndarray) -> Floats:
    return np.where(held.any(axis=-1), held.argmax(axis=-1) + 1.0, np.inf)


def one_way(tests: int, family_error: float = FAMILY_ERROR) -> float:
    """Give the error of one direction of one test of a comparison with so many tests."""
    return family_error / (2 * tests)


def upper_bound(times: int, of: int, level: float = 0.95) -> float:
    """Give the one-sided upper confidence bound of a rate (Clopper and Pearson, Biometrika 26, 1934)."""
    return 1.0 if times >= of else float(beta.ppf(level, times + 1, of - times))
