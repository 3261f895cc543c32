"""What can be detected: counted again with noise that the working-out did not see."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chronik_perf.model import Unavailable, metric
from chronik_perf.stats.betting.sequential import words_at_each_look
from chronik_perf.stats.planning.detectable import BlockNoise, block_noise, detectable

THROUGHPUT = metric("throughput")
ERROR = 0.01 / 6
NOISE = BlockNoise(pair_sd=0.02, low_sd=0.015, high_sd=0.03, common_sd=0.01, blocks=30)


def test_a_threshold_that_was_promised_is_kept() -> None:
    """Given other draws of the same noise, equals are called unchanged and the loss below in about 95 %."""
    found = detectable(NOISE, 30, ERROR / 2, THROUGHPUT)
    assert not isinstance(found.threshold, Unavailable)
    assert not isinstance(found.loss, Unavailable)
    margin = -math.log1p(-found.threshold)
    rng = np.random.default_rng(7)
    trials = 300
    inside = below = 0
    for _ in range(trials):
        common = rng.normal(0, NOISE.common_sd, 30)
        base, candidate = common + rng.normal(0, NOISE.pair_sd / math.sqrt(2), (2, 30))
        first = rng.random(30) < 0.5
        first[1] = ~first[0]
        inside += words_at_each_look(base, candidate, margin, ERROR, first)[-1] == "inside"
        slower = candidate + math.log1p(-found.loss)
        below += words_at_each_look(base, slower, margin, ERROR, first)[-1] == "below"
    assert inside / trials > 0.91
    assert below / trials > 0.91


def test_more_blocks_and_less_noise_detect_less() -> None:
    """Given more blocks, or noise half as large, smaller losses are found; a loss is always beyond X."""
    few, many = (detectable(NOISE, n, ERROR / 2, THROUGHPUT) for n in (12, 60))
    calm = detectable(BlockNoise(0.01, 0.008, 0.015, 0.005, 30), 12, ERROR / 2, THROUGHPUT)
    values = [f.loss for f in (few, many, calm)]
    assert not any(isinstance(v, Unavailable) for v in values)
    assert values[1] < values[0]  # type: ignore[operator]
    assert values[2] == pytest.approx(values[0] / 2, rel=0.1)  # type: ignore[operator]
    assert few.threshold < few.loss  # type: ignore[operator]


def test_too_few_blocks_for_a_word_detect_nothing() -> None:
    """Given fewer blocks than any word takes, what is detectable is unavailable and says why, not 0."""
    found = detectable(NOISE, 5, ERROR / 2, THROUGHPUT)
    assert isinstance(found.loss, Unavailable)
    assert "5 blocks" in found.loss.reason


def test_both_levels_of_noise_are_found_again() -> None:
    """Given starts drawn with known SDs, both are estimated, and the interval holds the pair's."""
    rng = np.random.default_rng(3)
    common = rng.normal(0, 0.05, 4000)
    base, candidate = common + rng.normal(0, 0.02 / math.sqrt(2), (2, 4000))
    noise = block_noise(base, candidate)
    assert isinstance(noise, BlockNoise)
    assert noise.pair_sd == pytest.approx(0.02, rel=0.05)
    assert noise.common_sd == pytest.approx(0.05, rel=0.05)
    assert noise.low_sd < 0.02 < noise.high_sd


def test_noise_of_few_or_equal_blocks_is_unavailable() -> None:
    """Given three blocks, or blocks that do not differ, there is no SD, and never one of 0."""
    assert isinstance(block_noise(np.zeros(3), np.ones(3)), Unavailable)
    assert isinstance(block_noise(np.zeros(9), np.zeros(9)), Unavailable)
