"""Where threads wait, base beside candidate: in time per message, told from what starts differ by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from chronik_perf.model import Profile, Side, Unavailable, Waits
from chronik_perf.stats import WaitChange, Waiting, waiting
from tests.builders import a_profile_of

BASE = {
    ("MainThread", "event loop idle"): 120.0,
    ("MainThread", "runs"): 80.0,
    ("wal", "lock or queue"): 150.0,
    ("wal", "sync"): 50.0,
    ("metrics", "event loop idle"): 200.0,
}


def starts_of(
    means: Mapping[tuple[str, str], float], side: Side, starts: int = 4, seed: int = 0, stored: int = 100_000
) -> list[Profile]:
    """Draw the looks of several starts of 4 s, 50 a second."""
    rng = np.random.default_rng(seed)
    taken = []
    for _ in range(starts):
        seen = {f"{t};{kind}": int(rng.poisson(mean)) for (t, kind), mean in means.items()}
        one = a_profile_of({"MainThread;f (a.py)": 400}, side, kind="wall", stored=stored, window_s=4.0)
        taken.append(replace(one, waits=Waits(200, {k: n for k, n in seen.items() if n}, 4.0, stored)))
    return taken


def rows_of(base: list[Profile], candidate: list[Profile]) -> dict[tuple[str, str], WaitChange]:
    found = waiting(base, candidate)
    assert isinstance(found, Waiting)
    return {(r.thread, r.kind): r for r in found.rows}


def test_a_sleep_in_place_of_a_lock_is_told_by_kind() -> None:
    """Given a worker that sleeps where it waited for work, its sleep grew, its lock shrank, and the loop is grey."""
    slept = {**BASE, ("wal", "lock or queue"): 5.0, ("wal", "sleep"): 145.0}
    rows = rows_of(starts_of(BASE, "base", seed=1), starts_of(slept, "candidate", seed=2))
    assert (rows["wal", "sleep"].state, rows["wal", "lock or queue"].state) == ("grew", "shrank")
    assert rows["MainThread", "event loop idle"].grey and rows["wal", "sync"].grey
    # 145 of 200 looks at a window of 4 s, for 100,000 messages: 29,000 µs per 1,000
    assert rows["wal", "sleep"].candidate_us == pytest.approx(29_000, rel=0.1)
    assert rows["wal", "sleep"].candidate_share == pytest.approx(145 / 200, abs=0.05)
    low, high = rows["wal", "sleep"].interval_us or (0.0, 0.0)
    assert 0 < low < rows["wal", "sleep"].delta_us < high


def test_a_thread_that_always_waits_is_named_once_and_is_no_row() -> None:
    """Given a thread in one state all the time on both sides, it would only measure the window, and is set aside."""
    found = waiting(starts_of(BASE, "base"), starts_of(BASE, "candidate", stored=20_000))
    assert isinstance(found, Waiting)
    assert found.throughout == ("metrics (event loop idle)",)
    assert "metrics" not in {r.thread for r in found.rows}


def test_looks_more_often_and_for_longer_do_not_read_as_change() -> None:
    """Given twice the window with twice the messages and looks, nothing changed."""
    longer = [
        replace(
            p,
            waits=Waits(400, {k: 2 * n for k, n in p.waits.seen.items()}, 8.0, 2 * p.stored),
        )
        for p in starts_of(BASE, "candidate")
        if isinstance(p.waits, Waits)
    ]
    for row in rows_of(starts_of(BASE, "base"), longer).values():
        assert row.delta_us == pytest.approx(0, abs=1e-9) and row.grey


def test_equals_rarely_tell_of_any_wait() -> None:
    """Given one program on both sides, at most 5 % of the comparisons colour any row."""
    told = 0
    for seed in range(200):
        rows = rows_of(
            starts_of(BASE, "base", seed=2 * seed), starts_of(BASE, "candidate", seed=2 * seed + 1)
        )
        told += any(not r.grey for r in rows.values())
    # 10 are expected at most; more than 16 come in one case of 40
    assert told <= 16


@pytest.mark.parametrize("starts", [1, 2])
def test_too_few_starts_are_grey(starts: int) -> None:
    """Given one or two starts of a side, a wait that is ten times as long is shown, in grey."""
    slept = {**BASE, ("wal", "sync"): 500.0}
    rows = rows_of(starts_of(BASE, "base", starts), starts_of(slept, "candidate", starts))
    assert all(r.grey and r.interval_us is None for r in rows.values())


def test_profiles_without_looks_are_unavailable_with_the_reason() -> None:
    """Given a side whose threads could not be looked at, there is no table, but why."""
    refused = [
        replace(p, waits=Unavailable("this user may not see where its threads wait"))
        for p in starts_of(BASE, "candidate")
    ]
    found = waiting(starts_of(BASE, "base"), refused)
    assert isinstance(found, Unavailable)
    assert found.reason == "candidate: this user may not see where its threads wait"
