"""How probable it is of each commit that it changed the metric, given paired blocks of any two commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chronik_perf.model import Metric
from chronik_perf.stats.bisection.grid import Floats, Grid, grid_around
from chronik_perf.stats.planning.family import margin_of

# Of a metric's threshold X: what is smaller is not worth the blocks that it would take.
SMALLEST_SHARE = 0.5
# Whoever asks believes in a change and may be wrong.
NO_CHANGE = 0.5


@dataclass(frozen=True, slots=True)
class Paired:
    """One block: by how much commit number `commit` lies above the earlier commit number `reference`.

    `value` is a log ratio. `closing` is 0 for a block of the search, else the number of the close that it belongs to.
    """

    reference: int
    commit: int
    value: float
    closing: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """Commits are numbered from 0, which is good, to `commits`, which is bad; one of 1 to `commits` is sought.

    `smallest` is the smallest change worth a search, on the scale of the values. `skipped` cannot be measured.
    """

    commits: int
    smallest: float
    confidence: float = 0.95
    seen: tuple[Paired, ...] = ()
    skipped: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probabilities over ranges of commits that were measured at their ends, and over what is not known beside.

    Range number j holds the commits after `bounds[j]` up to `bounds[j + 1]`; `mass[j]` is the probability that the
    culprit is among them and `none` that nothing between good and bad changed as much as was asked for.
    `none_at_least` is that probability if the change were known to have the size that fits best. `joint` is the
    probability of (change, noise, freedom) on the grid, given that there is a culprit.
    """

    bounds: tuple[int, ...]
    mass: Floats
    none: float
    none_at_least: float
    grid: Grid
    joint: Floats

    def per_commit(self) -> Floats:
        """Give the probability of each commit, of number 0 (which has none) to the last."""
        found = np.zeros(self.bounds[-1] + 1)
        for low, high, mass in zip(self.bounds, self.bounds[1:], self.mass, strict=False):
            found[low + 1 : high + 1] = mass / (high - low)
        return found

    def change(self, probability: float) -> float:
        """Give a quantile of the size of the change, with its sign, given that there is a culprit."""
        cumulated = np.cumsum(self.joint.sum(axis=(1, 2)))
        return float(np.interp(probability * cumulated[-1], cumulated, self.grid.changes))

    def typical(self) -> tuple[float, float, float]:
        """Give the size of the change, the noise of a block and its degrees of freedom in the logarithmic mean."""
        changes, noises, freedoms = (self.joint.sum(axis=axes) for axes in ((1, 2), (0, 2), (0, 1)))
        return (
            float(np.exp(changes @ np.log(np.abs(self.grid.changes)))),
            float(np.exp(noises @ np.log(self.grid.noises))),
            float(np.exp(freedoms @ np.log(self.grid.freedoms))),
        )

    def bayes_factor(self, values: Sequence[float]) -> float:
        """Give how many times likelier values are if the change lies between their commits than if it does not.

        Change and noise are what this posterior knows of them; the values must not be among what it was made from.
        """
        given = np.asarray(values, dtype=float)
        there = self.grid.log_density(given[:, None] - self.grid.changes).sum(axis=0)
        absent = self.grid.log_density(given).sum(axis=0)
        highest = max(float(there.max()), float(absent.max()))
        tiny = np.finfo(float).tiny
        sums = [float((self.joint * np.exp(of - highest)).sum()) + tiny for of in (there, absent)]
        return sums[0] / sums[1]


def smallest_change(metric: Metric) -> float:
    """Give the smallest change of a metric that is searched for, on the scale of the test."""
    return SMALLEST_SHARE * margin_of(metric, metric.threshold)


@lru_cache(maxsize=4)
def posterior(question: Question) -> Posterior:
    """Give the posterior after all that was seen; every commit is as probable as another beforehand."""
    bounds = tuple(
        sorted({0, question.commits, *(c for p in question.seen for c in (p.reference, p.commit))})
    )
    values = np.array([p.value for p in question.seen])
    across = np.array([p.value for p in question.seen if p.reference == 0 and p.commit == question.commits])
    grid = grid_around(_level(question, across), question.smallest)
    flat = np.repeat(grid.log_noise_prior, grid.freedoms.size)
    ranges = len(bounds) - 1
    with_change = np.tile(flat, (ranges, grid.changes.size, 1))
    if values.size:
        zero = grid.log_density(values).reshape(values.size, 1, -1)
        step = grid.log_density(values[:, None] - grid.changes).reshape(values.size, grid.changes.size, -1)
        flat = flat + zero.sum(axis=0)[0]
        gain = (step - zero).reshape(values.size, -1)
        with_change = flat + (_between(question.seen, bounds) @ gain).reshape(with_change.shape)
    sizes = np.diff(bounds) / question.commits
    with_change += (np.log(sizes * (1 - NO_CHANGE)))[:, None, None] + grid.log_prior[:, None]
    flat = flat + np.log(NO_CHANGE)
    highest = max(float(with_change.max()), float(flat.max()))
    weights = np.exp(with_change - highest)
    without = float(np.exp(flat - highest).sum())
    total = float(weights.sum()) + without
    joint = weights.sum(axis=0)
    fitting = float((joint.sum(axis=1) / np.exp(grid.log_prior)).max())
    return Posterior(
        bounds=bounds,
        mass=weights.sum(axis=(1, 2)) / total,
        none=without / total,
        none_at_least=without / (without + fitting),
        grid=grid,
        joint=(joint / joint.sum()).reshape(grid.changes.size, grid.noises.size, grid.freedoms.size),
    )


def _level(question: Question, across: Floats) -> Floats:
    """Give values that lie around the change: those of bad against good, and those that are as far from 0."""
    if across.size == 0:
        return across
    middle = float(np.median(across))
    like = [p.value for p in question.seen if p.value * middle > middle**2 / 4]
    return np.array(like) if like else across


def _between(seen: Sequence[Paired], bounds: Sequence[int]) -> NDArray[np.float64]:
    """Tell of each range and block (1 or 0) whether a culprit in the range lies between the block's two commits."""
    low, high = np.array(bounds[:-1])[:, None], np.array(bounds[1:])[:, None]
    reference, commit = (np.array([getattr(p, name) for p in seen]) for name in ("reference", "commit"))
    return np.asarray((reference <= low) & (high <= commit), dtype=float)
