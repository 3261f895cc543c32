"""The interval of a shift after a block: what has not been bet away at that look or at any before it.

The intervals of all looks are a confidence sequence: together they hold the true shift with the probability that is
asked for. Each is that of the look before it, cut further, so its ends are where *any* look so far has won its bets.
Wealth is monotone in the shift: one search, in which every step tries many shifts at once.
"""

from __future__ import annotations

import numpy as np

from chronik_perf.stats.betting.bets import (
    Booleans,
    Direction,
    Floats,
    doubted_scale,
    log_wealth,
    smallest_error,
)
from chronik_perf.stats.betting.typical import Typical

# In each step the range is cut into so many parts, 16 ** 7 in all: what is left is far below what any table shows.
PARTS, STEPS = 16, 7


def last_interval(
    base: Floats,
    candidate: Floats,
    scale: Floats | float,
    error: float,
    base_first: Booleans | None = None,
    typical: Typical | None = None,
    *,
    helped: bool = True,
) -> tuple[float, float]:
    """Give (low, high) of the shift after the last block.

    `base` and `candidate` have shape (blocks,), at least one block; they, `scale`, `base_first`, `typical` and `helped`
    are as in `betting.log_wealth`. The intervals of all looks together hold the true shift with a probability of at
    least 1 - error. An end that no bet can have reached is infinite.
    """
    low = _end(base, candidate, scale, error / 2, "above", base_first, typical, helped)
    high = _end(base, candidate, scale, error / 2, "below", base_first, typical, helped)
    return low, high


def _end(
    base: Floats,
    candidate: Floats,
    scale: Floats | float,
    error: float,
    direction: Direction,
    base_first: Booleans | None,
    typical: Typical | None,
    helped: bool,
) -> float:
    sign = 1.0 if direction == "below" else -1.0
    scales = np.atleast_1d(np.asarray(scale, dtype=float))
    known = scales[np.isfinite(scales)]
    if (
        known.size == 0
        or smallest_error(base.size, base_first is not None, helped and typical is not None) > error
    ):
        return sign * np.inf
    d = candidate - base
    if typical is not None:
        d = np.concatenate((d, typical.value))
        known = np.concatenate(
            [doubted_scale(known, se.max()) for se in (typical.value_se, typical.whole_se)]
        )
    least, most = float(d.min()), float(d.max())
    span = (most - least) + 50 * float(known.max())
    edge = least if direction == "below" else most
    inside, outside = edge - sign * span, edge + sign * (span + (most - least))

    def rejected(shifts: Floats) -> Booleans:
        gained = log_wealth(
            base[None, :],
            candidate[None, :],
            shifts[:, None],
            direction,
            scale,
            base_first,
            typical,
            helped=helped,
        )
        return np.asarray(gained.max(axis=-1) >= -np.log(error))

    if not rejected(np.array([outside]))[0]:
        return sign * np.inf  # not even the farthest shift is excluded
    for _ in range(STEPS):
        tried = np.linspace(inside, outside, PARTS + 1)
        gone = rejected(tried[1:])
        first = int(np.argmax(gone))  # the last of them is excluded in any case
        inside, outside = float(tried[first]), float(tried[first + 1])
    return outside
