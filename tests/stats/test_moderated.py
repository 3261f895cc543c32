"""Variances of few values are shrunk towards what they share, as far as they share it."""

from __future__ import annotations

import numpy as np

from chronik_perf.stats.moderated import prior_of


def variances(spread: float, figures: int = 400) -> np.ndarray:
    """Draw variances of four degrees of freedom around 4, the true ones with an SD of their logarithm."""
    rng = np.random.default_rng(8)
    true = 4 * np.exp(rng.normal(0, spread, figures))
    return np.asarray(true * rng.chisquare(4, figures) / 4)


def test_what_all_share_is_learnt() -> None:
    """Given figures of one variance, the prior is that one, and surer than any of them by far."""
    prior = prior_of(variances(0.0), 4)
    assert 3.5 < prior.variance < 4.5 and prior.df > 20


def test_what_they_do_not_share_is_not_believed() -> None:
    """Given variances that differ by factors of ten, each is left nearly as it is."""
    prior = prior_of(variances(2.5), 4)
    assert prior.df < 1.5
    shrunk, df = prior.shrunk(np.asarray([100.0]), 4)
    assert 70 < shrunk[0] < 100 and 4 < df[0] < 5.5


def test_what_does_not_vary_teaches_nothing() -> None:
    """Given some figures without any variance among others, the others teach what they teach without those."""
    some = variances(0.5)
    assert prior_of(np.concatenate((some, np.zeros(40))), 4) == prior_of(some, 4)
    assert prior_of(np.zeros(40), 4).df == 0


def test_few_figures_keep_their_own() -> None:
    """Given nine figures, none is shrunk."""
    shrunk, df = prior_of(variances(0.0, 9), 4).shrunk(np.asarray([1.0, 2.0]), 4)
    assert shrunk.tolist() == [1.0, 2.0] and df.tolist() == [4.0, 4.0]
