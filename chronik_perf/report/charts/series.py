"""Values over the seconds of the longer slice that was watched on each side."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chronik_perf.model import SIDES, Comparison, Series, Unavailable
from chronik_perf.report.charts.figure import AXIS, Figure, from_zero
from chronik_perf.report.charts.vega import SIDE_COLOUR, SIDE_DASH, Spec, draw
from chronik_perf.stats import series_account, words


@dataclass(frozen=True, slots=True)
class TimeValue:
    """A value that the page shows over time; the first of `names` that a series has is the one."""

    title: str
    unit: str
    names: tuple[str, ...]
    factor: float = 1.0


MOST_POINTS = 160  # a side; more than the chart has room for

OVER_TIME: tuple[TimeValue, ...] = (
    TimeValue("Event-loop lag, mean of 0.1 s", "ms", ("loop_lag_ms", "loop_lag_p99_ms")),
    TimeValue("Tasks alive", "tasks", ("tasks_alive",)),
    TimeValue("Resident memory", "MB", ("rss_bytes",), 1e-6),
    TimeValue("Messages accepted by the broker", "msg/s", ("accepted_msgs_per_s",)),
    TimeValue("CPU of the broker", "% of a core", ("cpu_share",), 100.0),
    TimeValue("Waiting in the commit queue", "KB", ("bytes_queued",), 1e-3),
)


def over_time(comparison: Comparison, workload: str, value: TimeValue) -> Figure:
    """Draw one value over the seconds of the longer slice that was watched."""
    title = value.title
    data = []
    reasons: list[str] = []
    for side in SIDES:
        series = next((s for s in comparison.series if s.side == side and s.workload == workload), None)
        column = _column(series, value)
        if isinstance(column, Unavailable):
            reasons.append(f"{side}: {column.reason}")
            continue
        assert series is not None
        known = [(t, v * value.factor) for t, v in zip(series.t_s, column, strict=True) if v is not None]
        data += [
            {"t": t, "v": v, "side": side, "said": f"{side} at {t:.1f} s: {words.number(v)} {value.unit}"}
            for t, v in _thinned([(t, v) for t, v in known if math.isfinite(v)])
        ]
    missing = "; ".join(dict.fromkeys(reasons))
    if not data:
        return Figure(title, None, missing=missing or "no value could be read at any moment")
    encoding = {
        "x": {"field": "t", "type": "quantitative", "axis": {"title": "seconds of load", "tickCount": 5}},
        "y": {
            "field": "v",
            "type": "quantitative",
            "axis": AXIS,
            "scale": from_zero(float(d["v"]) for d in data),
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
    picture = draw(spec, f"{title} over time, base and candidate")
    return Figure(title, picture, value.unit, note=_trend(comparison, workload, value), missing=missing)


def _trend(comparison: Comparison, workload: str, value: TimeValue) -> str:
    """Say what the value did on each side, with its slope where one can be told from noise."""
    told = []
    for series in (s for s in comparison.series if s.workload == workload):
        name = next((n for n in value.names if n in series.values), value.names[0])
        account = series_account(comparison, workload, name)[series.side]
        if not isinstance(account, Unavailable):
            told.append(account.sentence)
    return " ".join(told)


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


def _column(series: Series | None, value: TimeValue) -> tuple[float | None, ...] | Unavailable:
    if series is None:
        return Unavailable("no series was taken")
    for name in value.names:
        if name in series.values and any(v is not None for v in series.values[name]):
            return series.values[name]
    name = value.names[0]
    return Unavailable(series.unavailable.get(name, f"the broker's metrics do not have {name}"))
