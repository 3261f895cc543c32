"""Which frames are coloured: the start is the unit, false discoveries are held, and cost that moved did not grow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from chronik_perf.model import Profile, Side
from chronik_perf.stats import DiffNode, ProfileDifference, profile_difference

BETWEEN_STARTS = 0.1  # SD of a function's cost from start to start, as a part of it
# Twenty large functions, forty of 1 %, and a crowd of small ones: 1,000 samples a start.
COSTS = {f"f{i} (a.py)": n for i, n in enumerate([25.0] * 20 + [10.0] * 40 + [1.0] * 100)}


def profiles(
    rng: np.random.Generator, costs: Mapping[str, float], side: Side, starts: int, longer: float = 1.0
) -> list[Profile]:
    """Sample a program in several starts, each of which costs a little differently, function by function."""
    taken = []
    for start in range(starts):
        true = {f: c * longer * rng.gamma(1 / BETWEEN_STARTS**2, BETWEEN_STARTS**2) for f, c in costs.items()}
        counts = {f"T;main (a.py);{f}": int(rng.poisson(c)) for f, c in true.items()}
        stacks = {stack: n for stack, n in counts.items() if n}
        cpu_s, stored = sum(true.values()) / 100, round(1e6 * longer)
        n = sum(stacks.values())
        taken.append(Profile(side, "raw", "cpu", 100, n, 10.0 * longer, cpu_s, stored, stacks, start))
    return taken


def alike(stacks: Mapping[str, int], side: Side, starts: int = 4) -> list[Profile]:
    """Give starts that all came out the same: 10 ms a sample, a million messages."""
    n = sum(stacks.values())
    return [Profile(side, "raw", "cpu", 100, n, 10.0, n / 100, 10**6, dict(stacks), s) for s in range(starts)]


def states(difference: ProfileDifference) -> dict[str, str]:
    """Give each function's state by its own figure."""
    return {f.name.split(" ")[0]: f.state for f in difference.frames}


def nodes(difference: ProfileDifference) -> dict[str, DiffNode]:
    """Give the nodes by function; no test here has one twice."""
    found, pending = {}, [difference.root]
    while pending:
        node = pending.pop()
        found[node.name.split(" (")[0]] = node
        pending += node.children
    return found


@pytest.mark.parametrize("starts", [3, 4, 8])
def test_equals_rarely_colour_anything(starts: int) -> None:
    """Given one program on both sides, at most 5 % of the comparisons colour any function or any frame of the tree.

    Where nothing changed, every discovery is a false one, so the rate of false discoveries is that of comparisons
    with any.
    """
    rng = np.random.default_rng(9)
    functions = frames = 0
    for _ in range(150):
        d = profile_difference(
            profiles(rng, COSTS, "base", starts), profiles(rng, COSTS, "candidate", starts, longer=3.0)
        )
        functions += any(not f.grey for f in d.frames)
        frames += any(not n.grey for n in nodes(d).values())
    # 7.5 are expected at most; more than 13 come in one case of 40
    assert functions <= 13 and frames <= 13


def test_real_changes_are_found_and_few_false_ones_beside_them() -> None:
    """Given ten functions that cost twice as much, most are found, and at most 5 % of what is told did not change."""
    rng = np.random.default_rng(10)
    grown = {f"f{i} (a.py)" for i in range(10)}
    true = false = 0
    for _ in range(60):
        costs = {f: c * (2 if f in grown else 1) for f, c in COSTS.items()}
        d = profile_difference(profiles(rng, COSTS, "base", 4), profiles(rng, costs, "candidate", 4))
        told = {f.name for f in d.frames if not f.grey}
        true, false = true + len(told & grown), false + len(told - grown)
    assert true > 0.8 * 600
    assert false / (true + false) <= 0.05


def test_what_one_start_does_alone_is_no_change() -> None:
    """Given one start of four in which a function cost ten times as much, it is grey: a start is one case."""
    base = {"T;main (a.py);a (a.py)": 500, "T;main (a.py);b (a.py)": 100}
    once = {**base, "T;main (a.py);b (a.py)": 1000}
    candidate = [*alike(base, "candidate", 3), *alike(once, "candidate", 1)]
    difference = profile_difference(alike(base, "base"), candidate)
    assert states(difference)["b"] == "grey"


@pytest.mark.parametrize(("starts", "said"), [(1, "one start of a side"), (2, "2 starts of a side")])
def test_too_few_starts_have_no_significance_and_say_so(starts: int, said: str) -> None:
    """Given one start of each side, or two, a tenfold change is shown in grey, and the reason in words."""
    base, candidate = {"T;main (a.py)": 100, "T;f (a.py)": 100}, {"T;main (a.py)": 100, "T;f (a.py)": 1000}
    difference = profile_difference(alike(base, "base", starts), alike(candidate, "candidate", starts))
    assert set(states(difference).values()) == {"grey"}
    assert all(n.grey and n.interval_us is None for n in nodes(difference).values())
    assert said in difference.unseen and "nothing is coloured" in difference.unseen


