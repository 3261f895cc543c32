"""The best division of a series into k + 1 segments, for every k at once, and what a division leaves over."""

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


def divisions(values: Floats, shape: Shape, most: int, grid: int) -> list[Division]:
    """For k = 0 to `most` changes give the division of least squares, by dynamic programming (Bellman 1961).

    Changes lie on positions that are multiples of `grid`; time is O(most x (n / grid)^2).
    """
    n = len(values)
    edges = np.unique(np.concatenate((np.arange(0, n, grid), [n])))
    costs = _costs(values, edges, shape)
    m = len(edges)
    best = costs[0].copy()  # best[j]: the cost of values[: edges[j]] with the changes so far
    steps: list[NDArray[np.int64]] = []
    found: list[Division] = [()]
    for _ in range(most):
        total = best[:, None] + costs
        step = np.argmin(total, axis=0)
        best = total[step, np.arange(m)]
        if not np.isfinite(best[-1]):
            break
        steps.append(step)
        division: list[int] = []
        at = m - 1
        for earlier in reversed(steps):
            at = int(earlier[at])
            division.append(int(edges[at]))
        found.append(tuple(reversed(division)))
    return found


def _costs(values: Floats, edges: NDArray[np.int64], shape: Shape) -> Floats:
    """Give the squares left over by one segment from edges[i] to edges[j], infinite where it would be too short."""
    centred = values - values.mean()
    x = np.arange(len(values)) - (len(values) - 1) / 2
    sums = {
        name: np.concatenate(([0.0], np.cumsum(terms)))[edges]
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
