"""The paired effect over blocks, its t-interval, and how many blocks would narrow it enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import stdtr, stdtrit

from chronik_perf.model import Effect, Metric, Unavailable, Word

# An interval wider than this factor says nothing; with two blocks it would overflow a float.
WIDEST_LOG = math.log(1e9)
MOST_BLOCKS = 1000


def paired_effect(
    scale: Literal["ratio", "difference"], pairs: Sequence[tuple[float, float]], alpha: float
) -> Effect | Unavailable:
    """Estimate candidate against base from one (base, candidate) pair a block.

    The effect of a block is the log ratio or the difference; the interval is Student's for the mean of paired
    differences at level 1 - alpha, two-sided, with blocks - 1 degrees of freedom. What a block does to both
    sides alike cancels. Typical values are geometric means for ratios, arithmetic ones for differences.
    Unavailable with fewer than two blocks, or where a ratio has no logarithm.
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
    d = values[:, 1] - values[:, 0]
    # Equal values that were summed in another order differ in the last bit; that is no effect.
    d[np.abs(d) <= 1e-12 * np.abs(values).max(axis=1)] = 0.0
    n = d.size
    mean, sd = float(d.mean()), float(d.std(ddof=1))
    half = half_width(n, sd, alpha)
    base, candidate = (float(x) for x in values.mean(axis=0))
    t = abs(mean) / (sd / math.sqrt(n)) if sd > 0 else math.inf if mean else 0.0
    p = 2 * float(stdtr(n - 1, -t))
    low, high = mean - half, mean + half
    if scale == "ratio":
        low, high = max(low, -WIDEST_LOG), min(high, WIDEST_LOG)
        mean, low, high = (math.expm1(x) for x in (mean, low, high))
        base, candidate = math.exp(base), math.exp(candidate)
    return Effect(scale, mean, low, high, 1 - alpha, n, sd, p, base, candidate)


def t_quantile(blocks: int, alpha: float) -> float:
    """Give Student's two-sided quantile for a test over that many blocks (at least 2)."""
    return -float(stdtrit(blocks - 1, alpha / 2))


def half_width(blocks: int, sd: float, alpha: float) -> float:
    """Give half the width of the interval at a block SD."""
    return t_quantile(blocks, alpha) * sd / math.sqrt(blocks)


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


def blocks_to_decide(effect: Effect, margin: float, alpha: float) -> int | None:
    """Give how many blocks in all would decide it, were estimate and block SD to stay as seen.

    None if more than MOST_BLOCKS: the effect lies too near the threshold, or the noise is too large.
    """
    _, mid, _ = on_test_scale(effect)
    room = abs(abs(mid) - margin)
    blocks = np.arange(effect.blocks + 1, MOST_BLOCKS + 1)
    widths = -stdtrit(blocks - 1, alpha / 2) * effect.block_sd / np.sqrt(blocks)
    enough = blocks[widths < room]
    return int(enough[0]) if enough.size else None
