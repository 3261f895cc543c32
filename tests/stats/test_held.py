"""Threads, descriptors and memory that one side holds more of, and work that nobody asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chronik_perf.model import (
    ASKED,
    CONNECTED,
    OPEN_ON,
    SIDES,
    Comparison,
    Phase,
    Probe,
    Profile,
    Start,
    Unavailable,
)
from chronik_perf.stats import judge
from chronik_perf.stats.accounts.held import held
from chronik_perf.stats.causes.culprits import culprits
from chronik_perf.stats.causes.worse import worse
from tests.builders import a_pair_of_equals


def holding(comparison: Comparison, kind: str, base: list[float], candidate: list[float]) -> Comparison:
    """Let the starts of each side hold so many of one kind, block by block."""

    def with_it(start: Start, value: float) -> Start:
        return replace(start, process={**start.process, kind: value})

    blocks = tuple(
        replace(b, base=with_it(b.base, x), candidate=with_it(b.candidate, y))
        for b, x, y in zip(comparison.blocks, base, candidate, strict=True)
    )
    return replace(comparison, blocks=blocks)


def test_descriptors_that_leak_are_a_finding() -> None:
    """Given a candidate whose every start ends with more descriptors, a sentence says how many, and of how many."""
    leaks = [190.0 + 3 * n for n in range(14)]
    comparison = holding(a_pair_of_equals(blocks=14, evidence=False), "descriptors", [150.0] * 14, leaks)
    (said,) = [f for f in judge(comparison).findings if "open descriptor" in f]
    assert said.startswith("When its load has ended, ")
    assert "holds 59.5 open descriptors more than" in said
    assert "from 14 starts a side): 210 instead of 150" in said


def test_what_most_of_them_are_open_on_is_told() -> None:
    """Given a leak of descriptors of one kind of file, it is named; where they are of many kinds, none is."""
    leaks = [190.0 + 3 * n for n in range(14)]
    comparison = holding(a_pair_of_equals(blocks=14, evidence=False), "descriptors", [150.0] * 14, leaks)
    segments = f"{OPEN_ON}perf-raw-#/#.log"
    on_one = holding(comparison, segments, [2.0] * 14, [n - 148.0 for n in leaks])
    (said,) = [f for f in judge(on_one).findings if "open descriptor" in f]
    assert said.endswith("does not tell. 59.5 more are open on perf-raw-#/#.log.")
    on_many = holding(comparison, segments, [2.0] * 14, [20.0] * 14)
    (said,) = [f for f in judge(on_many).findings if "open descriptor" in f]
    assert said.endswith("does not tell.")


def test_one_thread_more_in_every_start_is_told() -> None:
    """Given a difference without any noise, it is told as what it is, in whichever direction."""
    comparison = holding(a_pair_of_equals(blocks=14, evidence=False), "threads", [5.0] * 14, [4.0] * 14)
    (one,) = held(comparison)
    assert (one.kind, one.effect.estimate) == ("threads", -1.0)
    assert any("holds 1 thread more than" in said for said in judge(comparison).findings)


def test_work_that_nobody_asked_for_is_told_and_is_worse() -> None:
    """Given a candidate that uses a third of a core at rest, it is a finding; a hundredth more is not worth one."""
    rng = np.random.default_rng(7)
    rest, works = rng.normal(0.01, 0.002, 14), rng.normal(0.32, 0.05, 14)
    comparison = holding(a_pair_of_equals(blocks=14, evidence=False), "idle_share", list(rest), list(works))
    verdict = judge(comparison)
    (said,) = [f for f in verdict.findings if f.startswith("Before it is asked for anything")]
    assert "(candidate) uses 28 % of a core, and v2.2.0 (base) 1 %" in said
    assert "idle_share" in worse(comparison, verdict)
    little = holding(comparison, "idle_share", list(rest), list(rest + 0.01))
    assert not list(held(little))


@pytest.mark.parametrize(
    ("kind", "when"),
    [
        ("resting_rss_bytes", "Before it is asked for anything"),
        ("rss_bytes", "When its load has ended"),
    ],
)
def test_memory_that_no_message_explains_is_told_and_is_worse(kind: str, when: str) -> None:
    """Given a candidate that holds half as much again, it is a finding; a hundredth more is code, and is not one."""
    rng = np.random.default_rng(7)
    base, candidate = rng.normal(40e6, 0.4e6, 14), rng.normal(60e6, 0.6e6, 14)
    comparison = holding(a_pair_of_equals(blocks=14, evidence=False), kind, list(base), list(candidate))
    verdict = judge(comparison)
    (said,) = [f for f in verdict.findings if "of memory" in f]
    assert said.startswith(
        f"{when} v2.2.0 (candidate) holds 59.5 MB of memory, and v2.2.0 (base) 39.9 MB: +49.1 % (+"
    )
    assert ", from 14 starts a side." in said
    assert kind in worse(comparison, verdict)
    little = holding(comparison, kind, list(base), list(base * 1.01))
    assert not list(held(little))


def test_equals_are_hardly_ever_told_apart() -> None:
    """Given equals with noise of their own in every start, 1 % of runs at most say anything; unread values nothing."""
    rng = np.random.default_rng(5)
    comparison = a_pair_of_equals(blocks=14, evidence=False)
    false = 0
    for _ in range(200):
        both = rng.poisson(20.0, (2, 14)).astype(float)
        false += any(held(holding(comparison, "descriptors", both[0].tolist(), both[1].tolist())))
    assert false <= 4  # the chance of more is 5 % at 1 %
    unread = tuple(
        replace(b, base=replace(b.base, process={"threads": Unavailable("not permitted")}))
        for b in comparison.blocks
    )
    assert not any(held(replace(comparison, blocks=unread)))


def test_memory_that_connections_take_names_the_function_whose_cpu_grew_with_them() -> None:
    """Given 60 MB more before any load, the function is named that works for connections, and without it none is."""
    equals = a_pair_of_equals(blocks=14, evidence=False)
    told = replace(more_at_rest(equals), probes=taking(PREPARE, among=40, beside=4))
    verdict = judge(told)
    (said,) = [f for f in verdict.findings if "prepare" in f]
    assert said.endswith(
        "come and go, the function that grew most is prepare (buffers.py) with all that it calls, by 267 ms of CPU for "
        "1,000 of them."
    )
    assert [(c.kind, c.name) for c in culprits(told, verdict)] == [("frame", "prepare")]
    as_much = replace(equals, probes=told.probes)
    assert culprits(as_much, judge(as_much)) == ()


def test_what_a_broker_does_in_any_second_is_not_what_connections_cost() -> None:
    """Given 60 MB more, and ticks that take as much CPU a second whatever is asked, no function is named."""
    equals = a_pair_of_equals(blocks=14, evidence=False)
    told = replace(more_at_rest(equals), probes=taking(TICK, among=40, beside=240))
    verdict = judge(told)
    assert any("of memory" in f for f in verdict.findings) and not any("tick" in f for f in verdict.findings)
    assert culprits(told, verdict) == ()


ACCEPT = "MainThread;run (loop.py);accept (server.py)"
PREPARE = f"{ACCEPT};prepare (buffers.py)"
TICK = "MainThread;run (loop.py);tick (raft.py)"


def more_at_rest(equals: Comparison) -> Comparison:
    return holding(equals, "resting_rss_bytes", [4e7 + n for n in range(14)], [1e8 + n for n in range(14)])


def a_profile(phase: Phase, window_s: float, stacks: dict[str, int]) -> Profile:
    """Give a profile in which each sample stands for 4 ms, of 600 connections or of one phase."""
    samples = sum(stacks.values())
    stored = 600 if phase == CONNECTED else 1000
    return Profile("base", phase, "cpu", 250, samples, window_s, samples / 250, stored, stacks)


def taking(call: str, *, among: int, beside: int) -> tuple[Probe, ...]:
    """Give four starts a side, of which the candidate's take so many samples in a call: of connections, and asked."""
    phases = [
        (a_profile(phase, window_s, {ACCEPT: 50}), a_profile(phase, window_s, {ACCEPT: 50, call: samples}))
        for phase, window_s, samples in ((CONNECTED, 0.5, among), (ASKED, 3.0, beside))
    ]
    return tuple(
        Probe(side, start, {}, tuple(replace(of[n], side=side, start=start) for of in phases))
        for n, side in enumerate(SIDES)
        for start in range(4)
    )
