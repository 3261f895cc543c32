"""The difference of two sides' profiles: scaled first, removed frames kept, recursion counted once."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from chronik_perf.model import Profile, ProfileKind, Side, Unavailable
from chronik_perf.stats import DiffNode, ProfileDifference, profile_difference
from tests.builders import a_comparison

STACKS = {
    "MainThread;main (a.py);decode (b.py)": 300,
    "MainThread;main (a.py);append (c.py)": 100,
    "MainThread;main (a.py)": 100,
}


def profile(
    stacks: dict[str, int],
    side: Side = "base",
    *,
    kind: ProfileKind = "cpu",
    rate_hz: int = 100,
    cpu_s: float | Unavailable = 5.0,
    stored: int = 1_000_000,
    window_s: float = 10.0,
) -> Profile:
    """Give a profile; by default 5 s of CPU for a million messages, which is 5,000 µs per 1,000."""
    return Profile(side, "acks1", kind, rate_hz, sum(stacks.values()), window_s, cpu_s, stored, stacks)


def difference_of(base: Profile, candidate: Profile, starts: int = 4) -> ProfileDifference:
    """Give the difference of two programs, each of whose starts came out the same."""
    return profile_difference([base] * starts, [candidate] * starts)


def nodes(node: DiffNode) -> Iterator[DiffNode]:
    """Give every node of a tree."""
    yield node
    for child in node.children:
        yield from nodes(child)


def at(difference: ProfileDifference, *path: str) -> DiffNode:
    """Walk down a path of names."""
    node = difference.root
    for name in path:
        node = next(c for c in node.children if c.name == name)
    return node


def test_frames_are_in_cpu_microseconds_per_thousand_messages() -> None:
    """A frame's share of the samples, times the CPU seconds, over the messages that were stored."""
    difference = difference_of(profile(STACKS), profile(STACKS, "candidate"))
    decode = at(difference, "MainThread", "main (a.py)", "decode (b.py)")
    main = at(difference, "MainThread", "main (a.py)")
    assert decode.base_us == pytest.approx(3000)
    assert (main.base_us, main.base_self_us) == (pytest.approx(5000), pytest.approx(1000))
    assert (main.base_samples, decode.candidate_samples) == (2000, 1200)


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
    """The same work per message shows no change, however it was sampled."""
    factor = int(other.pop("factor"))
    more = {stack: n * factor for stack, n in STACKS.items()}
    difference = difference_of(profile(STACKS), profile(more, "candidate", **other))  # type: ignore[arg-type]
    assert all(abs(n.delta_us) < 1e-6 and n.grey for n in nodes(difference.root))
    assert all(f.grey for f in difference.frames)
    assert "no function changed" in difference.sentence


def test_a_removed_frame_and_a_new_one_are_both_there() -> None:
    """What only one side has stands in the tree with 0 on the other, coloured if sampled enough."""
    candidate = {**STACKS, "MainThread;main (a.py);spawn (d.py)": 200}
    del candidate["MainThread;main (a.py);append (c.py)"]
    difference = difference_of(profile(STACKS), profile(candidate, "candidate", cpu_s=6.0))
    removed = at(difference, "MainThread", "main (a.py)", "append (c.py)")
    new = at(difference, "MainThread", "main (a.py)", "spawn (d.py)")
    assert (removed.candidate_us, removed.grey) == (0.0, False)
    assert (new.base_us, new.grey) == (0.0, False)
    assert {f.name for f in difference.frames if not f.grey} == {"append (c.py)", "spawn (d.py)"}


def test_a_parent_shows_what_its_children_grew() -> None:
    """Inclusive figures hold the children's; the parent's own figure stays what it was."""
    grown = {**STACKS, "MainThread;main (a.py);decode (b.py)": 900}
    difference = difference_of(profile(STACKS), profile(grown, "candidate", cpu_s=11.0))
    main = at(difference, "MainThread", "main (a.py)")
    assert main.delta_us == pytest.approx(6000)
    assert main.self_delta_us == pytest.approx(0, abs=1e-9)
    assert not main.grey
    assert difference.frames[0].name == "decode (b.py)"