def test_cost_that_moved_is_not_cost_that_grew() -> None:
    """Given a callee up, its sibling down and their caller flat, both moved, with all below; the caller is grey."""
    base = {"T;main (a.py);old (b.py);work (b.py)": 300, "T;main (a.py);new (c.py);work2 (c.py)": 20}
    base |= {"T;main (a.py)": 500}
    candidate = {"T;main (a.py);old (b.py);work (b.py)": 20, "T;main (a.py);new (c.py);work2 (c.py)": 300}
    candidate |= {"T;main (a.py)": 500}
    difference = profile_difference(alike(base, "base"), alike(candidate, "candidate"))
    found = {name: node.state for name, node in nodes(difference).items()}
    assert found["main"] == "grey"
    assert {found[name] for name in ("old", "new", "work", "work2")} == {"moved"}
    assert {states(difference)[name] for name in ("work", "work2")} == {"moved"}
    assert "cost moved between functions" in difference.sentence


def test_what_a_function_gave_to_a_new_callee_moved() -> None:
    """Given a part of a function that became a function of its own, neither of the two grew or shrank."""
    base = {"T;main (a.py);f (a.py)": 400, "T;main (a.py)": 400}
    candidate = {
        "T;main (a.py);f (a.py);part (a.py)": 300,
        "T;main (a.py);f (a.py)": 100,
        "T;main (a.py)": 400,
    }
    difference = profile_difference(alike(base, "base"), alike(candidate, "candidate"))
    assert {name: states(difference)[name] for name in ("f", "part")} == {"f": "moved", "part": "moved"}
    assert nodes(difference)["f"].state == "grey"


def test_growth_beside_a_smaller_saving_is_growth() -> None:
    """Given a callee up by much and a sibling down by less, the one grew, the other shrank, and so did the caller."""
    base = {"T;main (a.py);a (b.py)": 300, "T;main (a.py);b (c.py)": 300, "T;main (a.py)": 300}
    candidate = {"T;main (a.py);a (b.py)": 1200, "T;main (a.py);b (c.py)": 100, "T;main (a.py)": 300}
    difference = profile_difference(alike(base, "base"), alike(candidate, "candidate"))
    found = {name: node.state for name, node in nodes(difference).items()}
    assert (found["a"], found["b"], found["main"]) == ("grew", "shrank", "grew")
    assert states(difference)["a"] == "grew"


def test_small_frames_are_pooled_and_lose_no_cost() -> None:
    """Given fifty frames of a sample each, they are one frame that can be told, and the sums stay what they were."""
    base = {"T;main (a.py)": 500}
    candidate = base | {f"T;main (a.py);tiny{i} (d.py)": 1 for i in range(50)}
    difference = profile_difference(alike(base, "base"), alike(candidate, "candidate"))
    pooled = nodes(difference)["(small frames)"]
    assert (pooled.candidate_samples, pooled.base_samples, pooled.state) == (200, 0, "grew")
    assert nodes(difference)["main"].candidate_us == pytest.approx(5_500)
    assert states(difference)["(small"] == "grew"


def test_an_interval_holds_the_change_and_narrows_with_starts() -> None:
    """Given more starts, the interval of the same change is narrower, and so is what could not have been seen."""
    rng = np.random.default_rng(3)
    costs = {**COSTS, "f0 (a.py)": 50.0}
    half, seen = [], []
    for n in (4, 16):
        d = profile_difference(profiles(rng, COSTS, "base", n), profiles(rng, costs, "candidate", n))
        f0 = next(f for f in d.frames if f.name == "f0 (a.py)")
        assert f0.interval_us is not None and f0.seen_from_us is not None
        assert f0.interval_us[0] < f0.self_delta_us < f0.interval_us[1]
        half.append(f0.interval_us[1] - f0.interval_us[0])
        seen.append(f0.seen_from_us)
        assert "What could not have been seen" in d.unseen
    assert half[1] < half[0] and seen[1] < seen[0]


def test_what_could_not_have_been_seen_is_what_it_says() -> None:
    """Given a function that grew by what reports say would be seen, it is told about four times out of five."""
    rng = np.random.default_rng(21)
    said = []
    for _ in range(5):  # one report knows the noise no better than its own starts do
        equals = profile_difference(profiles(rng, COSTS, "base", 8), profiles(rng, COSTS, "candidate", 8))
        said.append(next(f for f in equals.frames if f.name == "f0 (a.py)").seen_from_us)
    seen_from_us = sum(one for one in said if one is not None) / len(said)
    # a sample is 10 ms of CPU, and a start stores a million messages: 10 µs per 1,000
    grown = {**COSTS, "f0 (a.py)": COSTS["f0 (a.py)"] + seen_from_us / 10}
    told = smaller = 0
    for _ in range(60):
        base = profiles(rng, COSTS, "base", 8)
        d = profile_difference(base, profiles(rng, grown, "candidate", 8))
        told += states(d)["f0"] == "grew"
        less = {**COSTS, "f0 (a.py)": COSTS["f0 (a.py)"] + seen_from_us / 30}
        smaller += states(profile_difference(base, profiles(rng, less, "candidate", 8)))["f0"] == "grew"
    assert 0.6 * 60 <= told <= 0.97 * 60
    assert smaller <= 0.2 * 60


def test_starts_without_samples_are_left_out() -> None:
    """Given a start that was not sampled, the others count, and a note says that one is missing."""
    base = {"T;main (a.py);a (a.py)": 500}
    candidate = [*alike(base, "candidate", 3), *alike({}, "candidate", 1)]
    difference = profile_difference(alike(base, "base"), candidate)
    assert difference.root.candidate_us == pytest.approx(difference.root.base_us)
    assert difference.notes == ("The cpu profile of candidate holds no sample.",)
