"""How throughput spreads over the slices of each side: a density, in which a mode is a hump and not a mean."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chronik_perf.model import SIDES, Side
from chronik_perf.report.charts.figure import AXIS, Figure
from chronik_perf.report.charts.vega import SIDE_COLOUR, SIDE_DASH, Spec, draw
from chronik_perf.stats import words
from chronik_perf.stats.betting.bets import Floats
from chronik_perf.stats.modes.density import bandwidth, density
from chronik_perf.stats.modes.levels import LEAST_VALUES
from chronik_perf.stats.modes.shares import SideModes

Rows = list[dict[str, Any]]

_FLOOR: dict[Side, float] = {"base": 1.45, "candidate": 0.0}  # one above the other, each one unit high
_TICK = (-0.14, -0.05)  # below its floor a side has a short stroke for every value
_LABELS = {"baseline": "bottom", "fontSize": 11, "fill": "var(--ink)"}
_ROOM = 150  # pixels beside the outermost modes, for their labels


def spread(sides: Mapping[Side, SideModes]) -> Figure:
    """Draw the density of both sides' throughput on a log axis, with the level and the weight of each mode found.

    It is drawn whether modes were found or not: that the values make one hump is what lets a mean stand for them, and
    a second hump that is not proven is seen nowhere else. Where all modes found are of starts, whose slices scatter
    too widely, both sides are drawn by the medians of starts.
    """
    unit = "start" if {s.modes.unit for s in sides.values() if s.modes} == {"start"} else "slice"
    values = {side: [_logs(start, unit) for start in sides[side].starts if start.size] for side in SIDES}
    drawn: list[Side] = [side for side in SIDES if sum(v.size for v in values[side]) >= LEAST_VALUES]
    title = "How throughput spreads over " + ("slices" if unit == "slice" else "starts, by their medians")
    if not drawn:
        return Figure(title, None, "msg/s", missing=f"fewer than {LEAST_VALUES} {unit}s a side", wide=True)
    curves, strokes, levels = Rows(), Rows(), Rows()
    for side in drawn:
        _add_side(sides[side], values[side], curves, strokes, levels)
    picture = draw(_spec(curves, strokes, levels), _said(title, drawn, levels))
    return Figure(title, picture, "msg/s", note=_note(sides, unit, levels), wide=True)


def _logs(start: Floats, unit: str) -> Floats:
    logs = np.log(start)
    return np.median(logs, keepdims=True) if unit == "start" else logs


def _add_side(side: SideModes, groups: list[Floats], curves: Rows, strokes: Rows, levels: Rows) -> None:
    everything, floor = np.concatenate(groups), _FLOOR[side.side]
    width = bandwidth(groups, side.modes)
    places, heights = density(everything, width)
    peak = float(heights.max())
    curves += [
        {"side": side.side, "x": math.exp(x), "y": floor + h / peak, "floor": floor}
        for x, h in zip(places, heights, strict=True)
    ]
    # One line with gaps, and not a mark for each: there may be thousands.
    for x in np.exp(np.sort(everything)):
        for y in (floor + _TICK[0], floor + _TICK[1], None):
            strokes.append({"side": side.side, "x": float(x), "y": y, "n": len(strokes)})
    if side.modes is None:
        return
    found, last = side.modes, len(side.modes.modes) - 1
    for k, mode in enumerate(found.modes):
        _, top = density(everything, width, np.log([mode.level]))
        said = f"{words.quantity(mode.level, 'msg/s')} in {words.percent(mode.weight, 0)} of {found.unit}s"
        levels.append(
            {
                "side": side.side,
                "x": mode.level,
                "floor": floor,
                "top": floor + float(top[0]) / peak,
                "label": said,
                "said": f"{side.side}: {said}",
                # The outermost labels lean outwards, so that close modes keep theirs apart.
                "lean": "right" if k == 0 else "left" if k == last else "center",
            }
        )


def _spec(curves: Rows, strokes: Rows, levels: Rows) -> Spec:
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False, "padding": _ROOM if levels else 8},
        "axis": {**AXIS, "tickCount": 6, "grid": False, "labelOverlap": "greedy", "labelSeparation": 12},
    }
    ends = {"domain": [_TICK[0] - 0.05, _FLOOR["base"] + 1.2]}
    y: Spec = {"field": "y", "type": "quantitative", "axis": None, "scale": ends}
    return {
        "width": 620,
        "height": 170,
        "layer": [
            {
                "data": {"values": curves},
                "mark": {"type": "area", "opacity": 0.22},
                "encoding": {"x": x, "y": y, "y2": {"field": "floor"}, "color": SIDE_COLOUR},
            },
            {
                "data": {"values": curves},
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "color": SIDE_COLOUR, "strokeDash": SIDE_DASH},
            },
            {
                "data": {"values": strokes},
                "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.6},
                "encoding": {"x": x, "y": y, "color": SIDE_COLOUR, "order": {"field": "n"}},
            },
            *(_marked(levels, x, y) if levels else ()),
        ],
    }


def _marked(levels: Rows, x: Spec, y: Spec) -> list[Spec]:
    rule: Spec = {
        "data": {"values": levels},
        "mark": {"type": "rule", "strokeWidth": 1.5},
        "encoding": {
            "x": x,
            "y": {**y, "field": "floor"},
            "y2": {"field": "top"},
            "color": SIDE_COLOUR,
            "description": {"field": "said"},
        },
    }
    texts: list[Spec] = [
        {
            "data": {"values": [level for level in levels if level["lean"] == lean]},
            "mark": {"type": "text", **_LABELS, "align": lean, "dy": -16 if lean == "center" else -3},
            "encoding": {"x": x, "y": {**y, "field": "top"}, "text": {"field": "label"}},
        }
        for lean in ("right", "center", "left")
        if any(level["lean"] == lean for level in levels)
    ]
    return [rule, *texts]


def _said(title: str, drawn: list[Side], levels: Rows) -> str:
    modes = "; ".join(level["said"] for level in levels) or "no second mode proven"
    return f"{title}, {' and '.join(drawn)}: {modes}"


def _note(sides: Mapping[Side, SideModes], unit: str, levels: Rows) -> str:
    shape = (
        f"The base above, the candidate below, each as high as its own peak; a stroke is one {unit}. The axis is "
        "logarithmic."
    )
    if not levels:
        return f"{shape} No second mode was proven on either side."
    if any(s.machine for s in sides.values()):
        return f"{shape} Both sides slowed at the same moments: these are the machine's speeds."
    return shape
