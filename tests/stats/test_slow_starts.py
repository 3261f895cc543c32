"""Starts that are slow for life are seen beside the other side's, where the machine moves both too much for levels."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.model import Comparison
from chronik_perf.stats import judge, standing
from chronik_perf.stats.mode_findings import mode_findings
from chronik_perf.stats.worse import worse
from tests.builders import RAW, V220, Noise, a_comparison

# A disk that is up to four times slower from block to block, as recorded beside a start that differs by 8 %.
WANDERING = Noise(shared=0.6, between=0.06)
FEW, MANY = 12, 28


def compared(blocks: int, throughput: float, seed: int = 1) -> Comparison:
    """Compare on one load, the candidate's throughput multiplied."""
    slow = replace(V220["raw"], msgs_per_s=V220["raw"].msgs_per_s * throughput)
    return a_comparison(
        V220, {"raw": slow}, blocks=blocks, seed=seed, noise=WANDERING, workloads=(RAW,), histograms=False,
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
    assert (
        "was that of v2.2.7 14 times and that of v2.2.0 0 times, so how often a start is slow has changed"
        in told
    )
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
        changed += sum("has changed" in f for f in told)
    assert seen <= 4  # of 1 in 100, 1 in 250 such tests has more
    assert changed == 0
