"""The share that a part has of a whole, where noise reaches both: a ratio of means with an anytime-valid interval.

A share of s is refuted when part - s * whole is proven not to be centred on 0 (Fieller, "Some problems in interval
estimation", JRSS B 16, 1954, with the normal law taken out): by the paired bets of `betting`, which need only that
noise pushes it up as often as down. The interval holds all that was not refuted at any look.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chronik_perf.model import Share
from chronik_perf.stats.betting.bets import STAKES

Floats = NDArray[np.float64]

# Shares outside of this are shown as open: a difference may hide more than the whole, but not many times it.
LEAST, MOST, STEP = -2.0, 3.0, 0.0025
# What bets are scaled by, of the size that the whole has had so far.
SCALE = 0.1
_LOG_2 = math.log(2.0)


def share_of(part: Floats, whole: Floats, error: float) -> Share:
    """Estimate mean(part) / mean(whole), shape (rounds,) each, where the whole is known not to be 0.

    `error` is two-sided and holds at whatever round one stops.
    """
    sign = 1.0 if whole.mean() >= 0 else -1.0
    part, whole = sign * part, sign * whole
    shares = np.arange(LEAST, MOST + STEP / 2, STEP)
    off = part[None, :] - shares[:, None] * whole[None, :]
    scale = _scale_of_earlier(whole)
    needed = math.log(2 / error)
    above = _most_won(off, scale) >= needed
    below = _most_won(-off, scale) >= needed
    low = float(shares[above][-1]) if above.any() else -math.inf
    high = float(shares[below][0]) if below.any() else math.inf
    return _ordered(float(part.mean() / whole.mean()), low, high)


def bounded_by(
    coefficients: dict[tuple[str, ...], float],
    costs: dict[tuple[str, ...], tuple[float, float]],
    everything: tuple[str, ...],
) -> tuple[float, float]:
    """Give what the share can be at most and at least, given intervals of every arm's cost that hold together.

    The share is sum(coefficient * cost) over the arms, divided by the whole: the cost of `everything` less 1. It is
    monotone in each cost, so its extremes lie at ends of the intervals. Open where the whole may be 0.
    """
    first, last = costs[everything]
    if first <= 1 <= last:
        return -math.inf, math.inf
    found: list[float] = []
    for all_in in (first, last):
        for lowest in (True, False):
            total = 0.0
            for arm, weight in coefficients.items():
                low, high = (all_in, all_in) if arm == everything else costs[arm]
                total += weight * (low if (weight > 0) == lowest else high)
            found.append(total / (all_in - 1))
    return min(found), max(found)


def both(one: Share, bounds: tuple[float, float]) -> Share:
    """Give what two intervals of one share, which hold together, have in common.

    Where they have nothing in common something that both take for granted is not so, and all of either is open.
    """
    low, high = max(one.low, bounds[0]), min(one.high, bounds[1])
    if low > high:
        low, high = min(one.low, bounds[0]), max(one.high, bounds[1])
    return _ordered(one.estimate, low, high)


def _ordered(estimate: float, low: float, high: float) -> Share:
    # Ends that crossed contradict each other: nothing between them is excluded.
    low, high = min(low, high), max(low, high)
    return Share(min(max(estimate, low), high), low, high)


def _most_won(gains: Floats, scale: Floats) -> Floats:
    """Give the most log wealth of any look, for each row, of bets that a gain is above 0 on average."""
    rates = np.asarray(STAKES)[:, None, None] / scale[None, None, :]
    won = _LOG_2 - np.logaddexp(0.0, -2 * rates * gains[None, :, :])
    grown = np.logaddexp.reduce(np.cumsum(won, axis=-1), axis=0) - math.log(len(STAKES))
    return np.asarray(grown.max(axis=-1), dtype=float)


def _scale_of_earlier(whole: Floats) -> Floats:
    """Give a scale for each round from the rounds before it alone, so that the bets stay fair."""
    sizes = np.abs(whole)
    earlier = np.ones_like(sizes)
    earlier[1:] = np.cumsum(sizes)[:-1] / np.arange(1, sizes.size)
    return SCALE * np.maximum(earlier, 0.01)
