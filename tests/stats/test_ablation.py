"""Accounts of simulated arms: shares are right within their intervals, interactions are split, nothing is invented."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from chronik_perf.model import Share, metric
from chronik_perf.model.ablation import Account, Arm, Difference
from chronik_perf.stats.betting.shares import both, bounded_by, share_of
from chronik_perf.stats.causes.ablation import account, arms_of, causes_of, still_needed
from chronik_perf.store import load, save
from tests.builders import V220, Noise, a_comparison

THROUGHPUT = metric("throughput")
Keys = tuple[str, ...]


def an_account(
    costs: dict[Keys, float], rounds: int = 16, noise: float = 0.03, seed: int = 1, claim: str | None = None
) -> Account:
    """Account for arms in which a message takes so many times the base's time, each start with its own noise."""
    keys = max(costs, key=len)
    base = V220["acks1"]
    arms = []
    for i, arm in enumerate(arms_of(keys, claim)):
        does = {**V220, "acks1": dataclasses.replace(base, msgs_per_s=base.msgs_per_s / costs[arm])}
        comparison = a_comparison(
            V220,
            does,
            blocks=rounds,
            histograms=False,
            evidence=False,
            noise=Noise(shared=noise, between=noise, slices=noise),
            seed=seed * 100 + i,
        )
        arms.append(Arm(arm, comparison))
    differences = [Difference(key, "old", "new") for key in keys]
    return account(differences, arms, THROUGHPUT, arms[0].comparison.workload("acks1"), 0.05, claim)


def test_one_of_three_differences_did_it() -> None:
    """Given a tenfold loss by one key and nothing by two others, that one explains most and the others little."""
    costs = {k: 10.0 if "worker" in k else 1.0 for k in arms_of(("store", "apply", "worker"))}
    found = an_account(costs)
    assert found.moved
    assert found.settled
    assert {e.difference.key: e.answer for e in found.explained} == {
        "store": "little",
        "apply": "little",
        "worker": "most",
    }
    worker = found.explained[2]
    assert worker.restores.low <= 1 <= worker.restores.high
    assert sum(e.explains.estimate for e in found.explained) == pytest.approx(1, abs=1e-9)


def test_an_interaction_is_split_between_those_that_act_together() -> None:
    """Given two keys that cost nothing alone and double the cost together, each explains half and restores all."""
    costs = {("a",): 1.0, ("b",): 1.0, ("a", "b"): 2.0}
    found = an_account(costs, rounds=30, noise=0.01)
    for one in found.explained:
        assert one.explains.low <= 0.5 <= one.explains.high
        assert one.restores.low <= 1 <= one.restores.high
        assert one.causes.high < 0.2


def test_what_many_differences_do_only_together_is_left_over() -> None:
    """Given four keys of which two act only together, their combination is not among the arms, and is told."""
    keys = ("a", "b", "c", "d")
    costs = {k: 2.0 if {"a", "b"} <= set(k) else 1.0 for k in arms_of(keys)}
    found = an_account(costs, rounds=30, noise=0.01)
    assert found.left_over is not None
    total = sum(e.explains.estimate for e in found.explained) + found.left_over.estimate
    assert total == pytest.approx(1, abs=0.02)


def test_without_a_change_nothing_is_explained() -> None:
    """Given arms that all cost the same, there is no account, and no share of noise."""
    found = an_account(dict.fromkeys(arms_of(("a", "b")), 1.0), rounds=30, noise=0.01)
    assert not found.moved
    assert found.explained == ()


def test_a_claim_needs_the_arms_of_its_own_key_alone() -> None:
    """Given a claim on one key of three, three arms are measured and only that key has shares."""
    keys = ("a", "b", "c")
    assert arms_of(keys, "b") == [keys, ("b",), ("a", "c")]
    costs = {k: 5.0 if "c" in k else 1.0 for k in arms_of(keys, "b")}
    found = an_account(costs, claim="b")
    assert [e.difference.key for e in found.explained] == ["b"]
    assert found.explained[0].answer == "little"


def test_a_claim_on_one_of_two_differences_is_about_that_one() -> None:
    """Given a loss by the first of two keys, a claim on the second is not told with the first one's shares."""
    found = an_account({("a",): 5.0, ("b",): 1.0, ("a", "b"): 5.0}, claim="b")
    assert [(e.difference.key, e.answer) for e in found.explained] == [("b", "little")]


