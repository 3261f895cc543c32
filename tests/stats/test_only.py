"""What only the candidate waits in is named: a call in the thread that does the work, and threads that never end."""

from __future__ import annotations

import dataclasses

import pytest

from chronik_perf.model import Comparison, Profile, ProfileKind
from chronik_perf.report.telling import tell
from chronik_perf.stats import judge
from chronik_perf.stats.causes.culprits import culprits
from chronik_perf.stats.profile_diff import Blocked, blocking, difference_of
from tests.builders import V220, V227, Noise, a_comparison, a_pair_of_equals
from tests.stats.test_held import holding

CHECKPOINT = "checkpoint (broker/wal/log.py)"
KINDS: tuple[ProfileKind, ...] = ("cpu", "wall")


def waiting_in(comparison: Comparison, frame: str, share: float, kind: str = "wall") -> Comparison:
    """Let the candidate's main thread be in `frame` for a share of its time, in the profiles of one kind."""

    def more(profile: Profile) -> Profile:
        if (profile.side, profile.kind) != ("candidate", kind):
            return profile
        main = sum(n for stack, n in profile.stacks.items() if stack.startswith("MainThread;"))
        added = round(main * share / (1 - share))
        stack = f"MainThread;<module> (broker/__main__.py);main (broker/server.py);{frame}"
        return with_stacks(profile, {stack: added})

    return dataclasses.replace(comparison, profiles=tuple(map(more, comparison.profiles)))


def with_stacks(profile: Profile, more: dict[str, int]) -> Profile:
    """Add stacks to those of a profile."""
    stacks = {**profile.stacks, **more}
    return dataclasses.replace(profile, stacks=stacks, samples=sum(stacks.values()))


def waits_more() -> Comparison:
    """Give a candidate that lost to waiting."""
    return a_comparison(V220, V227, blocks=12, histograms=False, noise=Noise(), seed=5)


def test_a_new_call_in_which_the_working_thread_waits_is_named_before_the_stages() -> None:
    """Given a main thread that waits for two thirds of its time in a call that is new, that call is the cause."""
    comparison = waiting_in(waits_more(), CHECKPOINT, 0.66)
    verdict = judge(comparison)
    named = culprits(comparison, verdict)
    assert [(c.kind, c.name) for c in named[:2]] == [("frame", "checkpoint"), ("stage", "commit_wait")]
    told = " ".join(p.text for p in tell(comparison, verdict).paragraphs)
    assert (
        f"the thread MainThread now waits in {CHECKPOINT} for 66 % of its time, a call that it did not make before"
        in told
    )


@pytest.mark.parametrize(
    ("frames", "named"),
    [
        ("Mine.submit (mine.py);checkpoint (mine.py)", "checkpoint"),
        ("checkpoint (wal.py);sleep (lib.py)", "checkpoint"),
    ],
)
def test_the_call_is_named_and_not_what_a_library_does_for_it(frames: str, named: str) -> None:
    """Given an override that only calls one thing more, that is named; given a call into a library, the call is."""
    comparison = waiting_in(waits_more(), frames, 0.66)
    assert culprits(comparison, judge(comparison))[0].name == named


def test_a_function_that_the_base_was_seen_in_elsewhere_is_not_new() -> None:
    """Given a base in which another caller waits in it now and then, the stage that grew is named."""

    def seldom(profile: Profile) -> Profile:
        is_base = (profile.side, profile.kind) == ("base", "wall")
        return (
            with_stacks(profile, {f"MainThread;stop (broker/server.py);{CHECKPOINT}": 1})
            if is_base
            else profile
        )

    comparison = waiting_in(waits_more(), CHECKPOINT, 0.66)
    comparison = dataclasses.replace(comparison, profiles=tuple(map(seldom, comparison.profiles)))
    assert culprits(comparison, judge(comparison))[0].name == "commit_wait"


def test_a_short_new_wait_is_not_the_cause() -> None:
    """Given a new call that takes a twentieth of the main thread's time, the stage that grew is named."""
    comparison = waiting_in(waits_more(), CHECKPOINT, 0.05)
    assert culprits(comparison, judge(comparison))[0].name == "commit_wait"


