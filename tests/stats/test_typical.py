"""The typical pair of slices: it finds a loss behind a neighbour's noise, and never hides one that most slices lack."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from chronik_perf.model import Effect, metric
from chronik_perf.stats.interval import decide, paired_effect
from chronik_perf.stats.sequential import looks, words_at_each_look

Floats = NDArray[np.float64]
BLOCKS, PAIRS = 40, 24
ONE_WAY = 0.0006


def measured(rng: np.random.Generator, n: int, loss: float = 0.0) -> tuple[Floats, Floats, Floats]:
    """Draw n comparisons in which a neighbour halves the speed of one slice of seven: base, candidate, typical."""
    slices = rng.normal(0, 0.03, (2, n, BLOCKS, PAIRS)) + np.where(
        rng.random((2, n, BLOCKS, PAIRS)) < 1 / 7, np.log(0.5), 0.0
    )
    slices[1] += np.log1p(-loss)
    return whole(slices[0]), whole(slices[1]), np.median(slices[1] - slices[0], axis=-1)


def whole(slices: Floats) -> Floats:
    """Give the log of stored over time of all slices, which are equally long."""
    return np.asarray(np.log(np.exp(slices).mean(axis=-1)))


def test_identical_code_is_accused_no_more_often_than_promised() -> None:
    """Of 1,000 comparisons with hardly any threshold and an error of 20 %, at most 20 % ever accuse a side."""
    base, candidate, typical = measured(np.random.default_rng(1), 1000)
    found = looks(base, candidate, 0.0005, 0.1, None, typical, sameness=False)
    slower, faster = found.below.any(axis=1), found.above.any(axis=1)
    assert (slower | faster).mean() <= 0.2
    assert abs(int(slower.sum()) - int(faster.sum())) <= 3.3 * (slower.sum() + faster.sum()) ** 0.5


def test_a_loss_is_found_behind_slow_slices() -> None:
    """Given a loss of 5 % at X = 3 %, all slices together find few within 40 blocks, the typical ones most."""
    base, candidate, typical = measured(np.random.default_rng(2), 200, loss=0.05)
    margin = -np.log1p(-0.03)
    alone = looks(base, candidate, margin, ONE_WAY, sameness=False).below.any(axis=1).mean()
    helped = looks(base, candidate, margin, ONE_WAY, None, typical, sameness=False).below.any(axis=1).mean()
    assert alone < 0.2
    assert helped > 0.8


def test_a_broker_that_stalls_in_some_slices_is_not_called_unchanged() -> None:
    """Given a candidate that stands still in one slice of five, its typical slice is the base's and misleads nobody."""
    rng = np.random.default_rng(3)
    base, candidate = rng.normal(0, 0.01, (2, BLOCKS, PAIRS))
    candidate = candidate + np.where(np.arange(PAIRS) % 5 == 0, np.log(0.01), 0.0)
    typical = np.median(candidate - base, axis=-1)
    assert abs(typical.mean()) < 0.01
    said = words_at_each_look(whole(base), whole(candidate), 0.05, 2 * ONE_WAY, None, typical)
    assert said[-1] == "below"
    assert "inside" not in said


@pytest.mark.parametrize(("stalled", "speed"), [(0.04, 0.2), (0.1, 0.5), (0.2, 0.5)])
def test_a_candidate_whose_shape_alone_changed_is_not_called_faster(stalled: float, speed: float) -> None:
    """Given most slices faster and some stalled, equal as wholes, of 300 comparisons hardly one is called moved."""
    rng = np.random.default_rng(5)
    base, candidate = rng.normal(0, 0.03, (2, 300, BLOCKS, PAIRS))
    slow = rng.random(candidate.shape) < stalled
    candidate = candidate + np.where(slow, np.log(speed), 0.0) - np.log(1 - stalled * (1 - speed))
    typical = np.median(candidate - base, axis=-1)
    assert typical.mean() > 0.02
    found = looks(whole(base), whole(candidate), 0.01, ONE_WAY, None, typical, sameness=False)
    assert int((found.below | found.above).any(axis=1).sum()) <= 3


@pytest.mark.parametrize(("typical", "word"), [(-0.12, "inconclusive"), (-0.01, "inconclusive")])
def test_a_typical_slice_alone_decides_nothing(typical: float, word: str) -> None:
    """Given noisy blocks whose mean lies inside X, neither a typical loss beyond X nor one inside it makes a word."""
    noise = 0.3 * np.resize([1.0, -1.0], BLOCKS)
    pairs = [(100.0, 100.0 * np.exp(0.01 * (-1) ** (i // 2) + d)) for i, d in enumerate(noise)]
    effect = paired_effect(
        "ratio", pairs, 2 * ONE_WAY, 0.05, [i % 3 == 0 for i in range(BLOCKS)], [typical] * BLOCKS
    )
    assert isinstance(effect, Effect)
    assert decide(effect, metric("throughput"), 0.05) == word


def test_the_interval_of_a_move_is_the_one_that_proved_it() -> None:
    """Given a loss that only the typical slices prove, the interval lies wholly beyond X and the estimate within it."""
    base, candidate, typical = (a[0] for a in measured(np.random.default_rng(4), 1, loss=0.05))
    pairs = [(float(b), float(c)) for b, c in np.exp([base, candidate]).T]
    margin = -float(np.log1p(-0.03))
    alone = paired_effect("ratio", pairs, 2 * ONE_WAY, margin)
    helped = paired_effect("ratio", pairs, 2 * ONE_WAY, margin, None, [float(t) for t in typical])
    assert isinstance(alone, Effect)
    assert isinstance(helped, Effect)
    assert decide(alone, metric("throughput"), margin) == "inconclusive"
    assert decide(helped, metric("throughput"), margin) == "regressed"
    assert helped.low <= helped.estimate <= helped.high < -0.03
