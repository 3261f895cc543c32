"""The interval of the last look is found by itself, and is the one that all looks lead to."""

from __future__ import annotations

import numpy as np
import pytest

from chronik_perf.stats.betting import confidence_sequence
from chronik_perf.stats.ends import last_interval


@pytest.mark.parametrize("shift", [0.0, -0.3, 0.04, 3.0])
@pytest.mark.parametrize("places", [False, True], ids=["places alike", "places told"])
def test_it_is_the_last_of_the_confidence_sequence(shift: float, places: bool) -> None:
    """Given any number of blocks, some of which move on the way, both ends are those of the sequence's last row."""
    rng = np.random.default_rng(5)
    for blocks in (1, 2, 6, 7, 11, 24):
        for moved in (0.0, 1.0):
            base, candidate = rng.normal(0, 0.02, (2, blocks))
            candidate = candidate + shift + moved * (np.arange(blocks) >= blocks // 2)
            first = rng.random(blocks) < 0.5 if places else None
            whole = confidence_sequence(base, candidate, 0.05, 0.01, first)[-1]
            assert last_interval(base, candidate, 0.05, 0.01, first) == pytest.approx(tuple(whole), abs=1e-6)


def test_a_scale_that_is_not_known_yet_bets_nothing() -> None:
    """Given scales that are infinite throughout, nothing is excluded."""
    base, candidate = np.zeros(20), np.full(20, -1.0)
    assert last_interval(base, candidate, np.full(20, np.inf), 0.01) == (-np.inf, np.inf)
