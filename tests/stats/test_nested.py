"""Both levels of noise are told apart, and the plan follows from them and from what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from chronik_perf.stats import Nested, best_pairs, nested


@pytest.mark.parametrize(("within", "between"), [(0.05, 0.0), (0.05, 0.02), (0.02, 0.05)])
def test_both_variances_are_found(within: float, between: float) -> None:
    """From 400 blocks of ten pairs, the SD within starts and the SD between them are what they were made with."""
    rng = np.random.default_rng(2)
    blocks = [rng.normal(0, between) + rng.normal(0, within, 10) for _ in range(400)]
    found = nested(blocks)
    assert found is not None
    assert found.within_sd == pytest.approx(within, rel=0.05)
    assert found.between_sd == pytest.approx(between, abs=0.006)


def test_one_block_has_no_variance_between_starts() -> None:
    """A single block, or blocks of one pair each, tell nothing about two levels."""
    assert nested([np.array([0.1, 0.2])]) is None
    assert nested([np.array([0.1]), np.array([0.2])]) is None


def test_noise_between_starts_asks_for_starts_and_noise_between_slices_for_slices() -> None:
    """Where starts differ, more slices of one buy nothing; where slices differ, they are cheaper than starts."""
    starts_differ, slices_differ = Nested(0.01, 0.03), Nested(0.1, 0.0)

    def pairs(noise: Nested) -> int:
        return best_pairs([(noise, 0.05)], pair_s=0.2, block_s=3.0, least=3, most=24)

    assert pairs(starts_differ) == 3
    assert pairs(slices_differ) > 8


def test_a_large_effect_asks_for_short_blocks() -> None:
    """Far from the margin only the number of blocks counts, so each is as short as it may be."""
    assert best_pairs([(Nested(0.1, 0.0), 2.0)], pair_s=0.2, block_s=3.0, least=3, most=24) == 3


def test_dear_starts_ask_for_longer_blocks() -> None:
    """The dearer a start is beside a slice, the more slices each should serve."""
    noise = [(Nested(0.08, 0.01), 0.03)]
    cheap, dear = (best_pairs(noise, 0.2, block_s, least=3, most=24) for block_s in (1.0, 20.0))
    assert cheap < dear
