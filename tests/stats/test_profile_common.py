"""What all functions of a start have in common is taken for its core's speed, and what one has alone for a change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chronik_perf.model import Profile, Side
from chronik_perf.stats import ProfileDifference, profile_difference

# Forty functions of a percent to four each: 20,000 samples a start.
COSTS = {f"f{i} (a.py)": 200.0 + 20 * (i % 31) for i in range(40)}
SPEEDS = 0.2  # SD of the logarithm of what a core's speed multiplies all costs by


def profiles(
    rng: np.random.Generator, costs: Mapping[str, float], side: Side, starts: int = 12, slower: float = 1.0
) -> list[Profile]:
    """Sample a program in several starts, on a core whose speed is another in each."""
    taken = []
    for start in range(starts):
        speed = slower * float(np.exp(rng.normal(0, SPEEDS)))
        true = {f: c * rng.gamma(1 / 0.03**2, 0.03**2) for f, c in costs.items()}
        stacks = {f"T;main (a.py);{f}": int(rng.poisson(c)) for f, c in true.items()}
        samples = sum(stacks.values())
        cpu_s = speed * sum(true.values()) / 500
        taken.append(Profile(side, "raw", "cpu", 500, samples, 40.0, cpu_s, 1_000_000, stacks, start))
    return taken


def told(difference: ProfileDifference) -> dict[str, str]:
    """Give the states of what is told."""
    return {f.name.split(" ")[0]: f.state for f in difference.frames if not f.grey}


def test_a_fifth_more_of_a_small_function_shows_on_cores_of_changing_speed() -> None:
    """Given cores whose speeds differ by a fifth from start to start, most runs tell +20 % of a function of 1 %."""
    rng = np.random.default_rng(4)
    dearer = {**COSTS, "f0 (a.py)": 1.2 * COSTS["f0 (a.py)"]}
    found = [
        told(profile_difference(profiles(rng, COSTS, "base"), profiles(rng, dearer, "candidate")))
        for _ in range(20)
    ]
    assert sum(one.get("f0") == "grew" for one in found) >= 16
    assert sum(len(one.keys() - {"f0"}) for one in found) <= 3


def test_equals_on_cores_of_changing_speed_are_rarely_coloured() -> None:
    """Given one program on both sides, at most 5 % of the comparisons colour any function."""
    rng = np.random.default_rng(5)
    for starts in (3, 4, 12):
        pairs = (
            (profiles(rng, COSTS, "base", starts), profiles(rng, COSTS, "candidate", starts))
            for _ in range(60)
        )
        # 3 are expected at most; more than 7 come in one case of a hundred
        assert sum(bool(told(profile_difference(*pair))) for pair in pairs) <= 7


def test_what_stayed_while_all_else_grew_did_not_shrink() -> None:
    """Given a program of which all but one function cost half as much again, that one is not said to have shrunk."""
    rng = np.random.default_rng(6)
    dearer = {f: c * (1.0 if f == "f0 (a.py)" else 1.5) for f, c in COSTS.items()}
    for _ in range(10):
        found = told(profile_difference(profiles(rng, COSTS, "base"), profiles(rng, dearer, "candidate")))
        assert "shrank" not in found.values()
        assert "f0" not in found


def test_a_function_that_grew_much_is_no_news_of_the_others() -> None:
    """Given a function that costs fifty times as much, more than all others together, none of those is told."""
    rng = np.random.default_rng(7)
    dearer = {**COSTS, "f0 (a.py)": 50 * COSTS["f0 (a.py)"]}
    others = 0
    for _ in range(10):
        found = told(profile_difference(profiles(rng, COSTS, "base"), profiles(rng, dearer, "candidate")))
        assert found["f0"] == "grew"
        others += len(found) - 1
    assert others <= 3
