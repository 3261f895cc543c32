"""Comparisons with little or nothing in them: no crash, no NaN, no zero that stands for "unknown"."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chronik_perf.model import BadInput, Comparison, Design, Effect, Unavailable
from chronik_perf.stats import judge
from chronik_perf.stats.betting.interval import paired_effect
from tests.builders import ACKS1, RAW, V220, a_comparison, with_load, with_slices, with_starts


def comparison(blocks: int, **options: object) -> Comparison:
    """Compare v2.2.0 with v2.2.7 in a few blocks, planned as six."""
    return a_comparison(
        blocks=blocks, design=Design(6, 1), histograms=False, evidence=False, **options  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(("blocks", "why"), [(0, "Nothing was measured."), (1, "One block has no spread")])
def test_too_few_blocks_give_no_effect_and_say_so(blocks: int, why: str) -> None:
    """Without two blocks there is no interval, so no word, and the outcome is inconclusive."""
    verdict = judge(comparison(blocks))
    row = verdict.row("throughput", "acks1")
    assert row is not None
    assert row.effect is None and row.word is None
    assert row.why.startswith(why)
    assert verdict.outcome == "inconclusive"
    assert verdict.headline.startswith("Inconclusive")


def test_two_blocks_give_an_interval_that_excludes_nothing() -> None:
    """Before enough blocks are seen an interval has no ends, the estimate stands, and there is no word."""
    for row in judge(comparison(2)).rows:
        if row.effect is not None:
            assert math.isfinite(row.effect.estimate)
            assert row.effect.low < -0.99 and row.effect.high > 1e6
            assert row.word in (None, "inconclusive")


def test_all_blocks_discarded_is_inconclusive() -> None:
    """What is discarded counts for no estimate, all of it too."""
    all_out = comparison(14)
    all_out = replace(all_out, blocks=tuple(replace(b, discarded="busy") for b in all_out.blocks))
    assert judge(all_out).outcome == "inconclusive"


def test_a_comparison_without_workloads_is_inconclusive() -> None:
    """Nothing judged is nothing proved."""
    assert judge(a_comparison(workloads=(), evidence=False)).outcome == "inconclusive"


def test_a_side_that_stores_nothing_has_no_ratio() -> None:
    """A throughput of 0 has no logarithm: no effect and a reason, never minus infinity."""
    dead = with_load(comparison(14), "candidate", lambda x: replace(x, stored=0))
    verdict = judge(dead)
    row = verdict.row("throughput", "acks1")
    assert row is not None and row.effect is None and row.word is None
    assert "no ratio" in row.why
    assert verdict.outcome == "regression"  # what was acknowledged is not stored
    gap = verdict.row("unstored", "acks1")
    assert gap is not None and gap.word == "regressed"


def test_an_unavailable_value_says_why_there_is_none() -> None:
    """CPU that could not be read is not judged, keeps its reason, and leaves its gate open."""
    blind = with_slices(
        comparison(14), "base", lambda s: replace(s, broker_cpu_s=Unavailable("schedstat is not readable"))
    )
    verdict = judge(blind)
    row = verdict.row("cpu_per_message", "raw")
    assert row is not None and row.word is None and row.effect is None
    assert "v2.2.0: schedstat is not readable" in row.why
    assert judge(replace(blind, workloads=(RAW,))).outcome == "regression"  # throughput is still judged


def test_a_block_without_a_value_is_left_out_and_told() -> None:
    """One block that lacks a value costs that block and no more."""
    whole = comparison(14)
    first = whole.blocks[0]
    blind = replace(
        first,
        base=replace(
            first.base,
            slices=tuple(replace(s, broker_cpu_s=Unavailable("no clock")) for s in first.base.slices),
        ),
    )
    row = judge(replace(whole, blocks=(blind, *whole.blocks[1:]))).row("cpu_per_message", "raw")
    assert row is not None and row.effect is not None
    assert row.effect.blocks == 13
    assert row.word == "regressed"
    assert "Block 0 has no value for v2.2.0: no clock" in row.why


def test_a_workload_that_was_answered_early_is_no_gap() -> None:
    """Given blocks that measure a workload no further, as perf explain has them, it is said and nothing is missing."""
    whole = comparison(14)
    rest = [
        replace(
            block,
            base=replace(block.base, slices=tuple(s for s in block.base.slices if s.workload != "raw")),
            candidate=replace(
                block.candidate, slices=tuple(s for s in block.candidate.slices if s.workload != "raw")
            ),
        )
        for block in whole.blocks[10:]
    ]
    row = judge(replace(whole, blocks=(*whole.blocks[:10], *rest))).row("throughput", "raw")
    assert row is not None and row.effect is not None
    assert row.effect.blocks == 10
    assert (
        f"Answered before block {rest[0].index}, this workload was not measured in the last 4 blocks."
        in row.why
    )
    assert "no value" not in row.why


def test_a_broker_without_metrics_is_judged_by_what_is_seen_from_outside() -> None:
    """Without telemetry the gates stand, and stages are unavailable with a reason."""
    bare = with_slices(comparison(14), "base", lambda s: replace(s, telemetry={}))
    verdict = judge(bare)
    assert verdict.outcome == "regression"
    stage = verdict.row("stage_commit_wait", "acks1")
    assert stage is not None and stage.effect is None and "no metrics that perf knows were read" in stage.why


def test_missing_latencies_are_not_zero() -> None:
    """A start without merged latencies has no p99, and the reason is told."""
    bare = with_starts(comparison(14), "candidate", lambda s: replace(s, latency={}))
    row = judge(bare).row("p99", "acks1")
    assert row is not None and row.effect is None and row.word is None and row.why


@pytest.mark.parametrize(
    "pairs",
    [
        [(1.0, 0.0), (1.0, 1.0)],
        [(-1.0, 1.0), (1.0, 1.0)],
        [(1.0, math.nan), (1.0, 1.0)],
        [(math.inf, 1.0)] * 3,
    ],
)
def test_values_without_a_logarithm_are_refused(pairs: list[tuple[float, float]]) -> None:
    """Zero, negative, NaN and infinite values give no ratio."""
    assert isinstance(paired_effect("ratio", pairs, 0.05), Unavailable)


def test_a_difference_may_be_of_any_sign() -> None:
    """Memory can shrink: on the difference scale negative values and zeros are values."""
    effect = paired_effect("difference", [(-5.0, 1.0), (0.0, 7.0), (2.0, 7.0)], 0.05)
    assert isinstance(effect, Effect)
    assert effect.estimate == pytest.approx(6.0)
    assert (effect.base, effect.candidate) == (-1.0, 5.0)


def test_equal_values_have_no_effect_and_p_1() -> None:
    """No spread and no difference is no evidence of one."""
    effect = paired_effect("ratio", [(3.0, 3.0)] * 4, 0.05)
    assert isinstance(effect, Effect)
    assert (effect.estimate, effect.p) == (0.0, 1.0)
    assert effect.low < 0 < effect.high


@pytest.mark.parametrize(
    ("design", "word"),
    [
        (Design(6, 1, family_error=0.0), "family-wise error"),
        (Design(6, 1, thresholds={"throughput": 1.0}), "nothing can exceed"),
        (Design(6, 1, thresholds={"throughput": -0.1}), "above 0"),
        (Design(6, 1, thresholds={"p99": math.nan}), "above 0"),
    ],
)
def test_a_senseless_design_is_refused_in_one_sentence(design: Design, word: str) -> None:
    """Errors are for people: what is wrong and what would be right."""
    with pytest.raises(BadInput, match=word):
        judge(
            a_comparison(V220, V220, workloads=(ACKS1, RAW), design=design, histograms=False, evidence=False)
        )
