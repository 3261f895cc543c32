"""The paired effect over blocks with its interval, and the word that the interval supports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from chronik_perf.model import Effect, Metric, Unavailable, Word
from chronik_perf.stats.betting.bets import Direction, Floats, log_wealth
from chronik_perf.stats.betting.ends import last_interval
from chronik_perf.stats.betting.sequential import looks
from chronik_perf.stats.betting.typical import Typical

# An interval wider than this factor says nothing; before enough blocks have been bet on it is open, and a float must
# hold it.
WIDEST_LOG = math.log(1e9)
# Of evidence, which has no margin: bets are scaled by this many SDs of the blocks before.
SCALE_SDS = 3.0
# Blocks that agree to the last bit have no SD; a scale must still be above 0.
LEAST_SCALE, TINY_SCALE = 0.02, 1e-9


def paired_effect(
    scale: Literal["ratio", "difference"],
    pairs: Sequence[tuple[float, float]],
    error: float,
    margin: float | None = None,
    base_first: Sequence[bool] | None = None,
    typical: Typical | None = None,
) -> Effect | Unavailable:
    """Estimate candidate against base from one (base, candidate) pair a block, in the order of the blocks.

    The estimate is the mean over blocks of the log ratio or the difference. The interval is the last one of the
    confidence sequence of `betting` at level 1 - error, so it holds whenever one stops; what a block does to both
    sides alike cancels. Bets are scaled by `margin`, or where there is none by the spread of the blocks before;
    `base_first` and `typical` are as in `betting`. Where the typical bets prove a move beyond the margin that the mean
    shows as well, and the wholes that there is one (see `sequential`), the interval is theirs; else it holds what
    either leaves open. `p` is anytime-valid too. The levels of both sides are geometric means for ratios, arithmetic
    ones for differences. Unavailable with fewer than two blocks, or where a ratio has no logarithm.
    """
    if len(pairs) < 2:
        return Unavailable(
            "nothing was measured" if not pairs else "one block has no spread: at least 2 are needed"
        )
    values = np.asarray(pairs, dtype=float)
    if not np.all(np.isfinite(values)):
        return Unavailable("a value is not a finite number")
    if scale == "ratio":
        if np.any(values <= 0):
            return Unavailable("a value is not above 0, so there is no ratio")
        values = np.log(values)
    base, candidate = on_one_scale(values)
    d = candidate - base
    order = None if base_first is None else np.asarray(base_first, dtype=bool)
    stake_scale: Floats | float = margin if margin is not None else _scale_of_earlier(d)
    mean, sd = float(d.mean()), float(d.std(ddof=1))
    # Ends that crossed contradict each other: the effect changed on the way, and nothing between them is excluded.
    low, high = sorted(last_interval(base, candidate, stake_scale, error, order, typical, helped=False))

    def gained(direction: Direction) -> float:
        """Give the most log wealth that any look gained against no change."""
        return float(log_wealth(base, candidate, 0.0, direction, stake_scale, order, typical).max())

    if typical is not None and margin is not None:
        helped = sorted(last_interval(base, candidate, stake_scale, error, order, typical))
        found = looks(base, candidate, margin, error / 2, order, typical, sameness=False)
        moved = found.below.any() or found.above.any()
        low, high = helped if moved else (min(low, helped[0]), max(high, helped[1]))
    p = min(1.0, 2 * math.exp(-max(gained("above"), gained("below"))))
    # Earlier looks cut the interval for good, so the mean of all blocks may lie a little outside of it.
    mean = min(max(mean, low), high)
    levels = (float(base.mean()), float(candidate.mean()))
    if scale == "ratio":
        low, high = max(low, -WIDEST_LOG), min(high, WIDEST_LOG)
        mean, low, high = (math.expm1(x) for x in (mean, low, high))
        levels = (math.exp(levels[0]), math.exp(levels[1]))
    return Effect(scale, mean, low, high, 1 - error, d.size, sd, p, *levels)


def on_one_scale(values: Floats) -> tuple[Floats, Floats]:
    """Give base and candidate, shape (blocks,), from (blocks, 2) without differences that only rounding made.

    Equal values that were summed in another order differ in the last bit; that is no effect.
    """
    base, candidate = values[:, 0], values[:, 1].copy()
    alike = np.abs(candidate - base) <= 1e-12 * np.abs(values).max(axis=1)
    candidate[alike] = base[alike]
    return base, candidate


def on_test_scale(effect: Effect) -> tuple[float, float, float]:
    """Give (low, estimate, high) as log ratios or differences."""
    three = (effect.low, effect.estimate, effect.high)
    if effect.scale == "difference":
        return three
    low, mid, high = (math.log1p(x) if x > -1 else -WIDEST_LOG for x in three)
    return low, mid, high


def decide(effect: Effect, metric: Metric, margin: float) -> Word:
    """Give the word for an interval: beyond the margin on one side, inside it, or undecided."""
    low, _, high = on_test_scale(effect)
    if metric.better == "lower":
        low, high = -high, -low  # from here on up is better
    if high < -margin:
        return "regressed"
    if low > margin:
        return "improved"
    if -margin < low and high < margin:
        return "unchanged"
    return "inconclusive"


def _scale_of_earlier(d: Floats) -> Floats:
    """Give a scale for each block from the blocks before it; the first two have none, so nothing is bet on them."""
    scales = np.full(d.size, np.inf)
    for i in range(2, d.size):
        earlier = d[:i]
        spread, size = float(earlier.std(ddof=1)), float(np.abs(earlier).mean())
        scales[i] = max(SCALE_SDS * spread, LEAST_SCALE * size, TINY_SCALE)
    return scales
