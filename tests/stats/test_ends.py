"""The interval of a look is what the bets up to then have left."""

from __future__ import annotations

import numpy as np
import pytest

from chronik_perf.stats.betting.bets import Direction, proven
from chronik_perf.stats.betting.ends import last_interval


@pytest.mark.parametrize("shift", [0.0, -0.3, 0.04, 3.0])
@pytest.mark.parametrize("places", [False, True], ids=["places alike", "places told"])
def test_it_holds_what_no_look_has_bet_away(shift: float, places: bool) -> None:
    """Given blocks, some of which move on the way, the bets have won just beyond an end and not just inside."""
    rng = np.random.default_rng(5)
    for blocks in (8, 11, 24):
        for moved in (0.0, 1.0):
            base, candidate = rng.normal(0, 0.02, (2, blocks))
            candidate = candidate + shift + moved * (np.arange(blocks) >= blocks // 2)
            first = rng.random(blocks) < 0.5 if places else None
            directions: tuple[Direction, Direction] = ("above", "below")
            found = last_interval(base, candidate, 0.05, 0.01, first)
            for end, direction, outwards in zip(found, directions, (-1, 1), strict=True):
                if np.isfinite(end):
                    beyond, within = (
                        proven(base, candidate, end + outwards * by, direction, 0.05, 0.005, first)[-1]
                        for by in (1e-5, -1e-5)
                    )
                    assert beyond and not within


def test_too_few_blocks_exclude_nothing() -> None:
    """Given fewer blocks than any bet can win with, however far the sides lie apart, both ends are open."""
    for blocks in (1, 2, 4):
        assert last_interval(np.zeros(blocks), np.full(blocks, -9.0), 0.05, 0.01) == (-np.inf, np.inf)


def test_a_scale_that_is_not_known_yet_bets_nothing() -> None:
    """Given scales that are infinite throughout, nothing is excluded."""
    base, candidate = np.zeros(20), np.full(20, -1.0)
    assert last_interval(base, candidate, np.full(20, np.inf), 0.01) == (-np.inf, np.inf)
