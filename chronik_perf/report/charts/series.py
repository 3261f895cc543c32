"""Values over the seconds of the longer slice that was watched on each side."""

from __future__ import annotations

import math
from dataclasses import replace

from chronik_perf.model import SIDES, Comparison, Series, Side, Unavailable
from chronik_perf.report.charts.figure import AXIS, Figure, from_zero
from chronik_perf.report.charts.vega import SIDE_COLOUR, SIDE_DASH, Spec, draw
from chronik_perf.report.telling import figures
from chronik_perf.stats import series_account, shown_as, watched, words

MOST_POINTS = 160  # a side; more than the chart has room for

OVER_TIME: tuple[tuple[str, ...], ...] = (
    ("loop_lag_ms", "loop_lag_p99_ms"),
    ("tasks_alive",),
    ("rss_bytes",),
    ("accepted_msgs_per_s",),
    ("cpu_share",),
    ("bytes_queued",),
)
"""What the page shows over time, by the names in a series; the first that a series has is shown."""


def over_time(comparison: Comparison, workload: str) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """Draw the values over the seconds of load; what was 0 all the time, on both sides, is no picture but its title."""
    drawn: list[Figure] = []
    zero: list[str] = []
    both = watched(comparison, workload)
    for names in OVER_TIME:
        name = next((n for n in names if any(_has(s, n) for s in both.values())), names[0])
        if len(both) == len(SIDES) and all(_has(s, name) and not any(s.values[name]) for s in both.values()):
            zero.append(shown_as(comparison, workload, name).title)
        else:
            key = figures.over_time(names[0], workload)
            drawn.append(replace(_figure(comparison, workload, both, name), key=key))
    return tuple(drawn), tuple(zero)


def _figure(comparison: Comparison, workload: str, both: dict[Side, Series], name: str) -> Figure:
    shown = shown_as(comparison, workload, name)
    data = []
    reasons: list[str] = []
    for side in SIDES:
        column = _column(both.get(side), name)
        if isinstance(column, Unavailable):
            reasons.append(f"{side}: {column.reason}")
            continue
        known = [
            (max(t, 0.0), v * shown.factor)
            for t, v in zip(both[side].t_s, column, strict=True)
            if v is not None and math.isfinite(v)
        ]
        data += [
            {"t": t, "v": v, "side": side, "said": f"{side} at {t:.1f} s: {words.quantity(v, shown.unit)}"}
            for t, v in _thinned(known)
        ]
    missing = "; ".join(dict.fromkeys(reasons))
    if not data:
        return Figure(shown.title, None, missing=missing or "no value could be read at any moment")
    # One span of time for all pictures of a workload, so that what happens at one moment stands at one place.
    end = max((s.t_s[-1] for s in both.values() if s.t_s), default=1.0)
    encoding = {
        "x": {
            "field": "t",
            "type": "quantitative",
            "axis": {"title": "seconds of load", "tickCount": 5},
            "scale": {"domain": [0, max(round(end, 3), 0.1)], "nice": False},
        },
        "y": {
            "field": "v",
            "type": "quantitative",
            "axis": AXIS,
            "scale": from_zero(float(str(d["v"])) for d in data),
        },
        "color": SIDE_COLOUR,
    }
    spec: Spec = {
        "width": 290,
        "height": 120,
        "data": {"values": data},
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {**encoding, "strokeDash": SIDE_DASH}},
            {
                "mark": {"type": "point", "filled": True, "size": 40, "opacity": 0.0},
                "encoding": {**encoding, "description": {"field": "said"}},
            },
        ],
    }
    picture = draw(spec, f"{shown.title} over time, base and candidate")
    accounts = series_account(comparison, workload, name).values()
    note = " ".join(a.sentence for a in accounts if not isinstance(a, Unavailable))
    return Figure(shown.title, picture, shown.unit, note=note, missing=missing)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Keep the lowest and the highest of neighbouring points, so that a long series keeps its peaks."""
    if len(points) <= MOST_POINTS:
        return points
    size = math.ceil(2 * len(points) / MOST_POINTS)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        some = points[start : start + size]
        lowest, highest = min(some, key=lambda p: p[1]), max(some, key=lambda p: p[1])
        kept += sorted({lowest, highest})
    return kept


def _has(series: Series, name: str) -> bool:
    return any(v is not None for v in series.values.get(name, ()))


def _column(series: Series | None, name: str) -> tuple[float | None, ...] | Unavailable:
    if series is None:
        return Unavailable("no series was taken")
    if _has(series, name):
        return series.values[name]
    return Unavailable(series.unavailable.get(name, f"the broker's metrics do not have {name}"))
