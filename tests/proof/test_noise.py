"""Noise that is drawn leaves neither side an advantage, and what is resampled stays whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.proof.noise import Kind, synthetic
from benchmarks.proof.resampling import resampled
from chronik_perf.stats.planning.nested import PILOT_BLOCKS
from tests.builders import V220, Noise, a_comparison
from tests.proof.test_dataset import recorded


@pytest.mark.parametrize("kind", synthetic(), ids=lambda k: k.name)
def test_no_kind_of_noise_favours_a_side(kind: Kind) -> None:
    """The candidate is above the base in half of the blocks; a kind for which it is not would be no A/A."""
    drawn = kind.draw(np.random.default_rng(2), (60, 6, 60))
    x, y = drawn.base, drawn.candidate
    above = float((y > x).mean() + (y == x).mean() / 2)
    assert abs(above - 0.5) <= 3.5 * 0.5 / (60 * 6 * 60) ** 0.5


def test_blocks_are_resampled_whole_and_their_sides_swapped(tmp_path: Path) -> None:
    """Every drawn block is one that was recorded, with all its tests, in one order of sides or the other."""
    run = recorded(
        tmp_path, a_comparison(V220, V220, blocks=9, histograms=False, evidence=False, noise=Noise(), seed=3)
    )
    resample = resampled(np.random.default_rng(1), [run], comparisons=40, blocks=25)
    x, y = resample.base, resample.candidate
    straight = {tuple(run.values[:, i].ravel()) for i in range(9)}
    swapped = {tuple(run.values[:, i, ::-1].ravel()) for i in range(9)}
    drawn = [tuple(np.stack((x[c, :, b], y[c, :, b]), axis=1).ravel()) for c in range(40) for b in range(25)]
    assert set(drawn) <= straight | swapped
    assert sum(d in swapped for d in drawn) == pytest.approx(500, abs=80)
    # Which side was started first goes with the sides.
    was = {tuple(run.values[:, i].ravel()): bool(run.base_first[i]) for i in range(9)}
    was |= {tuple(run.values[:, i, ::-1].ravel()): not run.base_first[i] for i in range(9)}
    assert [was[d] for d in drawn] == resample.base_first[:, 0].ravel().tolist()


def test_neighbours_stay_neighbours_when_drawn_in_runs(tmp_path: Path) -> None:
    """Within a run of five, each block is followed by the one that followed it when recorded; pilots by pilots."""
    run = recorded(
        tmp_path, a_comparison(V220, V220, blocks=14, histograms=False, evidence=False, noise=Noise(), seed=3)
    )
    resample = resampled(np.random.default_rng(1), [run], comparisons=10, blocks=20, run_length=5)
    x, y = resample.base, resample.candidate
    order = {frozenset(run.values[0, i]): i for i in range(14)}
    for c in range(10):
        at = [order[frozenset((x[c, 0, b], y[c, 0, b]))] for b in range(20)]
        assert all(i < PILOT_BLOCKS for i in at[:PILOT_BLOCKS])
        assert all(i >= PILOT_BLOCKS for i in at[PILOT_BLOCKS:])
        assert all((at[i + 1] - at[i]) % (14 - PILOT_BLOCKS) == 1 for i in range(5, 20) if i % 5 != 4)
