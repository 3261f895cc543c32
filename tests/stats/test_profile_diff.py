"""The difference of two sides' profiles: what its figures are, and that they add up."""

from __future__ import annotations

import pytest

from chronik_perf.model import Unavailable
from chronik_perf.stats import profile_difference
from chronik_perf.stats.profile_diff import by_callers
from tests.builders import a_comparison, a_profile_of, difference_of, node_at, nodes_of

STACKS = {
    "MainThread;main (a.py);decode (b.py)": 300,
    "MainThread;main (a.py);append (c.py)": 100,
    "MainThread;main (a.py)": 100,
}


def test_frames_are_in_cpu_microseconds_per_thousand_messages() -> None:
    """A frame's share of the samples, times the CPU seconds, over the messages that were stored."""
    difference = difference_of(a_profile_of(STACKS), a_profile_of(STACKS, "candidate"))
    decode = node_at(difference, "MainThread", "main (a.py)", "decode (b.py)")
    main = node_at(difference, "MainThread", "main (a.py)")
    assert decode.base_us == pytest.approx(3000)
    assert (main.base_us, main.base_self_us) == (pytest.approx(5000), pytest.approx(1000))
    assert (main.base_samples, decode.candidate_samples) == (2000, 1200)


def test_inclusive_figures_add_up_everywhere() -> None:
    """At every node of a realistic pair: inclusive is own plus children, on both sides and in samples."""
    comparison = a_comparison(histograms=False)
    found = [p for p in comparison.profiles if p.workload == "raw" and p.kind == "wall"]
    base, candidate = ([p for p in found if p.side == side] for side in ("base", "candidate"))
    difference = profile_difference(base, candidate)
    for node in nodes_of(difference.root):
        assert node.base_us == pytest.approx(node.base_self_us + sum(c.base_us for c in node.children))
        assert node.candidate_us == pytest.approx(
            node.candidate_self_us + sum(c.candidate_us for c in node.children)
        )
    assert difference.root.base_samples == sum(p.samples for p in base)


def test_by_callers_a_function_is_one_frame_and_each_caller_has_its_part() -> None:
    """Given a function that grew under one of two callers, it and that part of it grew, and the other part did not."""
    called = {
        "MainThread;main (a.py);produce (p.py);encode (e.py)": 300,
        "MainThread;main (a.py);fetch (f.py);encode (e.py)": 300,
        "MainThread;main (a.py)": 400,
    }
    more = {**called, "MainThread;main (a.py);fetch (f.py);encode (e.py)": 900}
    base, candidate = [a_profile_of(called)] * 4, [a_profile_of(more, "candidate", cpu_s=8.0)] * 4
    turned = by_callers(base, candidate, profile_difference(base, candidate))
    encode = node_at(turned, "encode (e.py)")
    assert (encode.base_samples, encode.candidate_samples, encode.state) == (2400, 4800, "grew")
    assert {c.name: (c.base_samples, c.candidate_samples, c.state) for c in encode.children} == {
        "fetch (f.py)": (1200, 3600, "grew"),
        "produce (p.py)": (1200, 1200, "grey"),
    }
    assert [n.name for n in nodes_of(node_at(turned, "encode (e.py)", "fetch (f.py)"))][-1] == "MainThread"


def test_by_callers_a_function_has_the_state_that_is_told_of_it_elsewhere() -> None:
    """Given a function under another name in a caller that stayed, both have moved, however the tree is turned."""
    path, other = "MainThread;main (a.py);codec (c.py)", "MainThread;main (a.py);append (l.py)"
    base = [a_profile_of({f"{path};old (c.py)": 400, f"{path};rest (c.py)": 400, other: 200})] * 4
    candidate = [
        a_profile_of(
            {f"{path};new (c.py)": 400, f"{path};rest (c.py)": 400, other: 1200}, "candidate", cpu_s=10.0
        )
    ] * 4
    difference = profile_difference(base, candidate)
    turned = by_callers(base, candidate, difference)
    states = {f.name: f.state for f in difference.frames}
    assert (states["old (c.py)"], states["new (c.py)"], states["append (l.py)"]) == ("moved", "moved", "grew")
    assert all(c.state == states[c.name] for c in turned.root.children)
    assert len(turned.root.children) == 4


def test_without_cpu_seconds_a_sample_counts_as_one_period_and_it_is_said() -> None:
    """Where the CPU clock was not readable the sampling rate scales, and a note says so."""
    blind = a_profile_of(STACKS, "candidate", cpu_s=Unavailable("not readable"))
    difference = difference_of(a_profile_of(STACKS), blind)
    assert difference.root.candidate_us == pytest.approx(500 / 100 * 1e9 / 1e6)
    assert "1/100 s" in difference.notes[0]


def test_wall_samples_count_the_time_of_each_thread() -> None:
    """A wall profile shows thread time per 1,000 messages: it grows when each message waits longer."""
    waiting = {"wal;wait (t.py)": 1000, "MainThread;select (l.py)": 1000}
    base = a_profile_of(waiting, kind="wall", stored=2_000_000)
    candidate = a_profile_of(waiting, "candidate", kind="wall", stored=100_000)
    difference = difference_of(base, candidate)
    assert node_at(difference, "wal").base_us == pytest.approx(5_000)
    assert node_at(difference, "wal").candidate_us == pytest.approx(100_000)
    assert difference.sentence.startswith("Thread time per 1,000 stored messages: ")


def test_a_deep_stack_does_not_break_it() -> None:
    """Stacks deeper than the interpreter's own limit are merged like others."""
    deep = {"T;" + ";".join(f"f{i} (a.py)" for i in range(3000)): 10}
    difference = difference_of(a_profile_of(deep), a_profile_of(deep, "candidate"))
    assert difference.root.base_samples == 40
