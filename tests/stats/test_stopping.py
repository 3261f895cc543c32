"""A comparison stops when its outcome is safe or cannot be reached, and not before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chronik_perf.model import Comparison
from chronik_perf.stats import Standing, judge, standing
from tests.builders import ACKS1, RAW, V220, Behaviour, Noise, a_comparison

QUIET = Noise(between=0.004)


def after(blocks: int, throughput: float, noise: Noise = QUIET, more: int = 20, seed: int = 1) -> Standing:
    """Give where a comparison stands after that many blocks, the candidate's throughput multiplied."""
    comparison = compared(blocks, throughput, noise, seed)
    return standing(comparison, judge(comparison, evidence=False), more)


def compared(blocks: int, throughput: float, noise: Noise, seed: int) -> Comparison:
    """Compare on both acks=1 workloads."""
    candidate: dict[str, Behaviour] = {
        name: replace(
            b, msgs_per_s=b.msgs_per_s * throughput, cpu_us_per_message=b.cpu_us_per_message / throughput
        )
        for name, b in V220.items()
    }
    return a_comparison(
        V220, candidate, blocks=blocks, seed=seed, noise=noise, workloads=(ACKS1, RAW), histograms=False,
        evidence=False, slices=4,
    )  # fmt: skip


def first_stop(throughput: float, noise: Noise = QUIET, budget: int = 40) -> tuple[int, Standing]:
    """Look after every block and give the first at which it stops."""
    for blocks in range(2, budget + 1):
        found = after(blocks, throughput, noise, more=budget - blocks)
        if found.stop:
            return blocks, found
    pytest.fail("it never stopped")


def test_nothing_stops_before_a_word_is_possible() -> None:
    """After six blocks no effect, however large, has been proven at 1 %."""
    assert not after(6, 0.1).stop


def test_equals_stop_when_every_gate_is_decided() -> None:
    """On a quiet machine, versions that are alike end in far fewer blocks than there might have been."""
    blocks, found = first_stop(1.0)
    assert found.reason == "every gate is decided"
    assert blocks <= 16


def test_a_large_regression_stops_soon_and_a_small_one_later() -> None:
    """A fall to a third is decided at about the least number of blocks; one of 8 % takes longer."""
    large, found = first_stop(0.33)
    assert "a regression is proven" in found.reason
    assert large <= 12
    small, found = first_stop(0.92, Noise(between=0.012))
    assert "a regression is proven" in found.reason
    assert small > large


def test_a_spent_budget_stops() -> None:
    """With no block left there is nothing to wait for."""
    assert after(4, 1.0, more=0) == Standing(True, "the budget is spent")


@pytest.mark.parametrize("more", [0, 1, 2, 3])
def test_a_loss_that_is_likely_to_be_proven_takes_the_time_of_evidence(more: int) -> None:
    """Given few blocks left and more if evidence had less time, a likely loss goes on; equals do not."""
    losing = compared(12, 0.9, Noise(between=0.03), 1)
    verdict = judge(losing, evidence=False)
    assert "regressed" not in {row.word for row in verdict.rows}
    assert not standing(losing, verdict, more, more + 9).stop
    assert standing(losing, verdict, 0, 0).reason == "the budget is spent"
    equals = compared(13, 1.0, Noise(between=0.035), 1)
    assert standing(equals, judge(equals, evidence=False), more, more + 9).stop


def test_hopeless_noise_stops_for_futility() -> None:
    """Where no future drawn from the blocks there are decides anything, the budget is not burnt."""
    found = after(16, 1.0, Noise(between=0.5), more=6)
    assert found.stop
    assert "could not be decided within the budget" in found.reason


def test_starts_that_may_have_two_modes_go_on() -> None:
    """Given every second start slow, which no mean can prove within the budget, it goes on: how often may be told."""
    equal, slower = (compared(14, throughput, QUIET, 1) for throughput in (1.0, 0.5))
    mixed = [pair[index % 2] for index, pair in enumerate(zip(equal.blocks, slower.blocks, strict=True))]
    comparison = replace(equal, blocks=tuple(mixed))
    assert not standing(comparison, judge(comparison, evidence=False), 6).stop


def test_a_saturated_generator_does_not_spend_the_budget() -> None:
    """Given equals and a generator that is the limit, whose sameness is never shown, it ends and says which gate."""
    busy = {**V220, ACKS1.name: replace(V220[ACKS1.name], generator_busy=0.97)}
    comparison = a_comparison(
        busy, busy, blocks=24, noise=QUIET, workloads=(ACKS1, RAW), histograms=False, evidence=False, slices=4
    )  # fmt: skip
    found = standing(comparison, judge(comparison, evidence=False), 16)
    assert found.reason == "throughput could not be decided within the budget"


def test_noise_that_more_blocks_can_beat_goes_on() -> None:
    """Where a budget may still decide, it goes on."""
    assert not after(10, 1.0, Noise(between=0.03), more=60).stop


def test_unfinished_and_finished_are_the_same_to_it() -> None:
    """It looks at blocks alone, so that a resumed run goes on as if it had not been interrupted."""
    comparison = compared(14, 1.0, QUIET, 1)
    verdict = judge(comparison, evidence=False)
    assert standing(comparison, verdict, 5) == standing(replace(comparison, complete=False), verdict, 5)
