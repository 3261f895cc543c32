"""The proof judges by the very functions that judge a comparison, and its counting can fail."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import nct
from scipy.stats import t as student

from benchmarks.proof import false_alarms
from benchmarks.proof.bets import Drawn, one_way, upper_bound, words
from benchmarks.proof.noise import synthetic
from benchmarks.proof.speed import POWER, fixed_blocks
from chronik_perf.stats.betting.sequential import words_at_each_look


@pytest.mark.parametrize("shift", [0.0, -0.5, -1.0, -3.0, 3.0])
def test_many_comparisons_at_once_get_the_words_of_one_alone(shift: float) -> None:
    """The first block of each word is that at which a single comparison, looked at after each block, says it."""
    rng = np.random.default_rng(11)
    x, y = rng.normal(0, 0.5, (2, 4, 3, 40))
    y = y + shift
    error = one_way(3, 0.2)
    first = rng.random((4, 3, 40)) < 0.5
    found = words(Drawn(x, y, first), 1.0, error)
    for i in range(4):
        for j in range(3):
            said = words_at_each_look(x[i, j], y[i, j], 1.0, 2 * error, first[i, j])
            firsts = {
                word: said.index(word) + 1.0 if word in said else np.inf
                for word in ("below", "above", "inside")
            }
            least = min(firsts.values())
            assert found.first[i, j] == least
            at = {"below": found.below, "above": found.above, "inside": found.inside}
            assert least == np.inf or any(firsts[w] == least == at[w][i, j] for w in at)


@pytest.fixture(scope="module")
def rows() -> Sequence[false_alarms.Row]:
    """Give what is said of 60 comparisons of identical code in each kind of noise."""
    return false_alarms.drawn(60, seed=8)


def test_identical_code_is_accused_in_at_most_one_comparison_in_a_hundred(
    rows: Sequence[false_alarms.Row],
) -> None:
    """Over all kinds of noise together, at any of 60 looks, in either direction."""
    assert {r.kind for r in rows} == {k.name for k in synthetic()}
    all_kinds = false_alarms.total(rows, "all")
    assert all_kinds.comparisons == 60 * len(rows)
    # 1 % of them, and 3 SDs of chance.
    assert all_kinds.false <= 0.01 * all_kinds.comparisons + 3 * (0.01 * all_kinds.comparisons) ** 0.5


def test_neither_direction_is_favoured(rows: Sequence[false_alarms.Row]) -> None:
    """With hardly any threshold and a large error, slower and faster come first equally often."""
    row = false_alarms.total(rows, "all")
    counted = row.loose_slower + row.loose_faster
    assert counted > 1000
    assert abs(row.loose_slower - row.loose_faster) <= 3.3 * counted**0.5


def test_the_counting_can_fail() -> None:
    """Gaussian noise around a loss of twice the margin is called a regression, so silence is not built in."""
    (gaussian,) = (k for k in synthetic() if k.name == "Gaussian")
    drawn = gaussian.draw(np.random.default_rng(3), (50, 6, 60))
    assert np.isfinite(words(drawn.lost(-40), 1.0, one_way(6)).below).mean() > 0.9


@pytest.mark.parametrize(
    ("times", "of", "bound"), [(0, 300, 0.009936), (0, 120, 0.024655), (5, 1000, 0.010486)]
)
def test_bounds_are_those_of_clopper_and_pearson(times: int, of: int, bound: float) -> None:
    """None in 300 bounds a rate at 1 %; the others are the beta quantiles of the textbook."""
    assert upper_bound(times, of) == pytest.approx(bound, rel=0.01)


def test_the_fixed_design_is_sized_as_the_noncentral_t_says() -> None:
    """The simulated number of blocks is that of theory, to one block."""
    rng = np.random.default_rng(4)
    sd, loss, margin, error = 1.0, -3.0, 1.0, 0.001
    simulated = fixed_blocks(rng.normal(loss, sd, (20_000, 40)), 1.0, margin, error)

    def power(n: int) -> float:
        return float(1 - nct.cdf(student.ppf(1 - error, n - 1), n - 1, (-margin - loss) / sd * n**0.5))

    theory = next(n for n in range(2, 41) if power(n) >= POWER)
    assert simulated is not None
    assert abs(simulated - theory) <= 1
