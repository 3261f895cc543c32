"""Durations as a person says them."""

from __future__ import annotations

from chronik_perf.stats import words


def test_a_duration_and_its_interval_have_one_unit() -> None:
    """12.6 ms is not said to lie between 9,375 µs and 15.8 ms."""
    low, us, high = 9375.0, 12_600.0, 15_800.0
    assert [words.microseconds(x, low, us, high) for x in (low, us, high)] == [
        "9.38 ms",
        "12.6 ms",
        "15.8 ms",
    ]
    assert words.microseconds(low) == "9,375 µs"


def test_seconds_are_said_without_powers_of_ten() -> None:
    """A moment of 1.38e-05 s is 13.8 µs."""
    assert [words.seconds(x) for x in (1.38e-05, 0.0042, 3.1, 0.0)] == ["13.8 µs", "4.2 ms", "3.1 s", "0 s"]
