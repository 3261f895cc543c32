"""What an A/A lets one expect, on comparisons made of declared noise."""

from __future__ import annotations

import pytest

from chronik_perf.experiment.checkup import Checkup, blocks_within
from chronik_perf.experiment.prognosis import Prognosis, prognoses
from chronik_perf.model import Unavailable
from tests.builders import ACKS1, RAW, V220, Noise, a_comparison


def an_a_a(blocks: int = 14, between: float = 0.01) -> Checkup:
    """Make an A/A of both loads, of which each block took 3 s."""
    comparison = a_comparison(
        V220,
        V220,
        blocks=blocks,
        workloads=(ACKS1, RAW),
        names=("v2.2.0", "v2.2.0"),
        noise=Noise(between=between),
        histograms=False,
        evidence=False,
    )
    return Checkup(comparison, (3.0,) * blocks)


@pytest.fixture(scope="module")
def calm() -> Prognosis:
    """Work out what a calm machine detects."""
    found = prognoses(an_a_a())
    assert isinstance(found, Prognosis)
    return found


def test_one_sentence_says_what_is_detected_when_and_on_what_terms(calm: Prognosis) -> None:
    """Given an A/A, the sentence names losses, minutes, the SD that was seen, error, tests and power."""
    for part in (
        "throughput on raw load",
        "5 minutes",
        "block SD seen",
        "error 1 % over 6 tests",
        "power 95 %",
    ):
        assert part in calm.sentence
    assert calm.more_time


def test_a_noisier_machine_detects_less(calm: Prognosis) -> None:
    """Given starts that vary four times as much, the loss that 5 minutes detect is larger."""
    wild = prognoses(an_a_a(between=0.04))
    assert isinstance(wild, Prognosis)
    losses = [p.rows[0].within[1].found.loss for p in (calm, wild)]
    assert not any(isinstance(x, Unavailable) for x in losses)
    assert losses[0] < losses[1]  # type: ignore[operator]


def test_too_few_blocks_make_it_unavailable() -> None:
    """Given an A/A of two blocks, what can be detected is unavailable and the reason says so."""
    found = prognoses(an_a_a(blocks=2))
    assert isinstance(found, Unavailable)
    assert "2 blocks" in found.reason


def test_time_is_left_for_the_evidence() -> None:
    """Given blocks of 3 s, fewer fit than minutes divided by seconds, and more minutes hold more."""
    checkup = an_a_a()
    one, five, fifteen = (
        blocks_within(checkup.comparison, checkup.block_seconds, 60.0 * m) for m in (1, 5, 15)
    )
    assert 0 < one < 20
    assert one < five < 100
    assert fifteen - five == 200
