"""Faults of other differential flame graphs, a test or more each; `Fault:` names the one that is not to be here.

Those that only real profiles or the page can have are in the files of this name beside samplers and reports.
"""

from __future__ import annotations

import math

import pytest

from chronik_perf.model import Profile, Unavailable
from chronik_perf.stats import profile_difference
from tests.builders import a_profile_of, difference_of, node_at, nodes_of

STACKS = {
    "MainThread;main (a.py);decode (b.py)": 300,
    "MainThread;main (a.py);append (c.py)": 100,
    "MainThread;main (a.py)": 100,
}
DECODE, APPEND = (
    ("MainThread", "main (a.py)", "decode (b.py)"),
    ("MainThread", "main (a.py)", "append (c.py)"),
)


@pytest.mark.parametrize(
    "other",
    [
        {"rate_hz": 500, "factor": 5},
        {"window_s": 30.0, "cpu_s": 15.0, "stored": 3_000_000, "factor": 3},
        {"cpu_s": 0.5, "stored": 100_000, "factor": 1},
    ],
    ids=["another rate", "three times as long", "a tenth of the throughput"],
)
def test_rate_duration_and_throughput_do_not_read_as_change(other: dict[str, float]) -> None:
    """Fault: different rates or durations read as change. The same work per message shows none, however sampled."""
    factor = int(other.pop("factor"))
    more = {stack: n * factor for stack, n in STACKS.items()}
    difference = difference_of(a_profile_of(STACKS), a_profile_of(more, "candidate", **other))  # type: ignore[arg-type]
    assert all(abs(n.delta_us) < 1e-6 and n.grey for n in nodes_of(difference.root))
    assert all(f.grey for f in difference.frames)
    assert "no function changed" in difference.sentence


@pytest.mark.parametrize("other", [{"rate_hz": 500}, {"stored": 5_000_000}], ids=["rate", "duration"])
def test_rate_and_duration_of_a_wall_profile_do_not_read_as_change(other: dict[str, int]) -> None:
    """Fault: different rates or durations read as change. Nor do they where samples stand for threads' time."""
    more = {stack: 5 * n for stack, n in STACKS.items()}
    base = a_profile_of(STACKS, kind="wall")
    difference = difference_of(base, a_profile_of(more, "candidate", kind="wall", **other))  # type: ignore[arg-type]
    assert all(abs(n.delta_us) < 1e-6 and n.grey for n in nodes_of(difference.root))


def test_growth_of_one_frame_does_not_shrink_the_others() -> None:
    """Fault: unchanged frames distorted by scaling. As many samples on both sides, one frame up, and the others stay.

    A profiler takes its samples by the clock: where one function grew, all others have fewer of them, and where totals
    are made equal these read as savings.
    """
    # given a candidate that was sampled as often, while `decode` took three times as long a message
    grown = {
        "MainThread;main (a.py);decode (b.py)": 900,
        "MainThread;main (a.py);append (c.py)": 100,
        "MainThread;main (a.py)": 100,
    }
    sampled = {stack: round(n * 500 / 1100) for stack, n in grown.items()}
    difference = difference_of(
        a_profile_of(STACKS), a_profile_of(sampled, "candidate", cpu_s=5.0, stored=454_545)
    )
    # then it grew, and what did not change is where it was
    assert node_at(difference, *DECODE).delta_us == pytest.approx(6000, rel=0.01)
    append, main = node_at(difference, *APPEND), node_at(difference, "MainThread", "main (a.py)")
    assert append.grey and append.candidate_us == pytest.approx(append.base_us, rel=0.03)
    assert main.candidate_self_us == pytest.approx(main.base_self_us, rel=0.03)
    assert {f.name for f in difference.frames if not f.grey} == {"decode (b.py)"}


def test_starts_of_which_some_have_no_cpu_seconds_are_all_scaled_alike() -> None:
    """Fault: unchanged frames distorted by scaling. CPU seconds scale every start or none.

    A profiler that misses every other sample is made good by the scheduler's clock; were only one side made good, the
    same program would look twice as expensive there.
    """
    known, unknown = (
        a_profile_of(STACKS, cpu_s=10.0),
        a_profile_of(STACKS, "candidate", cpu_s=Unavailable("not readable")),
    )
    difference = difference_of(known, unknown)
    assert all(abs(n.delta_us) < 1e-6 and n.grey for n in nodes_of(difference.root))
    assert len(difference.notes) == 1 and "1/100 s" in difference.notes[0]


def test_a_parent_shows_what_its_children_grew() -> None:
    """Fault: a parent shown unchanged while its children grew. Its inclusive figure grew, its own one stayed."""
    grown = {**STACKS, "MainThread;main (a.py);decode (b.py)": 900}
    difference = difference_of(a_profile_of(STACKS), a_profile_of(grown, "candidate", cpu_s=11.0))
    main = node_at(difference, "MainThread", "main (a.py)")
    assert main.delta_us == pytest.approx(6000)
    assert main.self_delta_us == pytest.approx(0, abs=1e-9)
    assert not main.grey
    assert difference.frames[0].name == "decode (b.py)"


