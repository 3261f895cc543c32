"""How throughput spreads over the slices of each side: a density, in which a mode is a hump and not a mean."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chronik_perf.model import SIDES, Side
from chronik_perf.report.charts.figure import AXIS, BROAD, NARROW, Figure
from chronik_perf.report.charts.vega import SIDE_COLOUR, SIDE_DASH, Spec, draw
from chronik_perf.stats import words
from chronik_perf.stats.betting.bets import Floats
from chronik_perf.stats.modes.density import POINTS, REACH, bandwidth, density
from chronik_perf.stats.modes.levels import LEAST_VALUES
from chronik_perf.stats.modes.shares import SideModes

Rows = list[dict[str, Any]]

_FLOOR: dict[Side, float] = {"base": 1.45, "candidate": 0.0}  # one above the other, each one unit high
_TICK = (-0.14, -0.05)  # below its floor a side has a short stroke for every value
_LABELS = {"baseline": "bottom", "fontSize": 11, "fill": "var(--ink)"}
_ROOM = {BROAD: 150, NARROW: 74}  # pixels beside the outermost modes, for their labels
_RARE = 50  # one value in so many, and one at least, may lie beyond an end of the axis


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
    curves, strokes, levels, beyond = Rows(), Rows(), Rows(), Rows()
    for side in drawn:
        _add_side(sides[side], values[side], curves, strokes, levels)
        beyond += _beyond(sides[side], np.concatenate(values[side]), unit)
    broad, narrow = (
        draw(_spec(curves, strokes, levels, beyond, width), _said(title, drawn, levels, beyond))
        for width in (BROAD, NARROW)
    )
    return Figure(title, broad, "msg/s", note=_note(sides, unit, levels), wide=True, narrow=narrow)


def _ends(side: SideModes, logs: Floats) -> tuple[float, float]:
    """Give the lowest and the highest value that the axis needs to reach.

    One slice far off the others would press them into a corner; no mode, and no hump that may be one, is so rare.
    """
    logs = np.sort(logs)
    rare = max(1, logs.size // _RARE)
    low, high = float(logs[rare]), float(logs[-1 - rare])
    if side.modes is not None:
        places = [math.log(mode.level) for mode in side.modes.modes]
        low, high = min(low, *places), max(high, *places)
    far = (high - low) / 2
    inside = logs[(logs >= low - far) & (logs <= high + far)]
    return float(inside[0]), float(inside[-1])


def _beyond(side: SideModes, logs: Floats, unit: str) -> Rows:
    """Say at either end how many values lie beyond it, and where."""
    low, high = _ends(side, logs)
    found = Rows()
    for end, far in (("low", logs[logs < low]), ("high", logs[logs > high])):
        if far.size:
            least, most = (words.number(math.exp(x)) for x in (far.min(), far.max()))
            where = least if least == most else f"{least} to {most}"
            said = f"{words.count(far.size, unit)} at {where}"
            label = f"← {said}" if end == "low" else f"{said} →"
            y = _FLOOR[side.side] + (
                0.08 if end == "low" else 0.3
            )  # both may be at one place on a narrow screen
            found.append(
                {"side": side.side, "end": end, "y": y, "label": label, "said": f"{side.side}: {said}"}
            )
    return found


def _logs(start: Floats, unit: str) -> Floats:
    logs = np.log(start)
    return np.median(logs, keepdims=True) if unit == "start" else logs


def _add_side(side: SideModes, groups: list[Floats], curves: Rows, strokes: Rows, levels: Rows) -> None:
    everything, floor = np.concatenate(groups), _FLOOR[side.side]
    width = bandwidth(groups, side.modes)
    low, high = _ends(side, everything)
    places, heights = density(
        everything, width, np.linspace(low - REACH * width, high + REACH * width, POINTS)
    )
    peak = float(heights.max())
    curves += [
        {"side": side.side, "x": math.exp(x), "y": floor + h / peak, "floor": floor}
        for x, h in zip(places, heights, strict=True)
    ]
    # One line with gaps, and not a mark for each: there may be thousands.
    for x in np.exp(np.sort(everything[(everything >= low) & (everything <= high)])):
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


def _spec(curves: Rows, strokes: Rows, levels: Rows, beyond: Rows, width: int) -> Spec:
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False, "padding": _ROOM[width] if levels else 8},
        "axis": {**AXIS, "tickCount": 6, "grid": False, "labelOverlap": "greedy", "labelSeparation": 12},
    }
    ends = {"domain": [_TICK[0] - 0.05, _FLOOR["base"] + 1.2]}
    y: Spec = {"field": "y", "type": "quantitative", "axis": None, "scale": ends}
    return {
        "width": width,
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
            *(_marked(levels, x, y, width) if levels else ()),
            *(
                {
                    "data": {"values": [b for b in beyond if b["end"] == end]},
                    "mark": {"type": "text", **_LABELS, "align": "left" if end == "low" else "right"},
                    "encoding": {
                        "x": {"value": 0 if end == "low" else width},
                        "y": y,
                        "text": {"field": "label"},
                    },
                }
                for end in ("low", "high")
                if any(b["end"] == end for b in beyond)
            ),
        ],
    }


def _marked(levels: Rows, x: Spec, y: Spec, width: int) -> list[Spec]:
    if width == NARROW:
        levels = [
            {**level, "label": level["label"].replace(" of ", "\n").replace(" in ", "\n")} for level in levels
        ]
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
            "mark": {
                "type": "text",
                **_LABELS,
                "align": lean,
                "dy": -16 if lean == "center" else -3,
                "lineBreak": "\n",
            },
            "encoding": {"x": x, "y": {**y, "field": "top"}, "text": {"field": "label"}},
        }
        for lean in ("right", "center", "left")
        if any(level["lean"] == lean for level in levels)
    ]
    return [rule, *texts]


def _said(title: str, drawn: list[Side], levels: Rows, beyond: Rows) -> str:
    modes = "; ".join(level["said"] for level in levels) or "no second mode proven"
    modes += "".join(f"; beyond the axis {one['said']}" for one in beyond)
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
