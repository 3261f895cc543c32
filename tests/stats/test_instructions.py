"""Instructions per message: start-up cancels, repeats show the precision, timers are no difference."""

from __future__ import annotations

import numpy as np
import pytest

from chronik_perf.stats.instructions import FunctionChange, PerMessage, change, grown, per_message

MESSAGES = (2000, 6000)


def side(
    rng: np.random.Generator,
    each: float,
    repeats: int = 3,
    noise: float = 100_000,
    timers_per_s: float = 0.0,
    wait_s: float = 0.0,
) -> PerMessage:
    """Simulate a version: start-up with noise, `each` instructions a message, timers over the time it takes."""
    took = [n * (each * 4e-9 + wait_s) for n in MESSAGES]
    short, long = (
        [round(600e6 + rng.normal(0, noise) + n * each + timers_per_s * t) for _ in range(repeats)]
        for n, t in zip(MESSAGES, took, strict=True)
    )
    return per_message(short, long, MESSAGES, ([took[0]] * repeats, [took[1]] * repeats), timers_per_s)


def test_what_a_start_costs_goes_out() -> None:
    """Given starts of any cost, exactly what the messages cost is left."""
    found = per_message([700_000_000, 5_000], [780_000_000, 80_005_000], MESSAGES, ([1, 1], [3, 3]), 0)
    assert found.repeats.tolist() == [20_000, 20_000]
    assert (found.mean, found.spread, found.timers) == (20_000, 0, 0)


def test_the_same_version_differs_as_seldom_as_the_interval_says() -> None:
    """Given 2,000 comparisons of a version with itself, about 1 % differ at 99 %, in either direction."""
    rng = np.random.default_rng(7)
    changes = [change(side(rng, 40_000), side(rng, 40_000)) for _ in range(2000)]
    up, down = sum(c.low > 0 for c in changes), sum(c.high < 0 for c in changes)
    assert up + down <= 40
    assert up > 0 and down > 0
    assert np.median([c.resolution for c in changes]) < 0.01


def test_a_small_change_is_seen() -> None:
    """Given repeats that agree to 1 in 10,000 and a change of 0.5 %, it is told with its size."""
    rng = np.random.default_rng(8)
    found = [change(side(rng, 40_000, noise=10_000), side(rng, 40_200, noise=10_000)) for _ in range(100)]
    assert np.mean([c.differs for c in found]) > 0.95
    assert np.median([c.estimate for c in found]) == pytest.approx(0.005, rel=0.05)


def test_a_version_that_waits_longer_computes_no_more() -> None:
    """Given timers that do work while a version waits 1 ms a message, what they add is no difference."""
    rng = np.random.default_rng(9)
    base = side(rng, 40_000, timers_per_s=3e6)
    waits = side(rng, 40_000, timers_per_s=3e6, wait_s=1e-3)
    found = change(base, waits)
    assert waits.mean > base.mean * 1.05  # the timers were counted
    assert not found.differs
    assert found.resolution > 0.05  # and how much they may hide is said


def test_repeats_that_agree_exactly_have_an_interval_of_no_width() -> None:
    """Given counts without any noise, the change is exact."""
    one, other = PerMessage(np.array([100.0, 100.0]), 0), PerMessage(np.array([139.0, 139.0]), 0)
    found = change(one, other)
    assert (found.estimate, found.low, found.high) == pytest.approx((0.39, 0.39, 0.39))
    assert found.differs


def test_swapping_the_sides_inverts_the_change() -> None:
    """Given two versions, the change the other way round is the inverse ratio."""
    rng = np.random.default_rng(10)
    one, other = side(rng, 40_000), side(rng, 50_000)
    there, back = change(one, other), change(other, one)
    assert (1 + there.estimate) * (1 + back.estimate) == pytest.approx(1)
    assert (1 + there.low) * (1 + back.high) == pytest.approx(1)


def test_the_functions_that_differ_most_come_first() -> None:
    """Given functions on either side alone or on both, they are ordered by how much they differ."""
    found = grown({"a": 10, "b": 5, "gone": 3}, {"a": 11, "b": 5, "new": 40}, most=3)
    assert found == [FunctionChange("new", 0, 40), FunctionChange("gone", 3, 0), FunctionChange("a", 10, 11)]
    assert [f.difference for f in found] == [40, -3, 1]
