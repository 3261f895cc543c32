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


def _account(comparison: Comparison, side: Side, workload: str, name: str) -> SeriesAccount | Unavailable:
    series = next((s for s in comparison.series if s.side == side and s.workload == workload), None)
    if series is None:
        return Unavailable("no series was taken")
    if name not in series.values:
        return Unavailable(series.unavailable.get(name, f"the series has no {name}"))
    known = [(t, v) for t, v in zip(series.t_s, series.values[name], strict=True) if v is not None]
    if not known:
        return Unavailable(f"{name} could not be read at any moment")
    first, last, highest = known[0][1], known[-1][1], max(v for _, v in known)
    fit = slope(series.t_s, series.values[name])
    return SeriesAccount(
        side, workload, name, first, last, highest, fit, _sentence(comparison, series, name, first, last, fit)
    )


def _sentence(
    comparison: Comparison, series: Series, name: str, first: float, last: float, fit: Slope | Unavailable
) -> str:
    title, unit = _title(name)
    if all(v in (first, None) for v in series.values[name]):
        return f"{title} of {name_of(comparison, series.side)} stayed at {_shown(first, unit)}."
    span = series.t_s[-1] - series.t_s[0]
    text = (
        f"{title} of {name_of(comparison, series.side)} went from {_shown(first, unit)} to "
        f"{_shown(last, unit)} in {words.number(span)} s"
    )
    if isinstance(fit, Unavailable):
        return f"{text}."
    if fit.low <= 0 <= fit.high:
        return f"{text}, with no trend that can be told from noise."
    sign = "+" if fit.per_s > 0 else ""
    return f"{text}, {sign}{_shown(fit.per_s, unit)} a second."


def _title(name: str) -> tuple[str, str]:
    """Split a series' name, which carries its unit, into words and unit."""
    if name == "rss_bytes":
        return "Resident memory", "B"
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


def _shown(value: float, unit: str) -> str:
    return words.quantity(value, unit).strip()
