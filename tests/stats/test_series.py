"""Slopes of series, and when a warm-up has ended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chronik_perf.model import Unavailable
from chronik_perf.stats import Slope, series_account, slope, steady
from tests.builders import a_comparison


def test_a_slope_is_found_through_outliers_and_gaps() -> None:
    """A tenth of wild points and missing moments do not move the median of slopes."""
    rng = np.random.default_rng(1)
    t = np.arange(60) * 0.1
    values: list[float | None] = list(5.0 * t + rng.normal(0, 0.1, 60))
    for i in range(0, 60, 10):
        values[i] = 1e6
        values[i + 1] = None
    fit = slope(list(t), values)
    assert isinstance(fit, Slope)
    assert fit.per_s == pytest.approx(5.0, abs=0.3)
    assert fit.rises and fit.points == 54


def test_noise_has_no_slope() -> None:
    """The interval of a series that only wobbles holds 0."""
    fit = slope(list(np.arange(50.0)), list(np.random.default_rng(2).normal(10, 1, 50)))
    assert isinstance(fit, Slope)
    assert fit.low < 0 < fit.high


@pytest.mark.parametrize(("t", "v"), [([], []), ([0.0, 1.0], [1.0, 2.0]), ([1.0] * 6, [1.0] * 6)])
def test_a_slope_that_cannot_be_known_is_unavailable(t: list[float], v: list[float]) -> None:
    """Too few points, or all of one moment, give no slope and a reason."""
    assert isinstance(slope(t, v), Unavailable)


def test_what_the_spawned_tasks_do_is_said() -> None:
    """On raw connections the tasks of v2.2.7 pile up and memory with them; those of v2.2.0 do not."""
    comparison = a_comparison(histograms=False)
    tasks, rss = (series_account(comparison, "raw", name) for name in ("tasks_alive", "rss_bytes"))
    base, candidate, memory = tasks["base"], tasks["candidate"], rss["candidate"]
    assert not isinstance(base, Unavailable | None)
    assert not isinstance(candidate, Unavailable) and not isinstance(memory, Unavailable)
    assert candidate.last > 100 * base.last
    assert candidate.sentence.startswith("Tasks alive of v2.2.7 went from 12 to ")
    assert base.sentence == "Tasks alive of v2.2.0 stayed at 12."
    assert memory.sentence.startswith("Resident memory of v2.2.7 went from ")
    assert "MB a second" in memory.sentence


def test_a_value_that_a_broker_does_not_tell_is_unavailable_with_its_reason() -> None:
    """The reason that the series recorded is handed on."""
    account = series_account(a_comparison(histograms=False), "raw", "bytes_queued")["base"]
    assert isinstance(account, Unavailable)
    assert account.reason == "this broker has no such metric"


@pytest.mark.parametrize("load_s", [None, 3.95])
def test_what_is_said_ends_with_the_load(load_s: float | None) -> None:
    """A sample after the load tells nothing of the load, in runs too that did not note when it ended."""
    comparison = a_comparison(histograms=False)
    series = tuple(
        replace(s, t_s=(*s.t_s, 4.0), values={n: (*v, 0.0) for n, v in s.values.items()}, load_s=load_s)
        for s in comparison.series
    )
    after, before = (
        series_account(one, "raw", "accepted_msgs_per_s")["base"]
        for one in (replace(comparison, series=series), comparison)
    )
    assert not isinstance(before, Unavailable) and after == before
    assert before.last > 1000


def test_a_value_has_one_title_and_unit_everywhere() -> None:
    """What is said of a value names it as its picture does, in the picture's unit."""
    comparison = a_comparison(histograms=False)
    series = tuple(
        replace(s, values={**s.values, "cpu_share": (None, *[0.453 + t / 100 for t in s.t_s[1:]])})
        for s in comparison.series
    )
    account = series_account(replace(comparison, series=series), "raw", "cpu_share")["base"]
    assert not isinstance(account, Unavailable)
    assert (
        account.sentence
        == "CPU of v2.2.0 went from 45.4 to 49.2 % of a core in 3.8 s, +1 % of a core a second."
    )
    lag = series_account(comparison, "raw", "loop_lag_ms")["base"]
    assert not isinstance(lag, Unavailable) and lag.sentence.startswith("Event-loop lag of v2.2.0 went from ")


def windows(rate: np.ndarray, sd: float, rng: np.random.Generator) -> int:
    """Say after how many windows a warm-up would end; one more than there are if it would not."""
    values = list(rate * np.exp(rng.normal(0.0, sd, rate.size)))
    return next((n for n in range(1, rate.size + 1) if steady(values[:n])), rate.size + 1)


@pytest.mark.parametrize("sd", [0.005, 0.02, 0.1])
def test_a_flat_series_is_steady_soon_however_noisy(sd: float) -> None:
    """Of 300 flat series at most one in fifty is still unsteady after twelve windows."""
    rng = np.random.default_rng(3)
    ends = [windows(np.full(12, 9e4), sd, rng) for _ in range(300)]
    assert float(np.median(ends)) <= 5
    assert sum(e > 12 for e in ends) <= 6


def test_a_ramp_is_not_steady_until_it_is_over() -> None:
    """A start that begins at half its speed is steady only when it has come within a few percent."""
    rng = np.random.default_rng(4)
    x = np.arange(30)
    rate = 9e4 * (1 - 0.5 * np.exp(-x / 3))
    ends = [windows(rate, 0.01, rng) for _ in range(300)]
    reached = [rate[e - 1] / 9e4 for e in ends if e <= 30]
    assert len(reached) == 300
    assert float(np.quantile(reached, 0.05)) > 0.94


def test_the_ramp_before_does_not_spoil_a_steady_end() -> None:
    """Only the last few windows count."""
    assert steady([1.0, 10.0, 50.0, 90.0, *[100.0, 101.0, 99.0, 100.0, 101.0, 100.0]])


def test_a_decline_is_not_steady() -> None:
    """A broker that slows by 5 % a window is not steady."""
    rng = np.random.default_rng(5)
    rate = 9e4 * 0.95 ** np.arange(12)
    assert sum(windows(rate, 0.005, rng) <= 12 for _ in range(200)) <= 4


@pytest.mark.parametrize(
    "values", [[], [1.0], [1.0] * 3, [1.0, 1.0, 0.0, 1.0, 1.0], [1.0, 1.0, float("nan"), 1.0]]
)
def test_too_little_is_not_steady(values: list[float]) -> None:
    """Too few windows, one without throughput, or one that is not a number: not steady."""
    assert not steady(values)