def test_a_claim_that_is_half_true_stays_open() -> None:
    """Given a key that explains about a half, however narrowly, a claim on it is neither confirmed nor contested."""
    costs = {("a",): 1.5, ("b",): 1.5, ("a", "b"): 2.0}
    assert an_account(costs, rounds=40, noise=0.005).explained[0].answer == "part"
    claimed = an_account(costs, rounds=40, noise=0.005, claim="a")
    assert claimed.explained[0].answer == "open"
    assert not claimed.settled


def test_what_cannot_be_measured_is_not_waited_for() -> None:
    """Given a total that is unknown after twenty rounds, no arm is needed any more."""
    nothing = Account("acks1", "throughput", None, False, False, 20, (), None, "it was not measured")
    assert still_needed([nothing], ("a", "b"), arms_of(("a", "b"))) == ([], [])
    assert still_needed([dataclasses.replace(nothing, rounds=3)], ("a", "b"), arms_of(("a", "b")))[0]


def test_intervals_that_exclude_each_other_leave_the_share_open() -> None:
    """Given two intervals of one share without a common point, all of either is kept, and no gap between them."""
    assert both(Share(0.5, 0.2, 0.55), (0.6, 0.7)) == Share(0.5, 0.2, 0.7)
    assert both(Share(0.5, 0.2, 0.65), (0.4, 0.7)) == Share(0.5, 0.4, 0.65)


def test_what_was_found_is_kept_with_the_comparison(tmp_path: Path) -> None:
    """Given an account, its answers and shares are saved with the comparison; a share without an end is left out."""
    found = an_account({("a",): 5.0, ("b",): 1.0, ("a", "b"): 5.0})
    endless = dataclasses.replace(found.explained[1], causes=Share(0.1, -math.inf, 0.3))
    kept = causes_of([dataclasses.replace(found, explained=(found.explained[0], endless))])
    assert [(c.workload, c.metric, c.key, c.answer) for c in kept] == [
        ("acks1", "throughput", "a", "most"),
        ("acks1", "throughput", "b", "little"),
    ]
    assert (kept[0].explains, kept[0].restores) == (found.explained[0].explains, found.explained[0].restores)
    assert kept[1].causes is None
    save(dataclasses.replace(a_comparison(blocks=2, evidence=False), causes=kept), tmp_path)
    assert load(tmp_path).causes == kept


def test_arms_of_a_difference_that_is_answered_are_dropped() -> None:
    """Given four keys, those that are answered need no more rounds, and with all answered none does."""
    keys = ("a", "b", "c", "d")
    costs = {k: 10.0 if "d" in k else 1.0 for k in arms_of(keys)}
    found = an_account(costs)
    assert still_needed([found], keys, arms_of(keys)) == ([], [])
    open_one = dataclasses.replace(found.explained[0], answer="open")
    open_again = dataclasses.replace(found, explained=(open_one, *found.explained[1:]), settled=False)
    other = dataclasses.replace(found, workload="raw")
    needed = still_needed([other, open_again], keys, arms_of(keys))
    assert needed == ([keys, ("a",), ("b", "c", "d")], ["acks1"])


def test_intervals_of_shares_hold_what_is_true() -> None:
    """Of 300 simulated shares under skewed noise on both sums, an interval of 95 % misses hardly more than 15."""
    rng = np.random.default_rng(7)
    missed = 0
    for _ in range(300):
        whole = 1.5 * rng.lognormal(-0.02, 0.2, 24) - 1 + 0.5
        part = 0.3 * (1.5 * rng.lognormal(-0.02, 0.2, 24) - 1 + 0.5)
        found = share_of(part, whole, 0.05)
        missed += not found.low <= 0.3 <= found.high
    assert missed <= 24


def test_bounds_hold_at_every_corner() -> None:
    """Given intervals of two arms, the share's extremes lie at their ends; a whole that may be 0 bounds none."""
    both, one = ("a", "b"), ("a",)
    low, high = bounded_by({both: 1.0, one: -1.0}, {both: (3.0, 4.0), one: (1.0, 1.5)}, both)
    assert low == pytest.approx((3.0 - 1.5) / 2)
    assert high == pytest.approx(1.0)
    assert bounded_by({both: 1.0}, {both: (0.9, 1.2)}, both) == (-np.inf, np.inf)
