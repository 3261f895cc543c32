"""Noise that identical code did show: what was recorded, drawn anew in whole blocks with fixed seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.proof.bets import Drawn
from benchmarks.proof.dataset import Recorded
from chronik_perf.stats.betting.typical import Spreads
from chronik_perf.stats.planning.nested import PILOT_BLOCKS


def resampled(
    rng: np.random.Generator, runs: Sequence[Recorded], comparisons: int, blocks: int, run_length: int = 1
) -> Drawn:
    """Draw comparisons from recorded A/A ones, each from one of them.

    Whole blocks are drawn with replacement, `run_length` neighbours at a time (a circular block bootstrap, Politis and
    Romano 1992), and their sides are swapped at random. The first blocks of a run are the pilot of its plan, and
    shorter: they are drawn from the first ones and the others from the others, where there are as many. All runs must
    have the same measured tests. The result is on the tests' scales, shape (comparisons, tests, blocks).
    """
    tests = runs[0].values.shape[0]
    base, candidate = np.empty((2, comparisons, tests, blocks))
    spreads = Spreads(*np.empty((5, comparisons, tests, blocks)))
    base_first = np.empty((comparisons, 1, blocks), dtype=bool)
    which = rng.integers(0, len(runs), comparisons)
    for index, run in enumerate(runs):
        mine = np.flatnonzero(which == index)
        picked = _picked(rng, (mine.size, blocks), run.values.shape[1], run_length)
        swapped = rng.random(picked.shape) < 0.5
        drawn = run.values[:, picked]  # (tests, comparisons, blocks, 2)
        x = np.where(swapped, drawn[..., 1], drawn[..., 0])
        y = np.where(swapped, drawn[..., 0], drawn[..., 1])
        base[mine], candidate[mine] = x.swapaxes(0, 1), y.swapaxes(0, 1)
        base_first[mine, 0] = run.base_first[picked] ^ swapped
        slices = run.spreads.map(lambda of, picked=picked: of[:, picked].swapaxes(0, 1))  # type: ignore[misc]
        spreads.value[mine] = np.where(swapped[:, None], -slices.value, slices.value)
        spreads.own[mine], spreads.middle[mine] = slices.own, slices.middle
        spreads.pairs[mine], spreads.measured[mine] = slices.pairs, slices.measured
    # How sure a block is depends on those drawn before it.
    return Drawn(base, candidate, base_first, spreads.typical())


def _picked(
    rng: np.random.Generator, shape: tuple[int, int], have: int, run_length: int
) -> NDArray[np.int64]:
    """Draw which of `have` recorded blocks stand where, shape (comparisons, blocks)."""
    n, blocks = shape
    pilot = PILOT_BLOCKS if have >= 2 * PILOT_BLOCKS else 0
    pieces = -(-blocks // run_length)
    begins = rng.integers(0, have - pilot, (n, pieces, 1))
    picked = (begins + np.arange(run_length)) % (have - pilot) + pilot
    picked = picked.reshape(n, pieces * run_length)[:, :blocks]
    if pilot:
        first = min(pilot, blocks)
        picked[:, :first] = rng.integers(0, pilot, (n, first))
    return picked
