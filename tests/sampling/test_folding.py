"""Folding: what py-spy wrote becomes stacks in which threads count by what they used."""

from __future__ import annotations

import pytest

from chronik_perf.sampling.folding import UNSAMPLED, merged, read_raw, weighted_by_cpu


def test_threads_of_one_name_are_merged() -> None:
    """Given the stacks of two threads of a pool, whose ids differ between runs, they become one."""
    raw = "thread (12): pool;f (x.py) 3\nthread (13): pool;f (x.py) 4\nthread (0x7F);g h (y.py) 1\n"
    assert merged(read_raw(raw)) == {"pool;f (x.py)": 7, "unnamed thread;g h (y.py)": 1}


def test_a_comprehension_counts_as_the_function_it_is_written_in() -> None:
    """Given generator expressions in a function, passed on, or of elsewhere, each counts where it is written."""
    raw = (
        "thread (1): main;f (x.py);f.<locals>.<genexpr> (x.py);g (y.py) 2\n"
        "thread (1): main;f (x.py);g (y.py) 1\n"
        "thread (1): main;sum_of (y.py);A.f.<locals>.<genexpr> (x.py) 4\n"
        "thread (1): main;f (x.py);<listcomp> (x.py) 8\n"
        "thread (1): main;f (x.py);<genexpr> (z.py) 16\n"
        "thread (1): main;f (x.py);f (x.py) 32\n"
    )
    assert merged(read_raw(raw)) == {
        "main;f (x.py);g (y.py)": 3,
        "main;sum_of (y.py);A.f (x.py)": 4,
        "main;f (x.py)": 8,
        "main;f (x.py);<genexpr> (z.py)": 16,
        "main;f (x.py);f (x.py)": 32,
    }


def test_a_sleeper_sampled_as_busy_counts_by_what_it_used() -> None:
    """Given a thread in 90 of 100 samples that used next to nothing, it next to vanishes; the busy one stays."""
    raw = (
        "thread (1): main;work (m.py) 60\nthread (1): main;send (m.py) 40\n"
        "thread (2): wal;wait (w.py) 80\nthread (2): wal;sync (w.py) 10\n"
    )
    stacks = weighted_by_cpu(read_raw(raw), {1: 1.0, 2: 0.02})
    assert stacks == {"main;work (m.py)": 60, "main;send (m.py)": 40, "wal;wait (w.py)": 2}


def test_shares_of_threads_are_those_of_the_scheduler() -> None:
    """Given threads sampled alike that used 3 to 1, their stacks count 3 to 1."""
    raw = "thread (1): a;f (x.py) 90\nthread (2): b;g (x.py) 90\n"
    stacks = weighted_by_cpu(read_raw(raw), {1: 0.9, 2: 0.3})
    assert stacks == {"a;f (x.py)": 90, "b;g (x.py)": 30}


def test_cpu_without_samples_is_shown_and_not_given_to_others() -> None:
    """Given a thread that runs no Python and used as much as the sampled one, half of the profile is its own."""
    stacks = weighted_by_cpu(read_raw("thread (1): a;f (x.py) 50\n"), {1: 0.5, 9: 0.5})
    assert stacks == {"a;f (x.py)": 50, UNSAMPLED: 50}


def test_without_an_account_of_threads_samples_stay_as_they_are() -> None:
    """Given a process whose threads could not be read, the samples are given as they were taken."""
    assert weighted_by_cpu(read_raw("thread (1): a;f (x.py) 5\n"), {}) == {"a;f (x.py)": 5}


def test_something_else_is_refused() -> None:
    """Given a file that py-spy did not write, reading it raises."""
    with pytest.raises(ValueError, match="not a stack"):
        read_raw("<svg></svg>")
