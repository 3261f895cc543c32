"""Thresholds learnt from drawn histories of one machine."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from chronik_perf.model import Calibration, Learnt, Uncalibrated, metric
from chronik_perf.stats.betting.sequential import words_at_each_look
from chronik_perf.stats.planning.thresholds import (
    LAG_BLOCKS,
    AABlocks,
    aa_histories,
    calibration_sentence,
    is_aa,
    learn,
    with_learnt,
)
from tests.builders import RAW, V220, V227, a_comparison

THROUGHPUT = metric("throughput")
ERROR = 0.01 / 7
BUDGET_BLOCKS = 30


def a_history(sds: list[float], blocks: int = 10, seed: int = 1) -> list[AABlocks]:
    """Draw one comparison for each SD of a block's effect, an hour apart, on days of different speed."""
    rng = np.random.default_rng(seed)
    made = []
    for hour, sd in enumerate(sds):
        base, candidate = rng.normal(11, 0.1) + rng.normal(0, sd / math.sqrt(2), (2, blocks))
        made.append(AABlocks(f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00+00:00", base, candidate))
    return made


def test_a_learnt_threshold_decides_new_comparisons_of_the_machine() -> None:
    """Given new draws of the machine's noise, equals are called unchanged at the learnt X in at least 95 %."""
    found = learn(THROUGHPUT, a_history([0.02] * 30), BUDGET_BLOCKS, ERROR / 2)
    assert isinstance(found, Learnt)
    assert found.block_sd == pytest.approx(0.02, rel=0.15)
    assert found.upper_sd > found.block_sd
    margin = -math.log1p(-found.threshold)
    rng = np.random.default_rng(9)
    inside = 0
    for _ in range(600):
        base, candidate = rng.normal(0, 0.02 / math.sqrt(2), (2, BUDGET_BLOCKS))
        first = rng.random(BUDGET_BLOCKS) < 0.5
        first[1] = ~first[0]
        inside += words_at_each_look(base, candidate, margin, ERROR, first)[-1] == "inside"
    assert inside / 600 > 0.95


def test_how_fast_the_machine_was_is_no_noise() -> None:
    """Given days that differ by a quarter in speed, the threshold is that of days that do not."""
    varying = learn(THROUGHPUT, a_history([0.02] * 30), BUDGET_BLOCKS, ERROR / 2)
    steady = [
        AABlocks(h.began, h.base - h.base.mean(), h.candidate - h.base.mean()) for h in a_history([0.02] * 30)
    ]
    same = learn(THROUGHPUT, steady, BUDGET_BLOCKS, ERROR / 2)
    assert isinstance(varying, Learnt)
    assert isinstance(same, Learnt)
    assert varying.threshold == pytest.approx(same.threshold, rel=0.02)


def test_the_newest_blocks_teach_nothing() -> None:
    """Given a machine whose newest blocks are ten times as noisy, the threshold is what it was before them."""
    calm = a_history([0.01] * 14)
    declining = a_history([0.01] * 12 + [0.1] * (LAG_BLOCKS // 10))
    before = learn(THROUGHPUT, calm, BUDGET_BLOCKS, ERROR / 2)
    after = learn(THROUGHPUT, declining, BUDGET_BLOCKS, ERROR / 2)
    assert isinstance(before, Learnt)
    assert isinstance(after, Learnt)
    assert after.blocks == 120
    assert after.held_back == LAG_BLOCKS
    assert after.block_sd == pytest.approx(0.01, rel=0.2)
    assert after.threshold < 1.5 * before.threshold


def test_the_order_in_which_files_were_read_does_not_matter() -> None:
    """Given the same history shuffled, the same threshold is learnt: time decides what is new."""
    history = a_history([0.01] * 12 + [0.1] * 2)
    assert learn(THROUGHPUT, history[::-1], BUDGET_BLOCKS, ERROR / 2) == learn(
        THROUGHPUT, history, BUDGET_BLOCKS, ERROR / 2
    )


def test_a_short_history_is_uncalibrated_and_no_floor() -> None:
    """Given 110 blocks, of which the newest do not count, there is no threshold but the reason."""
    found = learn(THROUGHPUT, a_history([0.02] * 11), BUDGET_BLOCKS, ERROR / 2)
    assert isinstance(found, Uncalibrated)
    assert "110 A/A blocks" in found.reason
    assert isinstance(learn(THROUGHPUT, [], BUDGET_BLOCKS, ERROR / 2), Uncalibrated)


def test_heavy_tails_raise_the_threshold() -> None:
    """Given blocks of which some are far out, X is larger than without them: tails are drawn, not assumed away."""
    rng = np.random.default_rng(5)
    calm = a_history([0.01] * 20)
    wild = [AABlocks(h.began, h.base + np.where(rng.random(10) < 0.1, 0.2, 0.0), h.candidate) for h in calm]
    low, high = (learn(THROUGHPUT, h, BUDGET_BLOCKS, ERROR / 2) for h in (calm, wild))
    assert isinstance(low, Learnt)
    assert isinstance(high, Learnt)
    assert high.threshold > 2 * low.threshold


def test_histories_come_from_the_documents_of_equal_sides() -> None:
    """Given comparisons, gates and watches have a history each, and only equal sides are an A/A."""
    same = a_comparison(V220, V220, blocks=5, workloads=(RAW,), names=("v2.2.0", "v2.2.0"), histograms=False)
    other = a_comparison(V220, V227, blocks=5, workloads=(RAW,), histograms=False)
    assert is_aa(same)
    assert not is_aa(other)
    found = {f"{m.name}@{w.name}": h for (m, w), h in aa_histories([same, same]).items()}
    assert {"throughput@raw", "cpu_per_message@raw"} <= set(found)
    assert "unstored@raw" not in found
    assert [h.base.size for h in found["throughput@raw"]] == [5, 5]


def test_a_comparison_says_where_its_thresholds_come_from() -> None:
    """Given no history, another machine's, or this one's, the sentence says which; a person's own X stays."""
    run = a_comparison(V220, V220, blocks=2, workloads=(RAW,), names=("v2.2.0", "v2.2.0"), histograms=False)
    learnt = Learnt(0.02, 0.01, 0.012, 140, 20, "2026-01-01", "2026-01-02")
    here = Calibration(
        1,
        run.environment.fingerprint,
        "2026-01-03",
        14,
        30,
        0.01,
        {"throughput@raw": learnt, "p99@raw": learnt},
    )
    there = Calibration(1, "elsewhere", "2026-01-03", 14, 30, 0.01, {"throughput@raw": learnt})
    assert "uncalibrated" in calibration_sentence(None, run)
    assert "another machine" in calibration_sentence(there, run)
    design = with_learnt(run.design, run.workloads, here)
    assert design.thresholds["throughput@raw"] == 0.02
    said = calibration_sentence(here, replace(run, design=design))
    assert said.startswith("thresholds learnt from 140 A/A blocks of this machine")
    assert "cpu_per_message@raw" in said
    own = replace(run.design, thresholds={"throughput": 0.1})
    assert with_learnt(own, run.workloads, here).thresholds == {"throughput": 0.1, "p99@raw": 0.02}
