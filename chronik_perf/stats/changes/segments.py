"""The best division of a series into k + 1 segments, for every k at once, and what a division leaves over."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shape = Literal["level", "line"]
Division = tuple[int, ...]

SHORTEST = 3
"""Values a segment has at least: one stray value, or two, are no level."""


def fitted(values: Floats, division: Division, shape: Shape) -> Floats:
    """Give the mean, or the least-squares line, of each segment (n,); `division` says where later segments begin."""
    fit = np.empty_like(values)
    for start, end in zip((0, *division), (*division, len(values)), strict=True):
        part = values[start:end]
        if shape == "level":
            fit[start:end] = part.mean()
        else:
            x = np.arange(end - start) - (end - start - 1) / 2
            fit[start:end] = part.mean() + x * float(x @ part) / max(float(x @ x), 1e-300)
    return fit


def divisions(values: Floats, shape: Shape, most: int) -> Iterator[Division]:
    """For k = 1 to `most` changes give the division of least squares, by dynamic programming (Bellman 1961).

    Each k takes O(n^2), when it is asked for.
    """
    n = len(values)
    costs = _costs(values, shape)
    best = costs[0].copy()  # best[j]: the cost of values[:j] with the changes so far
    steps: list[NDArray[np.int64]] = []
    for _ in range(most):
        total = best[:, None] + costs
        step = np.argmin(total, axis=0)
        best = total[step, np.arange(n + 1)]
        if not np.isfinite(best[-1]):
            return
        steps.append(step)
        division: list[int] = []
        at = n
        for earlier in reversed(steps):
            at = int(earlier[at])
            division.append(at)
        yield tuple(reversed(division))


def _costs(values: Floats, shape: Shape) -> Floats:
    """Give the squares left over by one segment from i to j (n + 1, n + 1), infinite where it would be too short."""
    edges = np.arange(len(values) + 1)
    centred = values - values.mean()
    x = np.arange(len(values)) - (len(values) - 1) / 2
    sums = {
        name: np.concatenate(([0.0], np.cumsum(terms)))
        for name, terms in (("y", centred), ("yy", centred**2), ("x", x), ("xx", x**2), ("xy", x * centred))
    }

    def between(name: str) -> Floats:
        return sums[name][None, :] - sums[name][:, None]

    n = (edges[None, :] - edges[:, None]).astype(float)
    short = n < SHORTEST
    size = np.where(short, 1.0, n)
    cost = between("yy") - between("y") ** 2 / size
    if shape == "line":
        spread = between("xx") - between("x") ** 2 / size
        with_y = between("xy") - between("x") * between("y") / size
        cost = cost - with_y**2 / np.where(short | (spread <= 0), np.inf, spread)
    return np.where(short, np.inf, np.maximum(cost, 0.0))
