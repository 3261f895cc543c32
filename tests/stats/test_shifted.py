"""Whether values of two days differ: held against all orders that there are, and silent where too few could tell."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from chronik_perf.stats.shifted import ERROR, can_tell, chance


def rank_sum_chance(then: list[float], now: list[float]) -> float:
    """Count, over all ways to deal the values to two days, how often their ranks differ as much as they do."""
    both = sorted([*then, *now])
    middle = len(now) * (len(both) + 1) / 2
    seen = abs(sum(both.index(v) + 1 for v in now) - middle)
    ways = [abs(sum(ranks) - middle) for ranks in combinations(range(1, len(both) + 1), len(now))]
    return sum(way >= seen - 1e-9 for way in ways) / len(ways)


def test_the_chance_is_that_of_all_orders() -> None:
    """Given few values, apart or mixed, the chance is what counting every order gives."""
    for then, now in (([1, 2, 3, 4, 5], [6, 7, 8, 9]), ([1, 4, 5, 8], [2, 3, 6, 7, 9]), ([1, 2, 9], [3, 4])):
        assert chance(then, now) == pytest.approx(rank_sum_chance(list(then), list(now)))


def test_equal_days_are_rarely_told_apart() -> None:
    """Given 2,000 pairs of days that are equal, fewer than 3 % have a chance below 2 %."""
    rng = np.random.default_rng(7)
    low = sum(
        chance(rng.lognormal(size=14).tolist(), rng.lognormal(size=12).tolist()) < 0.02 for _ in range(2000)
    )
    assert 0 < low < 60


def test_what_never_varies_has_not_changed() -> None:
    """Given one value on all starts of both days, nothing has changed."""
    assert chance([0.0] * 9, [0.0] * 8) == 1.0


def test_too_few_cannot_tell() -> None:
    """Given days that are as far apart as days can be, they can be told apart just where so many values could."""
    for n in range(2, 9):
        assert can_tell(n, n, 5) == (chance(list(range(n)), list(range(100, 100 + n))) * 5 < ERROR)
    assert not can_tell(14, 1, 1)
