"""The values of one series of the history in their order, with its levels and where they moved."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from chronik_perf.report.charts.figure import AXIS
from chronik_perf.report.charts.vega import Spec, draw
from chronik_perf.stats import words
from chronik_perf.stats.history.past import Past, is_loss, is_worse

_LABELS = 9  # of versions below a chart; more would overlap
_LONGEST = 16
_HEIGHT = 170
_DASHES: Spec = {"domain": ["stayed", "gone"], "range": [[1, 0], [4, 4]]}


def levels(past: Past) -> Markup:
    """Draw the values of one series in their order, the levels that were found, and where they moved."""
    points = _points(past)
    y: Spec = {"type": "quantitative", "axis": AXIS, "scale": {"zero": False, "nice": True}}
    ends = {"domain": [-0.7, len(points) - 0.3], "nice": False}
    x: Spec = {"field": "at", "type": "quantitative", "axis": None, "scale": ends}
    colour: Spec = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    layers: list[Spec] = [
        {
            "data": {"values": _changes(past)},
            "mark": {"type": "rule", "strokeWidth": 1.5},
            "encoding": {
                "x": {**x, "field": "edge"},
                "color": colour,
                "strokeDash": {"field": "dash", "type": "nominal", "legend": None, "scale": _DASHES},
            },
        },
        {  # at the top of each, where it can be pointed at
            "data": {"values": _changes(past)},
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1.0},
            "encoding": {
                "x": {**x, "field": "edge"},
                "y": {"value": 4},
                "color": colour,
                "shape": {"field": "shape", "type": "nominal", "scale": None, "legend": None},
                "description": {"field": "said"},
            },
        },
        {
            "data": {"values": _levels(past)},
            "mark": {"type": "rule", "stroke": "var(--candidate)", "strokeWidth": 2.5},
            "encoding": {
                "x": {**x, "field": "start"},
                "x2": {"field": "end"},
                "y": {**y, "field": "left"},
                "y2": {"field": "right"},
            },
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 34, "opacity": 1.0, "fill": "var(--base)"},
            "encoding": {"x": x, "y": {**y, "field": "value"}, "description": {"field": "said"}},
        },
        {
            "data": {"values": _labels(points)},
            "mark": {
                "type": "text",
                "y": _HEIGHT + 8,
                "angle": 335,
                "align": "right",
                "baseline": "top",
                "fontSize": 11,
                "fill": "var(--muted)",
            },
            "encoding": {"x": x, "text": {"field": "name", "type": "nominal"}},
        },
    ]
    if past.beside:
        layers.insert(
            0,
            {
                "data": {"values": [{"base": 1.0 if past.track.kind.scale == "ratio" else 0.0}]},
                "mark": {"type": "rule", "stroke": "var(--line-strong)", "strokeDash": [2, 3]},
                "encoding": {"y": {**y, "field": "base"}},
            },
        )
    spec: Spec = {"width": 880, "height": _HEIGHT, "layer": layers}
    label = f"{past.track.kind.title} in order of time: {words.count(len(points), 'value')}, "
    return draw(spec, label + f"{words.count(len(past.moved), 'change')} of its level")


def _points(past: Past) -> list[dict[str, Any]]:
    found = []
    for at, (value, reading) in enumerate(zip(past.values, past.track.readings, strict=True)):
        occasion = reading.occasion
        said = f"{occasion.name}, {occasion.time[:10]}: {words.quantity(value, past.unit).rstrip()}"
        if past.beside:
            said += f" ({words.quantity(reading.level, past.track.kind.unit).rstrip()} itself)"
        found.append({"at": at, "value": value, "name": _short(occasion.version), "said": said})
    return found


def _changes(past: Past) -> list[dict[str, Any]]:
    found = []
    for moved in past.moved:
        change = moved.change
        where = past.track.readings[change.index].occasion.name
        loss, gain = is_loss(past, moved), moved.fate == "stayed" and not is_worse(past.track.kind, change)
        found.append(
            {
                "edge": change.index - 0.5,
                "colour": "var(--bad)" if loss else "var(--good)" if gain else "var(--line-strong)",
                "dash": "stayed" if loss or gain else "gone",
                "shape": "triangle-up" if change.after > change.before else "triangle-down",
                "said": f"{where}: {words.number(change.before)} → {words.number(change.after)}, {moved.fate}",
            }
        )
    return found


def _levels(past: Past) -> list[dict[str, float]]:
    """Give the levels as straight pieces; where a level drifts, the next change's `before` says where to."""
    n = len(past.values)
    if not past.moved:
        if not past.enough:
            return []
        mean = sum(past.values) / n
        return [{"start": -0.4, "end": n - 0.6, "left": mean, "right": mean}]
    changes = [m.change for m in past.moved]
    first, last = changes[0], changes[-1]
    pieces = [{"start": -0.4, "end": first.index - 0.6, "left": first.before, "right": first.before}]
    for one, following in itertools.pairwise(changes):
        pieces.append(
            {
                "start": one.index - 0.4,
                "end": following.index - 0.6,
                "left": one.after,
                "right": following.before,
            }
        )
    pieces.append({"start": last.index - 0.4, "end": n - 0.6, "left": last.after, "right": last.after})
    return pieces


def _labels(points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    step = max(1, -(-len(points) // _LABELS))
    return [{"at": p["at"], "name": p["name"]} for p in points[::step]]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