def test_a_new_call_that_works_is_no_wait() -> None:
    """Given a busy candidate and a new call that is on the CPU for as long as it takes, it is not told as a wait."""
    busy = dataclasses.replace(V220["raw"], msgs_per_s=45e3, cpu_us_per_message=20.3)
    comparison = a_comparison(V220, {**V220, "raw": busy}, blocks=12, histograms=False, noise=Noise(), seed=5)
    waits = waiting_in(comparison, CHECKPOINT, 0.4)
    works = waiting_in(waits, CHECKPOINT, 0.7, kind="cpu")
    assert [len(blocked(one)) for one in (waits, works)] == [1, 0]


def test_what_works_on_a_core_that_others_use_too_is_no_wait() -> None:
    """Given all work drawn out to four times its CPU time by a neighbour, so is a new call that works."""

    def drawn_out(profile: Profile) -> Profile:
        if (profile.side, profile.kind) != ("candidate", "wall"):
            return profile
        work = {
            s: 3 * n
            for s, n in profile.stacks.items()
            if not s.endswith(("select (uvloop/loop.py)", CHECKPOINT))
        }
        return with_stacks(profile, {s: profile.stacks[s] + n for s, n in work.items()})

    waits = waiting_in(waits_more(), CHECKPOINT, 0.4)
    waits = dataclasses.replace(waits, profiles=tuple(map(drawn_out, waits.profiles)))
    works = waiting_in(waits, CHECKPOINT, 0.4, kind="cpu")
    assert [len(blocked(one)) for one in (waits, works)] == [1, 0]


def test_an_override_of_a_wait_that_there_was_is_no_new_one() -> None:
    """Given a base that waits for its load in a method which the candidate overrides, nothing is told as new."""

    def renamed(profile: Profile) -> Profile:
        if (profile.side, profile.kind) != ("candidate", "wall"):
            return profile
        stacks = {
            s.replace("select (uvloop/loop.py)", "Mine.select (mine.py)"): n
            for s, n in profile.stacks.items()
        }
        return dataclasses.replace(profile, stacks=stacks)

    comparison = waits_more()
    comparison = dataclasses.replace(comparison, profiles=tuple(map(renamed, comparison.profiles)))
    assert [c.name for c in culprits(comparison, judge(comparison))][:1] == ["commit_wait"]


def blocked(comparison: Comparison) -> tuple[Blocked, ...]:
    """Give the new waits of the raw load."""
    cpu, wall = (difference_of(comparison, "raw", kind) for kind in KINDS)
    assert cpu is not None
    assert wall is not None
    return blocking(cpu, wall)


def leaking_threads(comparison: Comparison) -> Comparison:
    """Let the candidate end with 20 threads more than the base, which all its wall profiles show."""

    def more(profile: Profile) -> Profile:
        if (profile.side, profile.kind) != ("candidate", "wall"):
            return profile
        runs = "_bootstrap (threading.py);writer (broker/index.py);wait (threading.py)"
        return with_stacks(profile, {f"Thread-# (writer);{runs}": 8000})

    n = len(comparison.blocks)
    held = holding(comparison, "threads", [5.0] * n, [25.0] * n)
    return dataclasses.replace(held, profiles=tuple(map(more, held.profiles)))


def test_threads_that_never_end_are_named_by_what_they_begin_in() -> None:
    """Given a candidate that ends with more threads and lost nothing else, the function that they run is the cause."""
    comparison = leaking_threads(a_pair_of_equals(blocks=14))
    verdict = judge(comparison)
    assert [(c.kind, c.name) for c in culprits(comparison, verdict)] == [("frame", "writer")]
    (said,) = [f for f in verdict.findings if "threads more" in f]
    assert said.endswith("Threads that only it has begin in writer (broker/index.py).")


def test_threads_of_a_base_that_holds_more_are_no_cause() -> None:
    """Given the sides exchanged, nothing got worse and nothing is named."""
    comparison = a_pair_of_equals(blocks=14)
    n = len(comparison.blocks)
    assert culprits(holding(comparison, "threads", [25.0] * n, [5.0] * n), judge(comparison)) == ()
