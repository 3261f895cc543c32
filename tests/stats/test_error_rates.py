"""How often identical code is accused: counted on simulated comparisons with fixed seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chronik_perf.model import Comparison, Design, Effect, Metric, metric
from chronik_perf.stats import Family, judge
from chronik_perf.stats.interval import decide, paired_effect
from tests.builders import ACKS1, RAW, V220, Noise, a_comparison

# A threshold of next to nothing, so that every interval that excludes no change would be a false word.
HAIR = {"throughput": 1e-9, "cpu_per_message": 1e-9, "p99": 1e-9, "rss_growth": 1e-9}
ERROR = 0.2  # large, so that a few hundred comparisons show whether it is kept


def a_pair_of_equals(seed: int, heavy: bool = False, blocks: int = 6, slices: int = 1) -> Comparison:
    """Compare identical behaviours on both acks=1 workloads."""
    return a_comparison(
        V220,
        V220,
        blocks=blocks,
        slices=slices,
        seed=seed,
        noise=Noise(shared=0.1, between=0.01, slices=0.02, heavy=heavy),
        workloads=(ACKS1, RAW),
        design=Design(blocks, seed, family_error=ERROR, thresholds=HAIR),
        histograms=False,
        evidence=False,
        gate_slice_s=0.6,
    )


@pytest.mark.parametrize("heavy", [False, True], ids=["normal", "heavy tails"])
def test_identical_code_is_accused_no_more_often_than_the_family_error(heavy: bool) -> None:
    """Of 400 comparisons of equals, those with any false word stay below what one look may spend."""
    n = 400
    words = [{r.word for r in judge(a_pair_of_equals(s, heavy)).rows} for s in range(n)]
    false = sum(1 for w in words if w & {"regressed", "improved"})
    may = ERROR / 2
    assert false / n <= may + 2 * (may * (1 - may) / n) ** 0.5
    # The test can fail: with every metric at the whole error there would be several times as many.
    if not heavy:
        assert false > 0


def test_neither_side_is_favoured() -> None:
    """False accusations and false praises of identical code are equally frequent."""
    rng = np.random.default_rng(5)
    throughput = metric("throughput")
    words = [decide(simulated(rng, 6, 0.05), throughput, 1e-9) for _ in range(6000)]
    worse, better = words.count("regressed"), words.count("improved")
    assert 80 < worse < 230 and 80 < better < 230  # 150 each are expected


def simulated(
    rng: np.random.Generator, blocks: int, alpha: float, true: float = 0.0, sd: float = 0.01
) -> Effect:
    """Give the effect of one simulated comparison with this true log ratio."""
    base = rng.normal(12.0, 0.1, blocks)
    pairs = list(zip(np.exp(base), np.exp(base + rng.normal(true, sd, blocks)), strict=True))
    effect = paired_effect("ratio", pairs, alpha)
    assert isinstance(effect, Effect)
    return effect


@pytest.mark.parametrize("blocks", [4, 6, 14])
def test_intervals_hold_the_truth_as_often_as_they_say(blocks: int) -> None:
    """Of 3,000 intervals at 95 %, as many as promised hold the true ratio."""
    rng = np.random.default_rng(blocks)
    n, true = 3000, -0.3
    held = sum(
        1 for _ in range(n) if (e := simulated(rng, blocks, 0.05, true)).low <= np.expm1(true) <= e.high
    )
    assert abs(held / n - 0.95) < 0.012


def test_slices_are_never_counted_as_blocks() -> None:
    """A start's own luck stays in the interval however many slices it serves: the block is the unit."""
    starts_differ = Noise(shared=0.05, between=0.03, slices=0.0)

    def half_width(slices: int) -> float:
        widths = []
        for seed in range(30):
            comparison = a_comparison(
                V220, V220, blocks=6, slices=slices, seed=seed, noise=starts_differ, workloads=(ACKS1,),
                histograms=False, evidence=False, gate_slice_s=0.05,
            )  # fmt: skip
            row = judge(comparison).row("throughput", "acks1")
            assert row is not None and row.effect is not None
            assert row.effect.blocks == 6
            widths.append(row.effect.high - row.effect.low)
        return float(np.median(widths))

    assert half_width(64) == pytest.approx(half_width(2), rel=0.25)


def test_looking_again_after_more_blocks_keeps_the_error() -> None:
    """Five looks, each after four more blocks, accuse identical code no more often than the error."""
    rng = np.random.default_rng(11)
    throughput, n, false, naive = metric("throughput"), 1500, 0, 0
    design = Design(4, 1, family_error=ERROR)
    families = [Family.of(replace(design, look=k), (ACKS1,)) for k in range(1, 6)]
    for _ in range(n):
        d = rng.normal(0.0, 0.02, 20)
        pairs = list(zip(np.ones(20), np.exp(d), strict=True))
        false += any(_accused(throughput, pairs[: 4 * k], families[k - 1].alpha) for k in range(1, 6))
        naive += any(_accused(throughput, pairs[: 4 * k], ERROR) for k in range(1, 6))
    assert sum(f.look_error for f in families) <= ERROR
    assert false / n <= ERROR
    assert naive / n > 1.5 * ERROR  # what peeking at a fixed test would have done


def test_stopping_when_the_estimate_looks_bad_keeps_the_error() -> None:
    """Judging an unfinished run after every block accuses identical code no more often than one look may."""
    rng = np.random.default_rng(12)
    throughput, n, blocks = metric("throughput"), 1500, 10
    family = Family.of(Design(blocks, 1, family_error=ERROR), (ACKS1,), complete=False)
    false = 0
    for _ in range(n):
        pairs = list(zip(np.ones(blocks), np.exp(rng.normal(0.0, 0.02, blocks)), strict=True))
        false += any(_accused(throughput, pairs[:k], family.alpha) for k in range(2, blocks))
    assert false / n <= family.look_error


def _accused(throughput: Metric, pairs: list[tuple[float, float]], alpha: float) -> bool:
    effect = paired_effect("ratio", pairs, alpha)
    assert isinstance(effect, Effect)
    return decide(effect, throughput, 1e-9) in ("regressed", "improved")


def test_a_regression_of_twice_the_threshold_is_found() -> None:
    """At a block SD of 1 %, 14 blocks find a fall of 10 %: the error is not bought with blindness."""
    rng = np.random.default_rng(13)
    family = Family.of(Design(14, 1), (ACKS1, RAW))
    margin = -np.log1p(-0.05)
    words = [
        decide(simulated(rng, 14, family.alpha, true=np.log(0.9)), metric("throughput"), margin)
        for _ in range(300)
    ]
    assert words.count("regressed") >= 297
