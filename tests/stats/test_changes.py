"""Change points of a series: found where the level moved, and nowhere else, whatever the noise is like."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from chronik_perf.stats.changes import detect

Floats = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int], Floats]


def remembering(memory: float, rng: np.random.Generator, n: int) -> Floats:
    """Noise of which each value keeps a share of the one before; 1.0 is a random walk."""
    steps = rng.normal(size=n)
    values = np.zeros(n)
    for at in range(n):
        values[at] = (memory * values[at - 1] if at else 0.0) + steps[at]
    return values


def with_spikes(rng: np.random.Generator, n: int) -> Floats:
    values = rng.normal(size=n)
    values[rng.choice(n, size=n // 30, replace=False)] += 15
    return values


NOISES: dict[str, Noise] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tails": lambda rng, n: rng.standard_t(3, size=n),
    "remembers half": lambda rng, n: remembering(0.5, rng, n),
    "remembers nearly all": lambda rng, n: remembering(0.9, rng, n),
    "random walk": lambda rng, n: remembering(1.0, rng, n),
    "slow drift": lambda rng, n: rng.normal(size=n) + np.linspace(0, 10, n),
    "weekdays": lambda rng, n: rng.normal(size=n) + 3 * np.sin(np.arange(n) * 2 * np.pi / 7),
    "stray values": with_spikes,
    "grows fourfold": lambda rng, n: rng.normal(size=n) * np.where(np.arange(n) < n // 2, 1, 4),
    "two modes": lambda rng, n: rng.normal(size=n) - np.where(rng.random(n) < 0.25, 30, 0),
}


@pytest.mark.parametrize("name", NOISES)
def test_a_level_that_never_moved_has_hardly_ever_a_change(name: str) -> None:
    """Given 16 series whose level never moves, in any kind of noise, at most one is said to have changed.

    A random walk has no level to hold; of those, at most three.
    """
    rng = np.random.default_rng(7)

    said = sum(bool(detect(100 + NOISES[name](rng, 90))) for _ in range(16))

    assert said <= (3 if name == "random walk" else 1)


@pytest.mark.parametrize("name", ["normal", "heavy tails", "remembers half", "weekdays", "stray values"])
def test_a_level_that_moved_is_found_where_it_moved(name: str) -> None:
    """Given a step of six noise scales, it is found in 11 series of 12, within five places, seldom with another."""
    rng = np.random.default_rng(8)
    found = more = 0
    for _ in range(12):
        values = 100 + NOISES[name](rng, 90)
        values[55:] += 6
        places = [change.index for change in detect(values)]
        found += any(abs(place - 55) <= 5 for place in places)
        more += len(places) > 1

    assert found >= 11
    assert more <= 2


def test_a_change_says_from_what_to_what_and_where_it_may_lie() -> None:
    """Given a step from 100 to 104, the change names both levels, a range that holds it, and near certainty."""
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(12):
        values = 100 + rng.normal(size=60)
        values[40:] += 4
        (change,) = detect(values)
        assert change.before == pytest.approx(100, abs=1)
        assert change.after == pytest.approx(104, abs=1)
        assert change.low <= change.index <= change.high
        assert change.confidence > 0.9
        held += change.low <= 40 <= change.high

    assert held >= 11


def test_a_change_that_went_away_again_is_two_changes() -> None:
    """Given a level that falls for ten values and comes back, both moves are found."""
    values = 50 + np.random.default_rng(10).normal(size=80)
    values[30:40] -= 8

    assert [change.index for change in detect(values)] == [30, 40]


@pytest.mark.parametrize("length", [1, 2])
def test_a_value_or_two_that_stand_alone_are_no_change(length: int) -> None:
    """Given one value, or two in a row, far from all others, no change is told, wherever they stand."""
    rng = np.random.default_rng(11)
    for at in (0, 7, 20, 40 - length):
        values = 10 + 0.1 * rng.normal(size=40)
        values[at : at + length] *= 5
        assert detect(values) == ()


def test_a_gap_is_neither_a_value_nor_a_change_and_positions_count_it() -> None:
    """Given gaps before and at a step, its position is that of the series with its gaps."""
    values = 10 + 0.1 * np.random.default_rng(12).normal(size=60)
    values[30:] += 3
    values[[5, 6, 7, 30]] = np.nan

    (change,) = detect(values)

    assert change.index == 31


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e12])
def test_the_unit_of_a_series_does_not_matter(factor: float) -> None:
    """Given the same series in another unit, the same positions are found."""
    values = 100 + np.random.default_rng(13).normal(size=50)
    values[20:] *= 0.9

    assert [change.index for change in detect(values * factor)] == [20]


def test_values_that_are_rounded_are_not_certain_for_it() -> None:
    """Given whole numbers that mostly repeat, as counts do, their flicker between two is no change."""
    rng = np.random.default_rng(14)

    said = sum(bool(detect(np.round(3 + 0.4 * rng.normal(size=60)))) for _ in range(30))

    assert said <= 2


@pytest.mark.parametrize("values", [[], [1.0], [1, 2, 3, 4, 5], [7.0] * 50, [np.nan] * 20])
def test_what_is_too_short_or_never_differs_has_no_change(values: list[float]) -> None:
    """Given fewer than six values, or values all the same, there is nothing to tell."""
    assert detect(np.array(values, dtype=float)) == ()


def test_a_level_of_a_constant_series_that_moved_is_found() -> None:
    """Given a series without any noise that steps once, the step is found."""
    (change,) = detect(np.array([5.0] * 12 + [6.0] * 9))

    assert (change.index, change.before, change.after) == (12, 5.0, 6.0)


def test_a_long_series_is_judged_whole() -> None:
    """Given 5,000 values with one step, it is found within the resolution that such a length is searched with."""
    values = np.random.default_rng(15).normal(size=5000)
    values[3210:] += 1.5

    places = [change.index for change in detect(values)]

    assert len(places) == 1
    assert abs(places[0] - 3210) <= 10


def test_a_long_series_tells_each_change_once() -> None:
    """Given 7,001 values with two steps, of which none need fall between two blocks, each is told in its place."""
    rng = np.random.default_rng(16)
    for first, second in ((2000, 5003), (1001, 1040), (3333, 6960)):
        values = rng.normal(size=7001)
        values[first:] += 8
        values[second:] -= 14

        changes = detect(values)

        assert [change.index for change in changes] == [first, second]
        assert all(change.low <= change.index <= change.high for change in changes)


@pytest.mark.parametrize(("n", "at"), [(1201, 601), (2399, 1203), (7001, 3333)])
def test_a_high_step_in_a_long_series_is_one_change(n: int, at: int) -> None:
    """Given a step so high that a level halfway up would be seen, wherever blocks are cut, it is one change."""
    values = np.random.default_rng(4).normal(size=n)
    values[at:] += 100

    assert [change.index for change in detect(values)] == [at]


def test_a_long_series_that_hardly_ever_differs_has_no_change() -> None:
    """Given 5,000 equal values but for three that stand alone, no change is told."""
    values = np.full(5000, 3.0)
    values[[100, 2500, 4999]] = [9.0, -4.0, 5.0]

    assert detect(values) == ()


@pytest.mark.parametrize("n", [15, 25, 40])
def test_a_short_series_tells_its_step_and_nothing_where_there_is_none(n: int) -> None:
    """Given 15 to 40 values, a step of six noise scales is found in most series; without one, hardly any is told."""
    rng = np.random.default_rng(17)
    found = false = 0
    for _ in range(20):
        values = 10 + rng.normal(size=n)
        false += bool(detect(values))
        values[n // 2 :] += 6
        found += [abs(change.index - n // 2) <= 1 for change in detect(values)] == [True]

    assert found >= 17
    assert false <= 2


def test_growth_by_a_share_is_no_change_and_its_end_is_one() -> None:
    """Given a quantity that grows by 3 % a value, no change is told; where it stops growing, one is, near there."""
    rng = np.random.default_rng(18)
    x = np.arange(80)
    found = false = 0
    for _ in range(12):
        noise = 0.03 * rng.normal(size=80)
        false += bool(detect(10 * np.exp(0.03 * x + noise)))
        places = [change.index for change in detect(10 * np.exp(0.03 * np.minimum(x, 45) + noise))]
        found += any(abs(place - 45) <= 5 for place in places)

    assert false <= 1
    assert found >= 10


def test_a_faint_season_hides_no_step() -> None:
    """Given months with a sine of two noise scales, a step of five is found in most series; without it, none is."""
    rng = np.random.default_rng(19)
    found = false = 0
    for _ in range(12):
        values = 50 + rng.normal(size=80) + 2 * np.sin(2 * np.pi * (np.arange(80) / 12 + rng.random()))
        false += bool(detect(values))
        values[35:] -= 5
        found += [abs(change.index - 35) <= 5 for change in detect(values)] == [True]

    assert found >= 11
    assert false <= 1