def test_inclusive_figures_add_up_everywhere() -> None:
    """At every node of a realistic pair: inclusive is own plus children, on both sides and in samples."""
    comparison = a_comparison(histograms=False)
    found = [p for p in comparison.profiles if p.workload == "raw" and p.kind == "wall"]
    base, candidate = ([p for p in found if p.side == side] for side in ("base", "candidate"))
    difference = profile_difference(base, candidate)
    for node in nodes(difference.root):
        assert node.base_us == pytest.approx(node.base_self_us + sum(c.base_us for c in node.children))
        assert node.candidate_us == pytest.approx(
            node.candidate_self_us + sum(c.candidate_us for c in node.children)
        )
    assert difference.root.base_samples == sum(p.samples for p in base)


def test_recursion_counts_once_in_a_function_and_as_often_as_it_happens_in_the_tree() -> None:
    """A function that calls itself holds its samples once, not once a call."""
    stacks = {"T;walk (a.py);walk (a.py);walk (a.py)": 40, "T;walk (a.py)": 60}
    difference = difference_of(profile(stacks), profile(stacks, "candidate"))
    walk = next(f for f in difference.frames if f.name == "walk (a.py)")
    assert (walk.base_samples, walk.base_us) == (400, pytest.approx(5000))
    assert walk.base_self_us == pytest.approx(5000)
    assert at(difference, "T", "walk (a.py)", "walk (a.py)", "walk (a.py)").base_samples == 160


def test_one_sample_against_none_is_grey() -> None:
    """A frame seen once, on one side, is no change."""
    once = {**STACKS, "MainThread;main (a.py);rare (e.py)": 1}
    starts = [profile(STACKS, "candidate")] * 3
    difference = profile_difference([profile(STACKS)] * 4, [*starts, profile(once, "candidate")])
    assert at(difference, "MainThread", "main (a.py)", "rare (e.py)").grey


@pytest.mark.parametrize(
    ("empty", "said"),
    [
        (profile({}, "candidate"), "holds no sample"),
        (profile(STACKS, "candidate", stored=0), "Nothing was stored"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_an_empty_side_gives_zeros_a_note_and_no_nan(empty: Profile, said: str, turned: bool) -> None:
    """Nothing on a side is shown as nothing, in grey, with a note; no NaN, no infinity."""
    full = profile(STACKS)
    difference = difference_of(empty, full) if turned else difference_of(full, empty)
    assert said in difference.notes[0]
    for node in nodes(difference.root):
        assert node.grey
        assert all(map(math.isfinite, (node.base_us, node.candidate_us, node.delta_us, node.self_delta_us)))
    assert at(difference, "MainThread", "main (a.py)")  # the side that has frames shows them


def test_two_empty_sides_are_an_empty_tree() -> None:
    """Two profiles without samples differ in nothing."""
    difference = difference_of(profile({}), profile({}, "candidate"))
    assert difference.root.children == () and difference.frames == ()
    assert len(difference.notes) == 2


def test_without_cpu_seconds_a_sample_counts_as_one_period_and_it_is_said() -> None:
    """Where the CPU clock was not readable the sampling rate scales, and a note says so."""
    blind = profile(STACKS, "candidate", cpu_s=Unavailable("not readable"))
    difference = difference_of(profile(STACKS), blind)
    assert difference.root.candidate_us == pytest.approx(500 / 100 * 1e9 / 1e6)
    assert "1/100 s" in difference.notes[0]


def test_wall_samples_count_the_time_of_each_thread() -> None:
    """A wall profile shows thread time per 1,000 messages: it grows when each message waits longer."""
    waiting = {"wal;wait (t.py)": 1000, "MainThread;select (l.py)": 1000}
    base = profile(waiting, kind="wall", stored=2_000_000)
    candidate = profile(waiting, "candidate", kind="wall", stored=100_000)
    difference = difference_of(base, candidate)
    assert at(difference, "wal").base_us == pytest.approx(5_000)
    assert at(difference, "wal").candidate_us == pytest.approx(100_000)
    assert difference.sentence.startswith("Thread time per 1,000 stored messages: ")


def test_a_deep_stack_does_not_break_it() -> None:
    """Stacks deeper than the interpreter's own limit are merged like others."""
    deep = {"T;" + ";".join(f"f{i} (a.py)" for i in range(3000)): 10}
    difference = difference_of(profile(deep), profile(deep, "candidate"))
    assert difference.root.base_samples == 40


def test_profiles_of_different_workloads_are_not_compared() -> None:
    """A CPU profile has no difference to a wall profile."""
    with pytest.raises(ValueError, match="different workloads or kinds"):
        difference_of(profile(STACKS), profile(STACKS, "candidate", kind="wall"))
