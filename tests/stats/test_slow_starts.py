"""Starts that are slow for life are seen beside the other side's, where the machine moves both too much for levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chronik_perf.model import Comparison
from chronik_perf.stats import judge, standing
from chronik_perf.stats.causes.worse import worse
from chronik_perf.stats.modes.findings import mode_findings
from chronik_perf.stats.modes.slow_starts import change_in_signs
from tests.builders import RAW, V220, Noise, a_comparison

# A disk that is up to four times slower from block to block, as recorded beside a start that differs by 8 %.
WANDERING = Noise(shared=0.6, between=0.06)
FEW, MANY = 12, 28


def compared(blocks: int, throughput: float, seed: int = 1, noise: Noise = WANDERING) -> Comparison:
    """Compare on one load, the candidate's throughput multiplied."""
    slow = replace(V220["raw"], msgs_per_s=V220["raw"].msgs_per_s * throughput)
    return a_comparison(
        V220, {"raw": slow}, blocks=blocks, seed=seed, noise=noise, workloads=(RAW,), histograms=False,
        evidence=False, slices=4,
    )  # fmt: skip


def slow_in_half_of_its_starts(blocks: int, seed: int = 1) -> Comparison:
    """Let every second start of the candidate do 57 % for life."""
    equal, slower = (compared(blocks, throughput, seed) for throughput in (1.0, 0.57))
    mixed = [pair[index % 2] for index, pair in enumerate(zip(equal.blocks, slower.blocks, strict=True))]
    return replace(equal, blocks=tuple(mixed))


def test_slow_starts_are_told_beside_the_base() -> None:
    """Given starts that are slow for life on a machine that wanders, both speeds are told and whose they are."""
    comparison = slow_in_half_of_its_starts(MANY)
    verdict = judge(comparison)
    assert not [f for f in verdict.findings if "modes with" in f]
    (told,) = (f for f in verdict.findings if f.startswith("Beside v2.2.0, v2.2.7 had two speeds"))
    assert "was that of v2.2.7 14 times and that of v2.2.0 0 times, which is more than luck" in told
    assert "modes" in worse(comparison, verdict)


def test_few_slow_starts_may_be_luck() -> None:
    """Given six slow starts, a thing of luck, both speeds are told and nothing is said to be worse."""
    comparison = slow_in_half_of_its_starts(FEW)
    verdict = judge(comparison)
    (told,) = (f for f in verdict.findings if f.startswith("Beside v2.2.0"))
    assert "which may be luck" in told
    assert "modes" not in worse(comparison, verdict)


def test_slow_starts_are_worth_the_time_of_evidence() -> None:
    """Given slow starts that no mean proves, blocks go on, in evidence's time where they may prove it."""
    comparison = slow_in_half_of_its_starts(FEW)
    verdict = judge(comparison, evidence=False)
    assert verdict.outcome != "regression"
    assert not standing(comparison, verdict, 6, 16).stop
    assert not standing(comparison, verdict, 0, 16).stop
    assert standing(comparison, verdict, 0, 1).reason == "the budget is spent"


def test_equals_on_a_machine_that_wanders_have_no_slow_starts() -> None:
    """Given equals and a machine that wanders, hardly ever two speeds are seen, and never a change."""
    seen = changed = 0
    for seed in range(100):
        told = [f for f in mode_findings(compared(FEW, 1.0, seed)) if f.startswith("Beside ")]
        seen += len(told)
        changed += sum("more than luck" in f for f in told)
    assert seen <= 4  # of 1 in 100, 1 in 250 such tests has more
    assert changed == 0


def test_modes_in_levels_are_worth_the_time_of_evidence_too() -> None:
    """Given a steady machine, on which levels tell of slow starts, blocks go on where that may be proven."""
    equal, slower = (
        compared(16, throughput, noise=Noise(shared=0.0, between=0.02)) for throughput in (1.0, 0.57)
    )
    mixed = [pair[index % 2] for index, pair in enumerate(zip(equal.blocks, slower.blocks, strict=True))]
    comparison = replace(equal, blocks=tuple(mixed))
    verdict = judge(comparison, evidence=False)
    assert [f for f in mode_findings(comparison) if "v2.2.7 has two modes" in f]
    assert verdict.outcome != "regression"
    assert not standing(comparison, verdict, 0, 16).stop
    assert standing(comparison, verdict, 0, 1).reason == "the budget is spent"


def test_more_blocks_are_not_taken_for_what_is_proven() -> None:
    """Given slow starts that are proven to come more often, a spent budget is spent."""
    comparison = slow_in_half_of_its_starts(MANY)
    verdict = judge(comparison, evidence=False)
    assert standing(comparison, verdict, 0, 16).reason == "the budget is spent"


def test_a_base_with_slow_starts_is_told_of_and_nothing_got_worse() -> None:
    """Given a base of which every second start is slow, that is told of the base."""
    comparison = slow_in_half_of_its_starts(MANY)
    turned = tuple(
        replace(b, base=replace(b.candidate, side="base"), candidate=replace(b.base, side="candidate"))
        for b in comparison.blocks
    )
    turned_round = replace(comparison, blocks=turned)
    (told,) = mode_findings(turned_round)
    assert "was that of v2.2.7 0 times and that of v2.2.0 14 times" in told
    assert "which is more than luck" in told
    assert "modes" not in worse(turned_round, judge(turned_round))


def test_a_candidate_that_is_now_slower_and_now_faster_is_counted_both_ways() -> None:
    """Given 72 % of the base in half of the blocks and 139 % in the others, each is the slower start as often."""
    slow, fast = (compared(14, throughput) for throughput in (0.72, 1 / 0.72))
    mixed = [pair[index % 2] for index, pair in enumerate(zip(slow.blocks, fast.blocks, strict=True))]
    (told,) = mode_findings(replace(slow, blocks=tuple(mixed)))
    assert "was that of v2.2.7 7 times and that of v2.2.0 7 times, which may be luck" in told


def test_a_coin_is_hardly_ever_called_unfair() -> None:
    """Given slow starts that are either side's by a fair coin, wherever they come, the error is kept."""
    rng = np.random.default_rng(20261128)
    for slow in (np.arange(24) < 12, np.arange(24) >= 12, np.ones(24, dtype=bool)):
        found = 0
        for _ in range(1000):
            heads = rng.random(24) < 0.5
            found += change_in_signs(slow & heads, slow & ~heads) <= 0.05
        assert found <= 65  # 5 % of 1,000, of which more than 65 come in 1 of 70 such tests
    for k in (0, 1, 6, 12):
        ever = np.arange(12) < k
        assert min(1.0, 2 / 2**k) <= change_in_signs(np.zeros(12, dtype=bool), ever) <= 1.0
