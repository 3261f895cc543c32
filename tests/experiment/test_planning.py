"""The plan of the next block: long where that decides sooner, and never so long that time ends before any word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chronik_perf.experiment.evidence.timing import (
    CLOSING_S,
    evidence_seconds,
    next_kinds,
)
from chronik_perf.experiment.plan import budget, default_design
from chronik_perf.experiment.planning import (
    affordable,
    next_pairs,
    seconds_for_blocks,
    seconds_left,
)
from chronik_perf.model import Block, Comparison, Design, Start
from chronik_perf.stats import Family, judge, least_blocks
from tests.builders import ACKS1, RAW, V220, Noise, a_comparison

# Slices differ much and starts little: the case in which long blocks pay.
RESTLESS = Noise(slices=0.1, between=0.002)
BLOCK_S, PAIR_S, PAIRS = 4.0, 0.2, 2  # two workloads share a block


def measured(blocks: int, pairs: int = PAIRS, seed: int = 1) -> Comparison:
    """Compare a version with itself on both acks=1 workloads, by blocks of so many pairs of slices."""
    design = Design(blocks=40, seed=seed, budget_s=300.0)
    made = a_comparison(
        V220, V220, blocks=blocks, slices=pairs, noise=RESTLESS, seed=seed, workloads=(ACKS1, RAW), design=design,
        histograms=False, evidence=False,
    )  # fmt: skip
    return replace(made, blocks=tuple(alternating(block) for block in made.blocks))


def alternating(block: Block) -> Block:
    """Let slices of the two sides begin in turn, half of PAIR_S apart."""

    def timed(start: Start, offset_s: float) -> Start:
        slices = []
        for i, s in enumerate(start.slices):
            begun, window_ns = round((i * PAIR_S + offset_s) * 1e9), round(PAIR_S / 2 * 1e9)
            load = replace(s.load, first_send_ns=begun, last_ack_ns=begun + window_ns)
            slices.append(replace(s, load=load))
        return replace(start, slices=tuple(slices))

    return replace(block, base=timed(block.base, 0.0), candidate=timed(block.candidate, PAIR_S / 2))


def planned(comparison: Comparison, left_s: float | None, least: int = 2) -> dict[str, int]:
    seconds = [BLOCK_S] * len(comparison.blocks)
    return dict(next_pairs(comparison, judge(comparison, evidence=False), seconds, left_s, least))


def least_for_a_word(comparison: Comparison) -> int:
    return least_blocks(Family.of(comparison.design, comparison.workloads).one_way)


def test_noise_between_slices_lengthens_blocks() -> None:
    """Given slices that differ much and time enough, the fifth block has more of them than the first four."""
    pairs = planned(measured(4), left_s=1000.0)
    assert min(pairs.values()) > PAIRS


@pytest.mark.parametrize("left_s", [25.0, 30.0, 40.0])
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_plan_leaves_room_for_the_least_number_of_blocks(left_s: float, seed: int) -> None:
    """Given that the time left is enough for the least number of blocks, those that are planned fit into it."""
    comparison = measured(4, seed=seed)
    pairs = planned(comparison, left_s)
    bare_s = BLOCK_S - 2 * PAIRS * PAIR_S
    block_s = bare_s + PAIR_S * sum(pairs.get(name, PAIRS) for name in ("acks1", "raw"))
    due = least_for_a_word(comparison) - len(comparison.blocks)
    assert affordable(comparison, [block_s], left_s) >= due


def test_time_that_is_too_short_for_any_word_still_gives_blocks_of_the_least() -> None:
    """Given less time than the least number of blocks takes, the plan is the shortest block there is."""
    assert set(planned(measured(4), left_s=1.0).values()) == {2}


def test_blocks_of_one_pair_are_lengthened_where_noise_costs_the_time() -> None:
    """Given blocks of one pair of slices, whose noise cannot be told apart, a noisy one asks for more of them."""
    pairs = planned(measured(6, pairs=1), left_s=1000.0, least=1)
    assert min(pairs.values()) > 1


def test_time_is_kept_for_evidence_as_soon_as_messages_are_known_to_be_lost() -> None:
    """Given one block, all the time may go into blocks; given one that lacks messages, profiles get theirs."""
    spend = budget(default_design(quick=False, seed=1))
    made = measured(1)
    lossy = replace(made, blocks=tuple(losing(block) for block in made.blocks))
    left_s = [seconds_for_blocks(one, judge(one), 20.0, spend, profiles=True) for one in (made, lossy)]
    assert left_s[0] is not None
    assert left_s[1] == seconds_left(lossy, 20.0, spend, profiles=True)
    assert left_s[1] is not None
    assert left_s[1] < left_s[0]


def test_no_more_is_kept_than_it_takes_to_tell_a_change() -> None:
    """Given a run that is not decided, evidence keeps the time of three starts, though more may be taken."""
    spend = budget(default_design(quick=False, seed=1))
    made = measured(10)
    left_s = seconds_left(made, 20.0, spend, profiles=True)
    assert left_s is not None
    assert spend.profile_starts > 3
    kept_s = [evidence_seconds(made, spend, starts, profiles=True) for starts in (3, spend.profile_starts)]
    assert 300.0 - 20.0 - left_s == pytest.approx(kept_s[0] + CLOSING_S)
    assert kept_s[0] < kept_s[1]


def test_a_profile_that_was_asked_for_is_kept_whole() -> None:
    """Given a CPU profile of a length that somebody wants, an open comparison keeps the time of all its starts."""
    design = default_design(quick=False, seed=1, budget_s=900.0)
    made = measured(10)
    made = replace(made, design=replace(made.design, budget_s=900.0, cpu_profile_s=200.0))
    spend = budget(replace(design, cpu_profile_s=200.0))
    left_s = seconds_left(made, 20.0, spend, profiles=True)
    assert left_s is not None
    kept_s = evidence_seconds(made, spend, spend.profile_starts, profiles=True)
    assert 900.0 - 20.0 - left_s == pytest.approx(kept_s + CLOSING_S)
    assert kept_s > 2 * 2 * 200.0  # of two workloads


def test_what_fits_on_one_more_start_follows_from_what_the_last_took() -> None:
    """Given starts of 20 s, the next has all profiles in 20 s, those of CPU alone in 16 s, and none in 10 s."""
    spend = budget(default_design(quick=False, seed=1))
    made = measured(10)

    def fits(done: int, left_s: float) -> Sequence[str] | None:
        return next_kinds(made, spend, done, ("cpu", "wall"), 20.0, left_s, waits=True)

    assert [fits(1, left_s) for left_s in (20.0, 16.0, 10.0)] == [("cpu", "wall"), ("cpu",), None]
    # One that is not probed takes less than those before it.
    assert fits(spend.probed_starts, 16.0) == ("cpu",)


def losing(block: Block) -> Block:
    """Let each slice of the candidate lack a message."""
    slices = tuple(replace(s, load=replace(s.load, stored=s.load.stored - 1)) for s in block.candidate.slices)
    return replace(block, candidate=replace(block.candidate, slices=slices))
