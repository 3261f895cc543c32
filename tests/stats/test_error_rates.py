"""How often identical code is accused, at every block at which one might stop: counted with fixed seeds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from chronik_perf.model import Comparison, Design, Effect, metric
from chronik_perf.stats import Family, judge
from chronik_perf.stats.betting.bets import proven, wealth
from chronik_perf.stats.betting.ends import last_interval
from chronik_perf.stats.betting.interval import decide, paired_effect
from chronik_perf.stats.betting.sequential import words_at_each_look
from tests.builders import ACKS1, RAW, V220, Noise, a_comparison

Floats = NDArray[np.float64]

# A threshold of far less than the noise, so that every direction that is proven would be a false word.
HAIR = {"throughput": 0.001, "cpu_per_message": 0.001, "p99": 0.001, "rss_growth": 0.001}
ERROR = 0.2  # large, so that a few hundred comparisons show whether it is kept
BLOCKS = 40


def starts(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> Floats:
    """Draw the starts of one side: independent given the block, of any distribution."""
    match kind:
        case "normal":
            return rng.normal(0, 0.02, shape)
        case "heavy tails":
            return rng.standard_cauchy(shape) * 0.02
        case "two modes, half and half":
            return rng.choice([0.0, -1.1], shape) + rng.normal(0, 0.001, shape)
        case "two modes, one of them rare":
            return np.where(rng.random(shape) < 0.1, -1.1, 0.0) + rng.normal(0, 0.001, shape)
        case _:
            return np.where(rng.random(shape) < 0.15, 8, 1) * rng.normal(0, 0.02, shape)


def shared(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> Floats:
    """Draw what happens to both sides of a block alike, from block to block."""
    match kind:
        case "drift":
            return np.cumsum(rng.normal(-0.02, 0.05, shape), axis=1)
        case "plateaus":
            return np.where(np.arange(shape[1]) // 5 % 2, -0.13, 0.0) + np.zeros(shape)
        case _:
            return np.zeros(shape)


@pytest.mark.parametrize("across", ["nothing", "drift", "plateaus"])
@pytest.mark.parametrize(
    "kind",
    ["normal", "heavy tails", "two modes, half and half", "two modes, one of them rare", "bursts"],
)
def test_identical_code_is_accused_no_more_often_than_promised(kind: str, across: str) -> None:
    """Of 2,000 comparisons, looked at after each of 40 blocks, at most 5 % ever accuse, both directions alike."""
    rng = np.random.default_rng(7)
    n = 2000
    common = shared(rng, across, (n, BLOCKS))
    base, candidate = starts(rng, kind, (n, BLOCKS)) + common, starts(rng, kind, (n, BLOCKS)) + common
    worse = proven(base, candidate, -0.001, "below", 0.001, 0.025)[:, -1]
    better = proven(base, candidate, 0.001, "above", 0.001, 0.025)[:, -1]
    assert np.mean(worse | better) <= 0.05
    # Neither direction is favoured: a difference as large as this has a chance of 1 in 1,000 or so.
    assert abs(int(worse.sum()) - int(better.sum())) <= 3.3 * np.sqrt(worse.sum() + better.sum() + 1)


def test_a_fixed_test_looked_at_after_every_block_would_accuse() -> None:
    """The simulation can fail: Student's t at 5 %, peeked at, accuses several times as often as it promises."""
    from scipy.stats import ttest_1samp

    rng = np.random.default_rng(7)
    d = rng.normal(0, 0.02, (400, BLOCKS))
    looks = [ttest_1samp(d[:, :k], 0.0, axis=1).pvalue < 0.05 for k in range(3, BLOCKS)]
    accused = np.any(looks, axis=0)
    assert np.mean(accused) > 0.15


def test_two_modes_fool_a_t_interval_over_few_blocks_but_not_a_bet() -> None:
    """Four starts of each side in one mode by luck are certainty to Student; a bet wins what that luck is worth."""
    base, candidate = np.zeros(4), np.full(4, -1.1)
    assert float(wealth(base, candidate, -0.05, "below", 0.05)[-1]) < 64
    assert words_at_each_look(base, candidate, 0.05, 0.0014)[-1] == "open"


def intervals(base: Floats, candidate: Floats, scale: float, error: float, every: int = 1) -> Floats:
    """Give (low, high) after each block, or after every so many."""
    looks = range(every, base.size + 1, every)
    return np.asarray([last_interval(base[:n], candidate[:n], scale, error) for n in looks])