def test_own_figures_of_all_functions_add_up_to_the_whole() -> None:
    """Fault: self time counted twice. Every sample is one function's own, wherever and however often that stands."""
    stacks = {
        "T;main (a.py);work (b.py)": 200,  # one function on two paths,
        "T;main (a.py);other (c.py);work (b.py)": 100,
        "T;main (a.py);work (b.py);work (b.py)": 100,  # that calls itself,
        "T;main (a.py)": 60,
        "T;main (a.py);tiny (d.py)": 1,  # and two that are pooled
        "T;main (a.py);small (d.py)": 1,
        "a thread alone": 38,
    }
    difference = difference_of(a_profile_of(stacks), a_profile_of(stacks, "candidate"))
    work = next(f for f in difference.frames if f.name == "work (b.py)")
    assert work.base_self_us == work.base_us == pytest.approx(4000)
    assert sum(f.base_self_us for f in difference.frames) == pytest.approx(difference.root.base_us)
    assert sum(f.candidate_self_us for f in difference.frames) == pytest.approx(difference.root.candidate_us)


def test_profiles_of_different_kinds_or_workloads_are_not_compared() -> None:
    """Fault: CPU compared with wall-clock silently. A CPU profile has no difference to a wall profile."""
    with pytest.raises(ValueError, match="different workloads or kinds"):
        difference_of(a_profile_of(STACKS), a_profile_of(STACKS, "candidate", kind="wall"))


def test_one_sample_against_none_is_grey() -> None:
    """Fault: one sample against none in bright red. A frame seen once, on one side, is no change."""
    once = {**STACKS, "MainThread;main (a.py);rare (e.py)": 1}
    starts = [a_profile_of(STACKS, "candidate")] * 3
    difference = profile_difference([a_profile_of(STACKS)] * 4, [*starts, a_profile_of(once, "candidate")])
    assert node_at(difference, "MainThread", "main (a.py)", "rare (e.py)").grey


@pytest.mark.parametrize(
    ("empty", "said"),
    [
        (a_profile_of({}, "candidate"), "holds no sample"),
        (a_profile_of(STACKS, "candidate", stored=0), "Nothing was stored"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_an_empty_side_gives_zeros_a_note_and_no_nan(empty: Profile, said: str, turned: bool) -> None:
    """Fault: an empty side that gives NaN. It is shown as nothing, in grey, with a note; no NaN, no infinity."""
    full = a_profile_of(STACKS)
    difference = difference_of(empty, full) if turned else difference_of(full, empty)
    assert said in difference.notes[0]
    for node in nodes_of(difference.root):
        assert node.grey
        assert all(map(math.isfinite, (node.base_us, node.candidate_us, node.delta_us, node.self_delta_us)))
    assert node_at(difference, "MainThread", "main (a.py)")  # the side that has frames shows them


def test_two_empty_sides_are_an_empty_tree() -> None:
    """Fault: an empty side that gives NaN. Two profiles without samples differ in nothing."""
    difference = difference_of(a_profile_of({}), a_profile_of({}, "candidate"))
    assert difference.root.children == () and difference.frames == ()
    assert len(difference.notes) == 2


def test_a_removed_frame_and_a_new_one_are_both_there() -> None:
    """Fault: removed frames missing. What only one side has stands there with 0 on the other, whichever side it is."""
    candidate = {**STACKS, "MainThread;main (a.py);spawn (d.py)": 200}
    del candidate["MainThread;main (a.py);append (c.py)"]
    difference = difference_of(a_profile_of(STACKS), a_profile_of(candidate, "candidate", cpu_s=6.0))
    removed = node_at(difference, *APPEND)
    new = node_at(difference, "MainThread", "main (a.py)", "spawn (d.py)")
    assert (removed.candidate_us, removed.state) == (0.0, "shrank")
    assert (new.base_us, new.state) == (0.0, "grew")
    assert {f.name for f in difference.frames if not f.grey} == {"append (c.py)", "spawn (d.py)"}


def test_recursion_counts_once_in_a_function_and_as_often_as_it_happens_in_the_tree() -> None:
    """Fault: recursion. A function that calls itself holds its samples once, not once a call."""
    stacks = {"T;walk (a.py);walk (a.py);walk (a.py)": 40, "T;walk (a.py)": 60}
    difference = difference_of(a_profile_of(stacks), a_profile_of(stacks, "candidate"))
    walk = next(f for f in difference.frames if f.name == "walk (a.py)")
    assert (walk.base_samples, walk.base_us) == (400, pytest.approx(5000))
    assert walk.base_self_us == pytest.approx(5000)
    assert node_at(difference, "T", "walk (a.py)", "walk (a.py)", "walk (a.py)").base_samples == 160


def test_deeper_recursion_for_the_same_cost_moved_and_did_not_grow() -> None:
    """Fault: recursion. A call more on the way to the same cost changes no function's figures."""
    base, deeper = {"T;walk (a.py);walk (a.py)": 400}, {"T;walk (a.py);walk (a.py);walk (a.py)": 400}
    difference = difference_of(a_profile_of(base), a_profile_of(deeper, "candidate"))
    assert [(f.name, f.state, f.delta_us, f.self_delta_us) for f in difference.frames] == [
        ("walk (a.py)", "grey", 0.0, 0.0)
    ]


@pytest.mark.parametrize("kind", ["cpu", "wall"])
def test_every_percentage_in_words_says_what_it_is_of(kind: str) -> None:
    """Fault: percentages without a word of what they are of. Each is of a function, of the CPU or of thread time."""
    difference = difference_of(
        a_profile_of(STACKS, kind=kind),  # type: ignore[arg-type]
        a_profile_of({**STACKS, "MainThread;main (a.py)": 300}, "candidate", kind=kind),  # type: ignore[arg-type]
    )
    whole = "CPU" if kind == "cpu" else "thread time"
    assert f"of a function with 10 % of the {whole}, a change below about" in difference.unseen
    assert "% of its own" in difference.unseen
    assert "%" not in difference.sentence
