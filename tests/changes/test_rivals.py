"""The rival that the benchmark of change points writes out itself, and the scores that it gives."""

import itertools

import numpy as np
import pytest
from scipy.stats import t

from benchmarks.changes.bocpd import HAZARD, most_probable
from benchmarks.changes.scores import covering, f1


def evidence(values: list[float]) -> float:
    """The probability of values of one segment: each foretold from those before it, as Adams and MacKay (2007) do."""
    mean, kappa, alpha, beta = 0.0, 1.0, 1.0, 1.0
    probability = 1.0
    for value in values:
        probability *= float(t.pdf(value, 2 * alpha, mean, (beta * (kappa + 1) / (alpha * kappa)) ** 0.5))
        beta += kappa * (value - mean) ** 2 / (2 * (kappa + 1))
        mean = (kappa * mean + value) / (kappa + 1)
        kappa, alpha = kappa + 1, alpha + 0.5
    return probability


def test_the_segmentation_is_the_most_probable_of_all() -> None:
    """Given ten values that step, no other of the 512 segmentations is more probable; told by another formula."""
    values = np.array([-1.02, -0.99, -1.01, -1.0, -0.98, 1.03, 1.04, 1.0, 0.99, 1.01])
    n = len(values)
    scaled = [float(v) for v in (values - values.mean()) / values.std()]
    parts = {pair: evidence(scaled[slice(*pair)]) for pair in itertools.combinations(range(n + 1), 2)}

    def probability(division: tuple[int, ...]) -> float:
        edges = [0, *division, n]
        stays = (1 - HAZARD) ** (n - 1 - len(division))
        return HAZARD ** len(division) * stays * float(np.prod([parts[p] for p in itertools.pairwise(edges)]))

    every = [d for k in range(n) for d in itertools.combinations(range(1, n), k)]

    assert most_probable(values) == list(max(every, key=probability)) == [5]


def test_a_step_is_found_and_a_constant_has_none() -> None:
    """Given a clear step the rival finds it, so that it is a rival; given a constant or a single value, none."""
    values = np.random.default_rng(1).normal(size=80)
    values[50:] += 6

    assert most_probable(values) == [50]
    assert most_probable(np.full(20, 3.0)) == []
    assert most_probable(np.array([3.0])) == []


def test_scores_are_those_of_the_definition() -> None:
    """Given changes at 30 and 60 of 90, of which one was told four places off and one is false, both scores follow."""
    assert f1([30, 60], [34, 80]) == pytest.approx(2 * 2 / (3 + 3))
    assert f1([], []) == 1
    assert covering([30, 60], [30, 60], 90) == 1
    assert covering([30], [], 90) == pytest.approx((30 * 30 / 90 + 60 * 60 / 90) / 90)