@pytest.mark.parametrize(("true", "every"), [(0.0, 1), (-0.3, 5), (0.04, 5)])
def test_the_intervals_of_all_looks_together_hold_the_truth(true: float, every: int) -> None:
    """Of 60 sequences of intervals at 95 %, at most 5 % ever exclude the true shift.

    Intervals that held only at the look they were made for would, looked at after each block, miss it in a quarter of
    the sequences: that no more than 3 of 60 do would then have a chance of 1 in 20,000.
    """
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(60):
        base, candidate = rng.normal(0, 0.02, (2, 30))
        ends = intervals(base, candidate + true, 0.05, 0.05, every)
        missed += bool(np.any((ends[:, 0] > true) | (ends[:, 1] < true)))
        low, high = ends.T  # to what the search for an end leaves
        assert np.all(low[1:] >= low[:-1] - 1e-6) and np.all(high[1:] <= high[:-1] + 1e-6)
    assert missed <= 3


@pytest.mark.parametrize("make", [np.zeros, lambda n: np.linspace(0, 3, n)], ids=["level", "drifting"])
def test_words_come_from_the_same_bets_as_intervals(make: Callable[[int], Floats]) -> None:
    """A direction is proven at exactly the block at which the interval leaves the margin."""
    rng = np.random.default_rng(21)
    common = make(25)
    for true in (-0.2, -0.06, 0.0, 0.09):
        base, candidate = rng.normal(0, 0.02, (2, 25)) + common
        candidate = candidate + true
        ends = intervals(base, candidate, 0.05, 0.01)
        for k, word in enumerate(words_at_each_look(base, candidate, 0.05, 0.01)):
            low, high = ends[k]
            now = (
                "below"
                if high < -0.05
                else "above"
                if low > 0.05
                else "inside"
                if low > -0.05 and high < 0.05
                else "open"
            )
            assert word == now


def test_whole_comparisons_of_equals_keep_the_family_error() -> None:
    """Of 20 comparisons with six tests each, those with any false word stay below the family error."""
    n = 20
    # Evidence never gets a word, and is what costs the time.
    words = [{r.word for r in judge(a_pair_of_equals(s), evidence=False).rows} for s in range(n)]
    false = sum(1 for w in words if w & {"regressed", "improved"})
    assert false / n <= ERROR


def a_pair_of_equals(seed: int, blocks: int = 12) -> Comparison:
    """Compare identical behaviours on both acks=1 workloads."""
    return a_comparison(
        V220,
        V220,
        blocks=blocks,
        slices=1,
        seed=seed,
        noise=Noise(shared=0.1, between=0.01, slices=0.02),
        workloads=(ACKS1, RAW),
        design=Design(blocks, seed, family_error=ERROR, thresholds=HAIR),
        histograms=False,
        evidence=False,
        gate_slice_s=0.6,
    )


def test_slices_are_never_counted_as_blocks() -> None:
    """A start's own luck stays in the interval however many slices it serves: the block is the unit."""
    starts_differ = Noise(shared=0.05, between=0.03, slices=0.0)

    def width(slices: int) -> float:
        widths = []
        for seed in range(15):
            comparison = a_comparison(
                V220, V220, blocks=10, slices=slices, seed=seed, noise=starts_differ, workloads=(ACKS1,),
                histograms=False, evidence=False, gate_slice_s=0.05,
            )  # fmt: skip
            row = judge(comparison, evidence=False).row("throughput", "acks1")
            assert row is not None and row.effect is not None
            assert row.effect.blocks == 10
            widths.append(row.effect.high - row.effect.low)
        return float(np.median(widths))

    assert width(32) == pytest.approx(width(2), rel=0.25)


def test_a_regression_of_twice_the_threshold_is_found() -> None:
    """At a block SD of 1 %, 14 blocks find a fall of 10 %: the error is not bought with blindness."""
    rng = np.random.default_rng(13)
    family = Family.of(Design(14, 1), (ACKS1, RAW))
    margin = -float(np.log1p(-0.05))
    words = []
    for _ in range(100):
        base = rng.normal(12.0, 0.1, 14) + rng.normal(0, 0.007, (2, 14))
        base[1] += np.log(0.9)
        effect = paired_effect("ratio", [(a, b) for a, b in np.exp(base).T], family.error, margin)
        assert isinstance(effect, Effect)
        words.append(decide(effect, metric("throughput"), margin))
    assert words.count("regressed") >= 95
