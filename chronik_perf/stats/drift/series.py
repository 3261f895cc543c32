"""Slopes of time series, and a sentence about what one name did over a slice on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from chronik_perf.model import SIDES, Comparison, Series, Side, Unavailable
from chronik_perf.stats import words
from chronik_perf.stats.gather import name_of

LEAST_POINTS = 5

# What the page has a picture of; the title must go on with "of v2.2.7".
TITLES = {
    "loop_lag_ms": ("Event-loop lag", "ms"),
    "loop_lag_p99_ms": ("p99 of event-loop lag", "ms"),
    "tasks_alive": ("Tasks alive", ""),
    "rss_bytes": ("Resident memory", "B"),
    "accepted_msgs_per_s": ("Accepted messages", "msg/s"),
    "cpu_share": ("CPU", ""),
    "bytes_queued": ("Waiting in the commit queue", "B"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """How a value of a series is shown: under which title, in which unit, and times what."""

    title: str
    unit: str
    factor: float = 1.0

    def say(self, value: float) -> str:
        """Give a value with its unit."""
        return words.quantity(value * self.factor, self.unit)


@dataclass(frozen=True, slots=True)
class Slope:
    """Change per second, in the unit of the values, with its interval at `level`, from so many points."""

    per_s: float
    low: float
    high: float
    level: float
    points: int

    @property
    def rises(self) -> bool:
        """Tell whether the interval lies above 0."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class SeriesAccount:
    """What one named value did on one side; values are in the unit of the name."""

    side: Side
    workload: str
    name: str
    first: float
    last: float
    highest: float
    slope: Slope | Unavailable
    sentence: str


def slope(t_s: Sequence[float], values: Sequence[float | None], level: float = 0.95) -> Slope | Unavailable:
    """Estimate the slope of a series by Theil and Sen: the median of the slopes of all pairs of points.

    The interval is Sen's (Journal of the American Statistical Association 63, 1968). It takes the points as
    independent; samples of one process are not quite, so it is too narrow and is evidence only. Moments
    without a value are left out; Unavailable with fewer than five.
    """
    kept = [(t, v) for t, v in zip(t_s, values, strict=True) if v is not None]
    if len(kept) < LEAST_POINTS:
        return Unavailable(f"{words.count(len(kept), 'point')}, and a slope needs {LEAST_POINTS}")
    t, v = np.asarray(kept, dtype=float).T
    if np.ptp(t) == 0:
        return Unavailable("all points are of one moment")
    fit = scipy.stats.theilslopes(v, t, alpha=level)
    return Slope(float(fit.slope), float(fit.low_slope), float(fit.high_slope), level, len(kept))


def series_account(
    comparison: Comparison, workload: str, name: str
) -> dict[Side, SeriesAccount | Unavailable]:
    """Say of both sides what one named value did over the series of a workload."""
    return {side: _account(comparison, side, workload, name) for side in SIDES}


def watched(comparison: Comparison, workload: str) -> dict[Side, Series]:
    """Give the series of a workload by side, each as long as its load was."""
    return {s.side: s.under_load() for s in comparison.series if s.workload == workload}


def shown_as(comparison: Comparison, workload: str, name: str) -> Shown:
    """Say how a value is shown: its picture, both sides and every sentence have one title and one unit."""
    title, unit = TITLES.get(name) or _title(name)
    if unit != "B":
        return Shown(title, "% of a core", 100.0) if name == "cpu_share" else Shown(title, unit)
    columns = (one.values.get(name, ()) for one in watched(comparison, workload).values())
    factor, unit = words.bytes_unit(
        max((v for column in columns for v in column if v is not None), default=0.0)
    )
    return Shown(title, unit, 1 / factor)


def _account(comparison: Comparison, side: Side, workload: str, name: str) -> SeriesAccount | Unavailable:
    series = watched(comparison, workload).get(side)
    if series is None:
        return Unavailable("no series was taken")
    if name not in series.values:
        return Unavailable(series.unavailable.get(name, f"the series has no {name}"))
    known = [(t, v) for t, v in zip(series.t_s, series.values[name], strict=True) if v is not None]
    if not known:
        return Unavailable(f"{name} could not be read at any moment")
    first, last, highest = known[0][1], known[-1][1], max(v for _, v in known)
    fit = slope(series.t_s, series.values[name])
    sentence = _sentence(name_of(comparison, side), shown_as(comparison, workload, name), known, fit)
    return SeriesAccount(side, workload, name, first, last, highest, fit, sentence)


def _sentence(who: str, shown: Shown, known: Sequence[tuple[float, float]], fit: Slope | Unavailable) -> str:
    (start, first), (end, last) = known[0], known[-1]
    if all(v == first for _, v in known):
        return f"{shown.title} of {who} stayed at {shown.say(first)}."
    text = (
        f"{shown.title} of {who} went from {words.number(first * shown.factor)} to {shown.say(last)} "
        f"in {words.number(end - start)} s"
    )
    if isinstance(fit, Unavailable):
        return f"{text}."
    if fit.low <= 0 <= fit.high:
        return f"{text}, with no trend that can be told from noise."
    return f"{text}, {'+' if fit.per_s > 0 else ''}{shown.say(fit.per_s)} a second."


def _title(name: str) -> tuple[str, str]:
    """Split a series' name, which carries its unit, into words and unit."""
    for suffix, unit in (
        ("_msgs_per_s", "msg/s"),
        ("_bytes_per_s", "B/s"),
        ("_per_s", "/s"),
        ("_bytes", "B"),
        ("_ms", "ms"),
        ("_s", "s"),
        ("_us", "µs"),
    ):
        if name.endswith(suffix):
            return words.capital(name.removesuffix(suffix).replace("_", " ")), unit
    return words.capital(name.replace("_", " ")), ""
